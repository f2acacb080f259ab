"""Wash sales: each rule of 26 USC 1091, 1222 and 1223 as the smallest ledger that shows it."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from engine.accounting import wash_sales
from engine.errors import BadInput, BrokenInvariant
from engine.model.money import from_text
from engine.model.tax import Term, long_from, rounded, term_of
from tests.support.tax_ledgers import event, held, settle, sold, waiting

OLD = "2024-01-02 a: buy 100 for 1000"
"""Long enough before June that it replaces nothing."""
LOSS = "2024-06-03 s: sell 100 for 900"
PUT_OFF = "s: 100 a -100.00, 100 b 100.00, counts 0.00, short"


# The window


@pytest.mark.parametrize(
    ("days", "is_put_off"), [(-31, False), (-30, True), (-1, True), (0, True), (1, True), (30, True), (31, False)]
)
def test_the_30th_day_is_in_and_the_31st_is_out_on_both_sides(days: int, is_put_off: bool) -> None:
    other = f"{date(2024, 6, 3) + timedelta(days=days)} b: buy 100 for 950"
    books = settle(OLD, *([other, LOSS] if days < 0 else [LOSS, other]), as_of="2025-01-01")
    assert sold(books) == [PUT_OFF if is_put_off else "s: 100 a -100.00, short"]
    assert rounded(books.open_lots[0].basis) == from_text("1050" if is_put_off else "950")


def test_bought_on_the_same_day_before_the_sale_it_replaces() -> None:
    assert sold(settle(OLD, "2024-06-03 b: buy 100 for 950", LOSS)) == [PUT_OFF]


def test_the_days_count_across_a_leap_day_and_the_end_of_a_year() -> None:
    old = "2023-06-01 a: buy 100 for 1000"
    assert "counts" in sold(settle(old, "2024-02-01 s: sell 100 for 900", "2024-03-02 b: buy 100 for 950"))[0]
    assert "counts" not in sold(settle(old, "2024-02-01 s: sell 100 for 900", "2024-03-03 b: buy 100 for 950"))[0]
    assert "counts" in sold(settle(old, "2023-12-15 s: sell 100 for 900", "2024-01-14 b: buy 100 for 950"))[0]
    assert "counts" not in sold(settle(old, "2023-12-15 s: sell 100 for 900", "2024-01-15 b: buy 100 for 950"))[0]


# How many, and which


def test_less_bought_than_sold_puts_off_that_part() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 40 for 400")
    assert sold(books) == ["s: 100 a -100.00, 40 b 40.00, counts -60.00, short"]
    assert held(books) == ["40 b 440.00 since 2024-01-09"]


def test_more_bought_than_sold_leaves_the_rest_of_the_purchase_alone() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 150 for 1500")
    assert sold(books) == [PUT_OFF]
    assert held(books) == ["100 b 1,100.00 since 2024-01-09", "50 b 500.00"]


def test_the_earliest_purchase_replaces_first_before_the_sale() -> None:
    books = settle(OLD, "2024-05-20 b: buy 60 for 600", "2024-05-21 c: buy 60 for 600", LOSS)
    assert sold(books) == ["s: 100 a -100.00, 60 b 60.00, 40 c 40.00, counts 0.00, short"]


def test_the_earliest_purchase_replaces_first_after_the_sale() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 60 for 600", "2024-06-11 c: buy 60 for 600")
    assert sold(books) == ["s: 100 a -100.00, 60 b 60.00, 40 c 40.00, counts 0.00, short"]


def test_what_was_bought_before_the_sale_replaces_before_what_was_bought_after_it() -> None:
    books = settle(OLD, "2024-05-20 b: buy 60 for 600", LOSS, "2024-06-03 c: buy 60 for 600")
    assert sold(books) == ["s: 100 a -100.00, 60 b 60.00, 40 c 40.00, counts 0.00, short"]
    assert [line.split(" since")[0] for line in held(books)] == ["60 b 660.00", "40 c 440.00", "20 c 200.00"]


def test_a_share_replaces_once() -> None:
    books = settle(
        "2024-01-02 a: buy 200 for 2000",
        "2024-06-03 s: sell 100 for 900",
        "2024-06-04 t: sell 100 for 800",
        "2024-06-10 b: buy 150 for 1500",
    )
    assert sold(books) == [
        "s: 100 a -100.00, 100 b 100.00, counts 0.00, short",
        "t: 100 a -200.00, 50 b 100.00, counts -100.00, short",
    ]


def test_what_replaced_an_earlier_loss_replaces_no_later_one() -> None:
    books = settle(
        "2024-01-02 a: buy 200 for 2000",
        "2024-05-20 b: buy 100 for 900",
        "2024-06-03 s: sell 100 for 900",
        "2024-06-05 t: sell 100 for 900",
    )
    assert sold(books) == [PUT_OFF, "t: 100 a -100.00, short"]


def test_another_ticker_replaces_nothing() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 100 Y for 950")
    assert sold(books) == ["s: 100 a -100.00, short"]
    assert held(books) == ["100 b 950.00"]


def test_a_gain_is_not_changed() -> None:
    books = settle(OLD, "2024-06-03 s: sell 100 for 1000.01", "2024-06-10 b: buy 100 for 950")
    assert sold(books) == ["s: 100 a 0.01, short"]
    assert held(books) == ["100 b 950.00"]


def test_nothing_won_and_nothing_lost_is_no_loss() -> None:
    books = settle(OLD, "2024-06-03 s: sell 100 for 1000", "2024-06-10 b: buy 100 for 950", as_of="2024-06-10")
    assert sold(books) == ["s: 100 a 0.00, short"]
    assert waiting(books) == []


def test_a_hundredth_of_a_cent_is_a_loss_and_is_put_off_to_the_last_digit() -> None:
    books = settle(OLD, "2024-06-03 s: sell 100 for 999.9999", "2024-06-10 b: buy 100 for 950")
    (row,), (lot,) = books.dispositions, books.open_lots
    assert (row.gain, row.recognised, lot.carried) == (-(10**12), 0, 10**12)


def test_a_price_that_does_not_divide_makes_no_loss_of_its_own() -> None:
    books = settle("2024-01-02 a: buy 3 for 10", "2024-06-03 s: sell 3 for 10", "2024-06-10 b: buy 3 for 10")
    assert sold(books) == ["s: 3 a 0.00, short"]
    assert [d.gain for d in books.dispositions] == [0]


# Shares of the purchase that is being sold from


def test_the_kept_shares_of_a_purchase_do_not_replace_those_sold() -> None:
    books = settle("2024-05-20 a: buy 200 for 2000", LOSS)
    assert sold(books) == ["s: 100 a -100.00, short"]
    assert held(books) == ["100 a 1,000.00"]


def test_nor_do_those_of_another_fill_of_the_same_order() -> None:
    books = settle("2024-05-20 a.1: buy 100 for 1000", "2024-05-20 a.2: buy 100 for 1010", LOSS)
    assert sold(books) == ["s: 100 a.1 -100.00, short"]


def test_nor_do_those_of_a_fill_of_the_same_order_on_another_day() -> None:
    books = settle("2024-05-20 a.1: buy 100 for 1000", "2024-05-23 a.2: buy 100 for 1010", LOSS)
    assert sold(books) == ["s: 100 a.1 -100.00, short"]


def test_two_orders_of_one_day_are_two_purchases() -> None:
    books = settle("2024-05-20 a: buy 100 for 1000", "2024-05-20 b: buy 100 for 1010", LOSS)
    assert sold(books) == [PUT_OFF]


def test_what_the_same_order_buys_after_the_loss_replaces_it() -> None:
    books = settle("2024-06-03 a.1: buy 100 for 1000", LOSS, "2024-06-03 a.2: buy 100 for 950")
    assert sold(books) == ["s: 100 a.1 -100.00, 100 a.2 100.00, counts 0.00, short"]


def test_the_next_purchase_replaces_when_the_kept_shares_do_not() -> None:
    books = settle("2024-05-20 a: buy 200 for 2000", "2024-05-21 b: buy 30 for 300", LOSS)
    assert sold(books) == ["s: 100 a -100.00, 30 b 30.00, counts -70.00, short"]


# Shares that had left


def test_what_was_sold_before_the_loss_replaces_nothing() -> None:
    books = settle(
        "2024-05-20 a: buy 100 for 800",
        "2024-05-21 b: buy 100 for 1000",
        "2024-05-22 early: sell 100 for 900",
        "2024-06-03 s: sell 100 for 900",
    )
    assert sold(books) == ["early: 100 a 100.00, short", "s: 100 b -100.00, short"]


def test_what_leaves_in_the_same_sale_replaces_nothing() -> None:
    books = settle(OLD, "2024-05-20 b: buy 100 for 850", "2024-06-03 s: sell 200 for 1800")
    assert sold(books) == ["s: 100 a -100.00, short", "s: 100 b 50.00, short"]


def test_what_leaves_in_the_next_fill_of_the_same_sale_replaces_nothing() -> None:
    books = settle(
        OLD, "2024-05-20 b: buy 100 for 850", "2024-06-03 s.1: sell 100 for 900", "2024-06-03 s.2: sell 100 for 900"
    )
    assert sold(books) == ["s.1: 100 a -100.00, short", "s.2: 100 b 50.00, short"]


def test_what_comes_between_two_fills_of_an_order_makes_two_sales_of_them() -> None:
    books = settle(
        OLD,
        "2024-05-20 b: buy 100 for 850",
        "2024-06-03 s.1: sell 100 for 900",
        "2024-06-03 c: buy 1 for 9",
        "2024-06-03 s.2: sell 100 for 900",
    )
    assert sold(books) == [PUT_OFF.replace("s:", "s.1:"), "s.2: 100 b -50.00, 1 c 0.50, counts -49.50, short"]


def test_what_leaves_in_another_sale_of_the_same_day_does() -> None:
    books = settle(
        OLD, "2024-05-20 b: buy 100 for 850", "2024-06-03 s: sell 100 for 900", "2024-06-03 t: sell 100 for 900"
    )
    assert sold(books) == [PUT_OFF, "t: 100 b -50.00, short"]


def test_an_order_that_sells_on_two_days_is_two_sales() -> None:
    books = settle(
        OLD, "2024-05-20 b: buy 100 for 850", "2024-06-03 s.1: sell 100 for 900", "2024-06-04 s.2: sell 100 for 900"
    )
    assert sold(books) == ["s.1: 100 a -100.00, 100 b 100.00, counts 0.00, short", "s.2: 100 b -50.00, short"]


def test_what_is_left_of_a_purchase_in_part_sold_in_the_same_sale_replaces_the_losses_of_others() -> None:
    books = settle(OLD, "2024-05-20 b: buy 100 for 850", "2024-06-03 s: sell 140 for 1260")
    assert sold(books) == ["s: 100 a -100.00, 60 b 60.00, counts -40.00, short", "s: 40 b 20.00, short"]


# Chains


def test_a_loss_is_carried_through_three_replacements_and_realised_with_the_last() -> None:
    books = settle(
        "2024-01-02 a: buy 100 for 1000",
        "2024-06-03 s: sell 100 for 900",
        "2024-06-10 b: buy 100 for 920",
        "2024-06-17 t: sell 100 for 900",
        "2024-06-24 c: buy 100 for 880",
        "2024-07-01 u: sell 100 for 850",
        "2024-07-08 d: buy 100 for 840",
        "2024-08-30 v: sell 100 for 860",
    )
    assert sold(books) == [
        "s: 100 a -100.00, 100 b 100.00, counts 0.00, short",
        "t: 100 b -120.00, 100 c 120.00, counts 0.00, short",
        "u: 100 c -150.00, 100 d 150.00, counts 0.00, short",
        "v: 100 d -130.00, short",
    ]
    assert held(books) == []


def test_the_days_of_a_chain_add_up_and_it_becomes_long_term() -> None:
    chain = (
        "2023-01-02 a: buy 100 for 1000",
        "2023-07-03 s: sell 100 for 900",  # 182 days
        "2023-07-10 b: buy 100 for 920",
        "2023-12-11 t: sell 100 for 900",  # 154 more
        "2023-12-18 c: buy 100 for 880",
    )
    assert held(settle(*chain)) == ["100 c 1,000.00 since 2023-01-16"]
    assert sold(settle(*chain, "2024-01-16 u: sell 100 for 1200"))[-1] == "u: 100 c 200.00, short"
    assert sold(settle(*chain, "2024-01-17 u: sell 100 for 1200"))[-1] == "u: 100 c 200.00, long"


def test_a_day_on_which_both_were_held_counts_once() -> None:
    books = settle(OLD, "2024-05-20 b: buy 100 for 950", LOSS)
    assert held(books) == ["100 b 1,050.00 since 2024-01-02"]  # from the first purchase on without a gap


def test_sold_at_a_gain_a_replacement_realises_the_loss_that_it_carries() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 100 for 950", "2024-08-01 t: sell 100 for 1070")
    assert sold(books) == [PUT_OFF, "t: 100 b 20.00, short"]


def test_the_loss_that_it_carries_makes_a_gain_a_loss_which_may_be_put_off_again() -> None:
    books = settle(
        OLD, LOSS, "2024-06-10 b: buy 100 for 950", "2024-06-20 t: sell 100 for 1000", "2024-06-21 c: buy 100 for 1000"
    )
    assert sold(books) == [PUT_OFF, "t: 100 b -50.00, 100 c 50.00, counts 0.00, short"]
    assert held(books) == ["100 c 1,050.00 since 2024-01-10"]


def test_shares_that_replaced_go_before_the_others_of_their_purchase_and_in_a_row_of_their_own() -> None:
    books = settle(
        OLD,
        LOSS,
        "2024-06-10 b: buy 150 for 1500",
        "2024-08-01 t: sell 120 for 1260",
        "2024-08-02 u: sell 30 for 330",
    )
    assert sold(books) == [PUT_OFF, "t: 100 b -50.00, short", "t: 20 b 10.00, short", "u: 30 b 30.00, short"]


def test_the_kept_half_of_a_replacement_does_not_replace_the_sold_half() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 100 for 950", "2024-06-20 t: sell 50 for 500")
    assert sold(books) == [PUT_OFF, "t: 50 b -25.00, short"]
    assert held(books) == ["50 b 525.00 since 2024-01-09"]


def test_shares_of_one_purchase_that_replaced_two_losses_are_of_two_terms() -> None:
    books = settle(
        "2023-01-03 a: buy 50 for 500",
        "2024-01-02 b: buy 50 for 500",
        "2024-06-03 s: sell 100 for 900",
        "2024-06-10 c: buy 100 for 950",
        "2024-08-01 t: sell 100 for 900",
    )
    assert sold(books) == [
        "s: 50 a -50.00, 50 c 50.00, counts 0.00, long",
        "s: 50 b -50.00, 50 c 50.00, counts 0.00, short",
        "t: 50 c -75.00, long",
        "t: 50 c -75.00, short",
    ]


def test_shares_that_replaced_and_others_are_in_rows_of_their_own_though_both_are_at_a_loss() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 150 for 1500", "2024-08-01 t: sell 120 for 1080")
    assert sold(books) == [PUT_OFF, "t: 100 b -200.00, short", "t: 20 b -20.00, short"]


MIXED = (
    "2023-05-01 a: buy 10 for 100",
    "2023-07-03 b: buy 10 for 100",
    "2023-07-03 c: buy 10 for 100",
    "2024-05-13 s: sell 20 for 180",  # a for 378 days, b for 315
    "2024-06-10 t: sell 10 for 90",  # c for 343
    "2024-06-10 d: buy 30 for 300",
    "2024-07-05 u: sell 30 for 240",  # 25 days more each
)
"""Of the shares of `d` the first and the last ten are long-term, those in between are not."""


def test_a_row_holds_all_of_one_term_and_counts_from_the_earliest_day() -> None:
    books = settle(*MIXED)
    assert sold(books)[-2:] == ["u: 20 d -60.00, long", "u: 10 d -30.00, short"]
    assert [d.held_since.isoformat() for d in books.dispositions[-2:]] == ["2023-05-29", "2023-07-31"]


def test_such_a_row_is_pending_and_is_replaced_as_a_whole() -> None:
    pending = settle(*MIXED, as_of="2024-07-05")
    assert sold(pending)[-2:] == ["u: 20 d -60.00, 20 pending, long", "u: 10 d -30.00, 10 pending, short"]
    replaced = settle(*MIXED, "2024-07-08 e: buy 30 for 300")
    assert sold(replaced)[-2:] == [
        "u: 20 d -60.00, 20 e 60.00, counts 0.00, long",
        "u: 10 d -30.00, 10 e 30.00, counts 0.00, short",
    ]


def test_of_such_rows_the_shares_are_replaced_in_the_order_in_which_they_replaced() -> None:
    assert sold(settle(*MIXED, "2024-07-08 e: buy 15 for 150"))[-2:] == [
        "u: 20 d -60.00, 10 e 30.00, counts -30.00, long",
        "u: 10 d -30.00, 5 e 15.00, counts -15.00, short",
    ]


@pytest.mark.parametrize(("sold_on", "terms"), [("2024-07-26", ["short"]), ("2024-07-27", ["long", "short"])])
def test_when_its_year_is_over_the_first_share_of_a_sale_is_long_term_alone(sold_on: str, terms: list[str]) -> None:
    books = settle(
        "2023-07-03 a: buy 10 for 100",
        "2023-07-10 b: buy 10 for 100",
        "2024-06-03 s: sell 20 for 180",  # a for 336 days, b for 329
        "2024-06-26 c: buy 20 for 200",  # a since 2023-07-26
        f"{sold_on} t: sell 20 for 300",
    )
    assert [str(d.term) for d in books.dispositions[2:]] == terms


@pytest.mark.parametrize(("sold_on", "terms"), [("2024-07-26", ["short"]), ("2024-07-27", ["short", "long"])])
def test_when_its_year_is_over_the_last_share_of_a_sale_is_long_term_alone(sold_on: str, terms: list[str]) -> None:
    books = settle(
        "2023-07-10 a: buy 10 for 100",
        "2023-07-10 b: buy 10 for 100",
        "2024-05-27 s: sell 10 for 90",  # a for 322 days
        "2024-06-10 t: sell 10 for 90",  # b for 336
        "2024-06-26 c: buy 20 for 200",  # b since 2023-07-26
        f"{sold_on} u: sell 20 for 300",
    )
    assert [str(d.term) for d in books.dispositions[2:]] == terms


# Several losses, one purchase


def test_the_earlier_sale_is_put_off_first_though_it_lost_less() -> None:
    books = settle(
        "2024-01-02 a: buy 200 for 2000",
        "2024-06-03 s: sell 100 for 990",
        "2024-06-03 t: sell 100 for 500",
        "2024-06-10 b: buy 100 for 500",
    )
    assert sold(books) == ["s: 100 a -10.00, 100 b 10.00, counts 0.00, short", "t: 100 a -500.00, short"]


def test_within_one_sale_the_earlier_purchase_is_put_off_first() -> None:
    books = settle(
        "2024-01-02 a: buy 100 for 1000",
        "2024-02-01 b: buy 100 for 1200",
        "2024-06-03 s: sell 200 for 1800",
        "2024-06-10 c: buy 150 for 1500",
    )
    assert sold(books) == [
        "s: 100 a -100.00, 100 c 100.00, counts 0.00, short",
        "s: 100 b -300.00, 50 c 150.00, counts -150.00, short",
    ]


def test_a_gain_between_two_losses_uses_up_no_replacement() -> None:
    books = settle(
        "2024-01-02 a: buy 100 for 1000",
        "2024-02-01 b: buy 100 for 800",
        "2024-03-01 c: buy 100 for 1100",
        "2024-06-03 s: sell 300 for 2700",
        "2024-06-10 d: buy 150 for 1500",
    )
    assert sold(books) == [
        "s: 100 a -100.00, 100 d 100.00, counts 0.00, short",
        "s: 100 b 100.00, short",
        "s: 100 c -200.00, 50 d 100.00, counts -100.00, short",
    ]


def test_a_loss_whose_window_is_over_leaves_the_purchase_to_the_next() -> None:
    books = settle(
        "2024-01-02 a: buy 200 for 2000",
        "2024-05-02 s: sell 100 for 990",
        "2024-05-10 t: sell 100 for 500",
        "2024-06-03 b: buy 100 for 500",
    )
    assert sold(books) == ["s: 100 a -10.00, short", "t: 100 a -500.00, 100 b 500.00, counts 0.00, short"]


# What may still be put off


@pytest.mark.parametrize(("as_of", "is_open"), [("2024-06-03", True), ("2024-07-03", True), ("2024-07-04", False)])
def test_a_loss_is_pending_to_the_end_of_the_30th_day(as_of: str, is_open: bool) -> None:
    books = settle(OLD, LOSS, as_of=as_of)
    assert sold(books) == ["s: 100 a -100.00, 100 pending, short" if is_open else "s: 100 a -100.00, short"]
    assert waiting(books) == (["s: 100 100.00 until 2024-07-03"] if is_open else [])
    assert books.dispositions[0].window_ends_on == date(2024, 7, 3)


def test_in_part_replaced_the_rest_is_pending() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 40 for 400", as_of="2024-06-10")
    assert sold(books) == ["s: 100 a -100.00, 40 b 40.00, 60 pending, counts -60.00, short"]
    assert waiting(books) == ["s: 60 60.00 until 2024-07-03"]


def test_wholly_replaced_nothing_is_pending() -> None:
    books = settle(OLD, LOSS, "2024-06-10 b: buy 100 for 400", as_of="2024-06-10")
    assert sold(books) == [PUT_OFF]
    assert waiting(books) == []


def test_a_pending_loss_is_counted_in_shares_of_the_sale_and_an_open_one_in_shares_of_today() -> None:
    books = settle(OLD, LOSS, "2024-06-05 split 2", as_of="2024-06-10")
    assert sold(books) == ["s: 100 a -100.00, 100 pending, short"]
    assert waiting(books) == ["s: 200 100.00 until 2024-07-03"]


# What a purchase would put off


def test_nothing_is_at_stake_without_a_loss_or_after_its_window() -> None:
    events = [event(OLD), event(LOSS)]
    assert wash_sales.at_stake([], "X", 100, date(2024, 6, 10)) is None
    assert wash_sales.at_stake(events[:1], "X", 100, date(2024, 6, 10)) is None
    assert wash_sales.at_stake(events, "Y", 100, date(2024, 6, 10)) is None
    assert wash_sales.at_stake(events, "X", 100, date(2024, 7, 4)) is None


def test_what_is_at_stake_is_the_loss_on_as_many_shares_as_would_be_bought() -> None:
    events = [event(OLD), event(LOSS)]
    some, all_of_it = (wash_sales.at_stake(events, "X", shares, date(2024, 7, 3)) for shares in (40, 250))
    assert some
    assert (some.shares, some.washed, some.loss, some.until) == (40, 40, from_text("40"), date(2024, 7, 3))
    assert all_of_it
    assert (all_of_it.shares, all_of_it.washed, all_of_it.loss) == (250, 100, from_text("100"))


def test_what_was_put_off_already_is_not_at_stake() -> None:
    events = [event(OLD), event(LOSS), event("2024-06-05 b: buy 70 for 700")]
    stake = wash_sales.at_stake(events, "X", 100, date(2024, 6, 10))
    assert stake
    assert (stake.washed, stake.loss) == (30, from_text("30"))


def test_after_a_split_what_is_at_stake_is_counted_in_new_shares() -> None:
    events = [event(OLD), event(LOSS), event("2024-06-05 split 2")]
    stake = wash_sales.at_stake(events, "X", 150, date(2024, 6, 10))
    assert stake
    assert (stake.washed, stake.loss) == (150, from_text("75"))


def test_losses_of_several_sales_are_at_stake_until_the_last_window_is_over() -> None:
    events = [event(OLD), event("2024-06-03 s: sell 50 for 450"), event("2024-06-10 t: sell 50 for 400")]
    stake = wash_sales.at_stake(events, "X", 100, date(2024, 6, 20))
    assert stake
    assert (stake.washed, stake.loss, stake.until) == (100, from_text("150"), date(2024, 7, 10))


def test_a_small_purchase_too_is_free_of_losses_only_when_the_last_window_is_over() -> None:
    events = [event(OLD), event("2024-06-03 s: sell 50 for 450"), event("2024-06-10 t: sell 50 for 400")]
    stake = wash_sales.at_stake(events, "X", 10, date(2024, 6, 20))
    assert stake
    assert wash_sales.at_stake(events, "X", 10, stake.until + timedelta(days=1)) is None


def test_the_loss_of_another_ticker_is_not_at_stake() -> None:
    lines = (
        OLD,
        "2024-01-02 y: buy 100 Y for 1000",
        "2024-06-03 s: sell 100 for 900",
        "2024-06-10 t: sell 100 Y for 900",
    )
    stake = wash_sales.at_stake([event(line) for line in lines], "X", 100, date(2024, 6, 20))
    assert stake
    assert (stake.loss, stake.until) == (from_text("100"), date(2024, 7, 3))


# More than a year


@pytest.mark.parametrize(
    ("held_since", "first_long"),
    [
        ("2023-03-10", "2024-03-11"),
        ("2023-12-31", "2025-01-01"),
        ("2024-02-28", "2025-03-01"),
        ("2024-02-29", "2025-03-01"),
        ("2023-02-28", "2024-03-01"),
        ("2022-02-28", "2023-03-01"),
        ("2023-02-27", "2024-02-28"),
        ("2023-04-30", "2024-05-01"),
        ("2023-03-01", "2024-03-02"),
    ],
)
def test_more_than_a_year_begins_on_the_day_after_the_year(held_since: str, first_long: str) -> None:
    since, first = date.fromisoformat(held_since), date.fromisoformat(first_long)
    assert long_from(since) == first
    assert (term_of(since, first - timedelta(days=1)), term_of(since, first)) == (Term.SHORT, Term.LONG)
    buy = f"{since} a: buy 1 for 10"
    assert sold(settle(buy, f"{first - timedelta(days=1)} s: sell 1 for 11")) == ["s: 1 a 1.00, short"]
    assert sold(settle(buy, f"{first} s: sell 1 for 11")) == ["s: 1 a 1.00, long"]


# Splits and parts of shares


@pytest.mark.parametrize(("ratio", "bought", "now"), [("2", "200", 200), ("1/10", "10", 10), ("3/2", "150", 150)])
def test_after_a_split_so_many_shares_more_replace_those_sold(ratio: str, bought: str, now: int) -> None:
    books = settle(OLD, LOSS, f"2024-06-05 split {ratio}", f"2024-06-10 b: buy {bought} for 950")
    assert sold(books) == [PUT_OFF]
    assert held(books) == [f"{now} b 1,050.00 since 2024-01-09"]


def test_after_a_split_half_of_the_new_shares_replace_half_of_the_old() -> None:
    books = settle(OLD, LOSS, "2024-06-05 split 2", "2024-06-10 b: buy 100 for 480")
    assert sold(books) == ["s: 100 a -100.00, 50 b 50.00, counts -50.00, short"]
    assert held(books) == ["100 b 530.00 since 2024-01-09"]


def test_a_split_between_purchase_and_sale_is_no_loss() -> None:
    books = settle(OLD, "2024-05-06 split 2", "2024-05-20 b: buy 50 for 225", "2024-06-03 s: sell 200 for 900")
    assert sold(books) == ["s: 200 a -100.00, 50 b 25.00, counts -75.00, short"]
    assert held(books) == ["50 b 250.00 since 2024-01-02"]


def test_a_purchase_before_a_split_replaces_as_many_as_it_has_become() -> None:
    books = settle(OLD, "2024-05-20 b: buy 30 for 300", "2024-05-28 split 3/2", "2024-06-03 s: sell 150 for 900")
    assert sold(books) == ["s: 150 a -100.00, 45 b 30.00, counts -70.00, short"]
    assert held(books) == ["45 b 330.00 since 2024-01-02"]


def test_a_split_of_another_ticker_changes_nothing() -> None:
    assert sold(settle(OLD, LOSS, "2024-06-05 split Y 2", "2024-06-10 b: buy 100 for 950")) == [PUT_OFF]


def test_the_cash_for_the_fraction_that_a_split_left_is_a_sale() -> None:
    books = settle("2024-01-02 a: buy 5 for 50", "2024-06-05 split 3/2", "2024-06-05 cash: sell 1/2 for 3")
    assert sold(books) == ["cash: 1/2 a -0.33, short"]
    assert held(books) == ["7 a 46.67"]


def test_parts_of_shares_replace_parts_of_shares() -> None:
    books = settle("2024-01-02 a: buy 2.5 for 25", "2024-06-03 s: sell 2.5 for 20", "2024-06-10 b: buy 0.75 for 7")
    assert sold(books) == ["s: 5/2 a -5.00, 3/4 b 1.50, counts -3.50, short"]
    assert held(books) == ["3/4 b 8.50 since 2024-01-09"]


# Exactly, and first in, first out


def test_what_does_not_divide_goes_with_the_last_share() -> None:
    books = settle("2024-01-02 a: buy 3 for 10", "2024-06-03 s: sell 2 for 8", "2024-06-04 t: sell 1 for 4")
    assert [d.basis for d in books.dispositions] == [66_666_666_666_666_666, 33_333_333_333_333_334]


def test_what_does_not_divide_goes_with_the_lot_of_the_last_share() -> None:
    books = settle(
        "2024-01-02 a: buy 1 for 20",
        "2024-01-04 b: buy 1 for 20",
        "2024-01-05 c: buy 1 for 20",
        "2024-06-03 s: sell 1 for 10",  # held for 153 days
        "2024-06-04 t: sell 1 for 10",  # 152
        "2024-06-06 u: sell 1 for 10",  # 153
        "2024-06-10 d: buy 3 for 10",
    )
    assert held(books) == ["2 d 26.67 since 2024-01-09", "1 d 13.33 since 2024-01-10"]
    assert [lot.cost for lot in books.open_lots] == [66_666_666_666_666_667, 33_333_333_333_333_333]


def test_the_oldest_shares_go_first() -> None:
    books = settle(
        "2024-01-02 a: buy 10 for 100",
        "2024-01-03 b: buy 10 for 110",
        "2024-02-01 s: sell 15 for 300",
        "2024-02-02 t: sell 5 for 100",
    )
    assert sold(books) == ["s: 10 a 100.00, short", "s: 5 b 45.00, short", "t: 5 b 45.00, short"]


@pytest.mark.parametrize("sale", ["2024-06-03 s: sell 100.5 for 900", "2024-06-03 s: sell 1 Y for 9"])
def test_selling_more_than_is_held_breaks_an_invariant(sale: str) -> None:
    with pytest.raises(BrokenInvariant, match=r"s sells more [XY] than is held"):
        settle(OLD, sale)


def test_a_sale_before_the_purchase_breaks_it_too() -> None:
    with pytest.raises(BrokenInvariant):
        settle(LOSS, "2024-06-03 b: buy 100 for 950")


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_a_quantity_is_above_zero(quantity: str) -> None:
    with pytest.raises(BadInput, match=f"a: a quantity of {quantity}"):
        settle(f"2024-01-02 a: buy {quantity} for 10")


def test_nothing_happened_comes_to_nothing() -> None:
    books = wash_sales.settle([], as_of=date(2024, 1, 1))
    assert (books.dispositions, books.open_lots, books.open_losses) == ((), (), ())


def test_tickers_are_settled_apart_and_listed_together_by_the_day_of_sale() -> None:
    books = settle(
        "2024-01-02 a: buy 10 X for 100",
        "2024-01-02 b: buy 10 Y for 100",
        "2024-02-05 s: sell 10 X for 90",
        "2024-02-02 t: sell 10 Y for 80",
        "2024-02-08 c: buy 10 Y for 80",
    )
    assert sold(books) == ["t: 10 b -20.00, 10 c 20.00, counts 0.00, short", "s: 10 a -10.00, short"]


def test_two_splits_of_one_day_have_one_name_and_are_two_sales() -> None:
    books = settle(
        "2024-01-02 a: buy 5 for 50",
        "2024-06-05 split 3/2",
        "2024-06-05 cash: sell 1/2 for 3",
        "2024-06-05 split 3/2",
        "2024-06-05 cash: sell 1/2 for 3",
    )
    assert [d.quantity for d in books.dispositions] == [Fraction(1, 2), Fraction(1, 2)]
    assert [lot.quantity for lot in books.open_lots] == [10]
