"""Wash sales: every worked example of 26 CFR 1.1091-1(h), 26 CFR 1.1091-2(a) and Publication 550.

Where a document leaves a number open (a price, a date) the ledger has one that fits, and the comment says so.
"""

import pytest

from tests.support.tax_ledgers import held, settle, sold


def test_cfr_1091_1_example_1_bought_before_the_sale() -> None:
    books = settle(
        "1954-12-01 a: buy 100 for 10000",
        "1954-12-15 b: buy 100 for 9000",
        "1955-01-03 s: sell 100 for 9000",
    )
    assert sold(books) == ["s: 100 a -1,000.00, 100 b 1,000.00, counts 0.00, short"]
    assert held(books) == ["100 b 10,000.00 since 1954-12-01"]


def test_cfr_1091_1_example_2_less_bought_than_sold() -> None:
    books = settle(
        "1954-09-21 a: buy 100 for 5000",
        "1954-12-21 b: buy 50 for 2750",
        "1954-12-27 c: buy 25 for 1125",
        "1955-01-03 s: sell 100 for 4000",
    )
    assert sold(books) == ["s: 100 a -1,000.00, 50 b 500.00, 25 c 250.00, counts -250.00, short"]
    assert [line.split(" since ")[0] for line in held(books)] == ["50 b 3,250.00", "25 c 1,375.00"]


EXAMPLE_3 = (
    "1954-09-15 a: buy 100 for 5000",
    "1956-02-01 s: sell 100 for 4000",
    "1956-02-15 b: buy 50 for 2000",
    "1956-02-16 c: buy 50 for 2000",
    "1956-02-17 d: buy 50 for 2000",
    "1956-02-18 e: buy 50 for 2000",
)


def test_cfr_1091_1_example_3_more_bought_than_sold_and_504_days_are_added() -> None:
    books = settle(*EXAMPLE_3)
    assert sold(books) == ["s: 100 a -1,000.00, 50 b 500.00, 50 c 500.00, counts 0.00, long"]
    assert held(books) == [
        "50 b 2,500.00 since 1954-09-29",
        "50 c 2,500.00 since 1954-09-30",
        "50 d 2,000.00",
        "50 e 2,000.00",
    ]
    added = [(lot.acquired_on - lot.held_since).days for lot in books.open_lots]
    assert added == [504, 504, 0, 0]


def test_cfr_1091_1_example_3_the_first_hundred_are_long_term_a_week_later() -> None:
    books = settle(*EXAMPLE_3, "1956-02-25 t: sell 200 for 8000")
    assert [line.rsplit(", ", 1)[1] for line in sold(books)] == ["long", "long", "long", "short", "short"]


def test_cfr_1091_2_example_1_the_new_share_was_dearer_than_the_old_one_was_sold_for() -> None:
    books = settle(
        "1935-07-01 a: buy 1 for 100",  # "in 1935"
        "1955-01-15 s: sell 1 for 80",
        "1955-02-01 b: buy 1 for 90",
    )
    assert sold(books) == ["s: 1 a -20.00, 1 b 20.00, counts 0.00, long"]
    assert [line.split(" since ")[0] for line in held(books)] == ["1 b 110.00"]


def test_cfr_1091_2_example_2_the_new_share_was_cheaper_than_the_old_one_was_sold_for() -> None:
    books = settle(
        "1935-07-01 a: buy 1 for 100",  # "in 1935"
        "1955-01-15 s: sell 1 for 80",
        "1955-02-01 b: buy 1 for 70",
    )
    assert sold(books) == ["s: 1 a -20.00, 1 b 20.00, counts 0.00, long"]
    assert [line.split(" since ")[0] for line in held(books)] == ["1 b 90.00"]


