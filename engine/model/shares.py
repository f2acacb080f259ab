"""Shares: how is a number of shares written, whole or in parts?"""

from engine.model.money import divide_half_even
from engine.model.tax import Shares

_PLACES = 6


def written(shares: Shares) -> str:
    """Return `shares` as people read it: `1,234`, `0.5`; of a third the first six decimals, rounded."""
    if shares.denominator == 1:
        return f"{shares.numerator:,}"
    whole, part = divmod(divide_half_even(abs(shares.numerator) * 10**_PLACES, shares.denominator), 10**_PLACES)
    text = f"{whole:,}.{part:0{_PLACES}}".rstrip("0").rstrip(".")
    return f"-{text}" if shares < 0 else text


def exact(shares: Shares) -> str:
    """Return `shares` in full for machines: `1234`, `0.5`; of a third `1/3`."""
    if isinstance(shares, int):
        return str(shares)
    denominator, places = shares.denominator, 0
    while denominator > 1 and not (denominator % 2 and denominator % 5):
        denominator //= 10 if not denominator % 10 else 2 if not denominator % 2 else 5
        places += 1
    if denominator > 1:
        return str(shares)
    if not places:
        return str(shares.numerator)
    digits = str(abs(shares.numerator) * 10**places // shares.denominator).zfill(places + 1)
    return f"{'-' if shares < 0 else ''}{digits[:-places]}.{digits[-places:]}"
