"""Money: how is a dollar counted so that no cent is ever lost?

Ledger money is a whole number of ten-thousandths of a dollar (spec section 2). Sums of ints are exact; binary
floats are only ever used for measures of risk, never added to a balance.
"""

import math
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction

Money = int
"""An amount or a price, in ten-thousandths of a dollar. $1.00 is 10_000."""

UNITS_PER_DOLLAR = 10_000
UNITS_PER_CENT = 100


def from_text(text: str | Decimal) -> Money:
    """Return the amount that `text` (dollars) names. Raises ValueError when it is no number or finer than 4 places."""
    try:
        dollars = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount of dollars") from error
    if not dollars.is_finite():
        raise ValueError(f"{text!r} is not an amount of dollars")
    units = dollars.scaleb(4)
    if units != int(units):
        raise ValueError(f"{text!r} has more than 4 decimal places")
    return int(units)


def quantise(dollars: float) -> Money:
    """Return `dollars` rounded half-even to 4 places. The one door from floats (bar prices, levels) to money."""
    return round(dollars * UNITS_PER_DOLLAR)


def floor_units(dollars: float) -> Money:
    """Return `dollars` rounded down to 4 places; what is short by less than 1e-6 of a place is binary rounding."""
    return math.floor(round(dollars * UNITS_PER_DOLLAR, 6))


def dollars(amount: Money) -> float:
    """Return `amount` in dollars, for measures of risk and for charts."""
    return amount / UNITS_PER_DOLLAR


def to_decimal(amount: Money) -> Decimal:
    """Return `amount` in dollars, exact, with 4 places."""
    return Decimal(amount).scaleb(-4)


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded half-even, in integer arithmetic. The denominator is positive."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        quotient += 1
    return quotient


def share_of(amount: Money, fraction: float) -> Money:
    """Return `fraction` (0..1, read as the decimal it prints as) of `amount`, rounded half-even to the cent."""
    exact = Fraction(repr(fraction)) * amount
    return divide_half_even(exact.numerator, exact.denominator * UNITS_PER_CENT) * UNITS_PER_CENT


def scaled(price: Money, factor: float) -> Money:
    """Return `price` times `factor` (read as the decimal it prints as), rounded half-even to 4 places."""
    exact = Decimal(price) * Decimal(repr(factor))
    return int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))


def usd(amount: Money, *, places: int = 2, signed: bool = False) -> str:
    """Return `amount` as people read it: `12,345.67`, with a sign in front when `signed`."""
    value = to_decimal(amount).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return f"{value:+,}" if signed else f"{value:,}"
