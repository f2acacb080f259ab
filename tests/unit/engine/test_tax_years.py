"""Tax years: exact sums, cents that add up to them, and shares as people and machines read them."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accounting.tax_years import (
    Sums,
    TaxYear,
    by_year,
    disallowed_by,
    in_cents,
    pending_by_sale,
    per_share,
    spread,
)
from engine.model.shares import exact, written
from engine.model.tax import FINENESS, Disposition, OpenLoss, Replacement, fine

CENT = 100 * FINENESS


def sold(on: str, proceeds: int, basis: int, *, sale: str = "s", since: str = "", put_off: int = 0) -> Disposition:
    """Return a disposition in dollars, of shares bought on the day before it, or on `since`."""
    on_day = date.fromisoformat(on)
    acquired = date.fromisoformat(since) if since else on_day
    replacement = Replacement(purchase_id="p9", on=on_day, shares=1, loss=put_off * 100 * CENT)
    return Disposition(
        ticker="XYZ",
        purchase_id="p1",
        sale_id=sale,
        quantity=1,
        acquired_on=acquired,
        held_since=acquired,
        sold_on=on_day,
        proceeds=proceeds * 100 * CENT,
        basis=basis * 100 * CENT,
        replacements=(replacement,) if put_off else (),
    )


def test_each_year_has_its_short_and_its_long_term_sales() -> None:
    found = by_year(
        [
            sold("2023-12-31", 10, 12, put_off=2),
            sold("2024-01-01", 5, 1, since="2020-01-01", sale="t"),
            sold("2024-01-01", 5, 7, sale="t"),
        ]
    )
    assert [y.year for y in found] == [2023, 2024]
    dollar = 100 * CENT
    assert found[0].short == Sums(sales=1, proceeds=10 * dollar, basis=12 * dollar, disallowed=2 * dollar)
    assert (found[0].short.gain, found[0].short.recognised) == (-2 * dollar, 0)
    assert found[0].long == Sums()
    assert (found[1].short.sales, found[1].long.sales, found[1].total.sales) == (1, 1, 1)
    assert found[1].total.recognised == 2 * dollar


def test_a_year_in_cents_adds_up_on_its_face() -> None:
    third = CENT // 3
    odd = TaxYear(year=2024, sales=1, short=Sums(proceeds=2 * third, basis=third), long=Sums(proceeds=2 * third))
    cents = odd.in_cents
    assert (cents.short.proceeds, cents.short.basis, cents.long.proceeds) == (100, 0, 100)
    assert cents.total.proceeds == cents.short.proceeds + cents.long.proceeds == 200
    assert cents.total.recognised == cents.short.recognised + cents.long.recognised


def test_what_one_purchase_put_off_of_one_sale_is_one_loss() -> None:
    parts = [sold("2024-01-02", 1, 3, put_off=2), sold("2024-01-02", 1, 5, put_off=4)]
    other = sold("2024-01-02", 1, 3, put_off=1, sale="t")
    found = disallowed_by([*parts, other, sold("2024-01-02", 1, 3)])
    assert [(sale.sale_id, by.purchase_id, by.shares) for sale, by in found] == [
        ("s", "p9", 2),
        ("t", "p9", 1),
    ]
    assert [by.loss for _, by in found] == [600 * CENT, 100 * CENT]


def test_what_is_pending_of_one_sale_is_one_loss() -> None:
    def pending(sale: str, day: int, shares: int) -> OpenLoss:
        on, until = date(2024, 1, day), date(2024, 2, day)
        return OpenLoss(ticker="XYZ", sale_id=sale, sold_on=on, until=until, shares=shares, loss=shares * CENT)

    found = pending_by_sale([pending("b", 9, 1), pending("a", 8, 2), pending("b", 9, 3)])
    assert found == (pending("a", 8, 2), pending("b", 9, 4))


AMOUNTS = st.lists(st.integers(-(10**22), 10**22), max_size=30)


@given(AMOUNTS)
def test_spread_amounts_add_up_to_the_rounded_sum_at_every_row(amounts: list[int]) -> None:
    cents = spread(amounts)
    assert [sum(cents[:n]) for n in range(len(amounts) + 1)] == [
        in_cents(sum(amounts[:n])) for n in range(len(cents) + 1)
    ]
    assert all(abs(c * FINENESS - a) <= CENT for c, a in zip(cents, amounts, strict=True))


@given(st.lists(st.integers(-(10**12), 10**12), max_size=30))
def test_what_is_whole_cents_stays_as_it_is(cents: list[int]) -> None:
    assert spread(c * CENT for c in cents) == [c * 100 for c in cents]


def test_a_share_s_part_is_exact_to_the_ten_thousandth() -> None:
    assert per_share(fine(10_000), 3) == 3_333
    assert per_share(fine(10_000), Fraction(3, 2)) == 6_667


@pytest.mark.parametrize(
    ("shares", "for_people", "for_machines"),
    [
        (1234, "1,234", "1234"),
        (Fraction(4, 2), "2", "2"),
        (Fraction(5, 2), "2.5", "2.5"),
        (Fraction(1, 3), "0.333333", "1/3"),
        (Fraction(1, 6), "0.166667", "1/6"),
        (Fraction(3, 80), "0.0375", "0.0375"),
        (Fraction(-5, 4), "-1.25", "-1.25"),
        (Fraction(123456789, 10**8), "1.234568", "1.23456789"),
        (Fraction(1999999999, 10**9), "2", "1.999999999"),
        (0, "0", "0"),
    ],
)
def test_shares_are_written_for_people_and_for_machines(
    shares: int | Fraction, for_people: str, for_machines: str
) -> None:
    assert written(shares) == for_people
    assert exact(shares) == for_machines


@given(st.integers(-(10**12), 10**12), st.integers(0, 9), st.integers(0, 9))
def test_shares_for_machines_are_read_back_as_the_same(numerator: int, twos: int, fives: int) -> None:
    shares = Fraction(numerator, 2**twos * 5**fives)
    assert Fraction(exact(shares)) == shares