def test_publication_550_the_loss_of_250_makes_the_new_stock_cost_1050() -> None:
    books = settle(  # the dates are ours
        "2023-03-01 a: buy 100 for 1000",
        "2023-06-01 s: sell 100 for 750",
        "2023-06-20 b: buy 100 for 800",
    )
    assert sold(books) == ["s: 100 a -250.00, 100 b 250.00, counts 0.00, short"]
    assert held(books) == ["100 b 1,050.00 since 2023-03-20"]


def test_publication_550_an_award_under_an_incentive_pay_plan_is_a_purchase_at_its_market_value() -> None:
    books = settle(  # the numbers but for the ten shares are ours; what was income as pay is what the shares cost
        "2023-01-16 award: buy 10 for 400",
        "2023-06-01 s: sell 10 for 300",
        "2023-06-30 next: buy 10 for 320",
    )
    assert sold(books) == ["s: 10 award -100.00, 10 next 100.00, counts 0.00, short"]
    assert held(books) == ["10 next 420.00 since 2023-02-14"]


def test_publication_550_example_1_less_stock_bought_than_sold() -> None:
    books = settle(  # the dates are those of the edition for 2009; they move on with each edition
        "2009-09-24 a: buy 100 for 5000",
        "2009-12-18 b: buy 50 for 2750",
        "2009-12-28 c: buy 25 for 1125",
        "2010-01-07 s: sell 100 for 4000",
    )
    assert sold(books) == ["s: 100 a -1,000.00, 50 b 500.00, 25 c 250.00, counts -250.00, short"]
    assert [line.split(" since ")[0] for line in held(books)] == ["50 b 3,250.00", "25 c 1,375.00"]


def test_publication_550_example_2_more_stock_bought_than_sold() -> None:
    books = settle(  # the prices are ours
        "2023-09-24 a: buy 100 for 5000",
        "2024-02-01 s: sell 100 for 4000",
        "2024-02-13 b: buy 50 for 2100",
        "2024-02-14 c: buy 50 for 2200",
        "2024-02-15 d: buy 50 for 2300",
        "2024-02-16 e: buy 50 for 2400",
    )
    assert sold(books) == ["s: 100 a -1,000.00, 50 b 500.00, 50 c 500.00, counts 0.00, short"]
    assert [line.split(" since ")[0] for line in held(books)] == [
        "50 b 2,600.00",
        "50 c 2,700.00",
        "50 d 2,300.00",
        "50 e 2,400.00",
    ]


def test_publication_550_a_loss_put_off_does_not_reduce_the_gains_of_the_same_day() -> None:
    books = settle(  # the days of the three purchases, "during" the year, and the last price are ours
        "2002-03-01 first: buy 100 for 15800",
        "2002-05-01 second: buy 100 for 10000",
        "2002-07-01 third: buy 100 for 9500",
        "2002-12-23 s: sell 300 for 37500",
        "2003-01-06 again: buy 250 for 31250",
    )
    assert sold(books) == [
        "s: 100 first -3,300.00, 100 again 3,300.00, counts 0.00, short",
        "s: 100 second 2,500.00, short",
        "s: 100 third 3,000.00, short",
    ]
    assert [line.split(" since ")[0] for line in held(books)] == ["100 again 15,800.00", "150 again 18,750.00"]


@pytest.mark.parametrize(("sold_on", "term"), [("2023-12-21", "short"), ("2023-12-22", "long")])
def test_publication_550_the_holding_period_of_the_old_stock_is_part_of_that_of_the_new(
    sold_on: str, term: str
) -> None:
    books = settle(  # the numbers are ours: held for 334 days before, so that a year is over 31 days after the purchase
        "2022-12-01 a: buy 100 for 1000",
        "2023-10-31 s: sell 100 for 750",
        "2023-11-20 b: buy 100 for 800",
        f"{sold_on} t: sell 100 for 1200",
    )
    assert books.dispositions[-1].held_since.isoformat() == "2022-12-21"
    assert sold(books)[-1] == f"t: 100 b 150.00, {term}"
