"""Money: rounding half-even, against Decimal and Fraction."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import money

amounts = st.integers(-(10**15), 10**15)


@given(amounts)
@example(50)
@example(150)
@example(-50)
def test_cents_are_rounded_half_even(amount: int) -> None:
    expected = (Decimal(amount) / 100).to_integral_value(rounding=ROUND_HALF_EVEN) * 100
    assert money.share_of(amount, 1.0) == expected


@given(amounts, st.integers(1, 10**6))
def test_division_is_half_even(numerator: int, denominator: int) -> None:
    assert money.divide_half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.integers(0, 10**12), st.decimals(0, 1, places=4))
@example(1_500_000, Decimal("0.0001"))
def test_a_share_of_an_amount_is_rounded_half_even_to_the_cent(amount: int, fraction: Decimal) -> None:
    expected = (Decimal(amount) * fraction / 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * 100
    assert money.share_of(amount, float(fraction)) == expected


@given(st.integers(0, 10**10), st.decimals(0, 3, places=6))
def test_scaling_reads_the_factor_as_the_decimal_it_prints_as(price: int, factor: Decimal) -> None:
    expected = (Decimal(price) * factor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert money.scaled(price, float(factor)) == expected


@given(amounts)
def test_text_and_decimals_come_back_as_they_went(amount: int) -> None:
    assert money.from_text(money.to_decimal(amount)) == amount
    assert money.from_text(str(money.to_decimal(amount))) == amount


@given(st.integers(0, 10**12))
def test_prices_come_back_from_dollars(amount: int) -> None:
    assert money.quantise(money.dollars(amount)) == amount


@pytest.mark.parametrize("text", ["0.00001", "NaN", "inf", "-Infinity", "twelve", "", "1,5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount|more than 4"):
        money.from_text(text)


def test_people_read_two_places() -> None:
    assert money.usd(123_456_789) == "12,345.68"
    assert money.usd(-50, signed=True) == "-0.00"
    assert money.usd(1_000_000, signed=True) == "+100.00"
