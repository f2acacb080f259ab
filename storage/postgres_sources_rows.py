"""PostgreSQL source rows: what does a row say that somebody else keeps in columns of his own kinds?

Every cell comes as text, so that none can keep the others from being read; here it becomes what `live_sources_rows`
takes. What cannot be read raises ValueError with the reason.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from engine.model.money import Money
from storage.live_sources_rows import Row
from storage.moments import to_micros
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_moments import moment
from storage.postgres_sources_names import KINDS, MOMENTS

MOST_DOLLARS = 10_000_000
"""The dearest share ever traded cost less than a tenth of this."""
_MONEY = re.compile(r"-?\$?-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?")
"""How the type `money` reads; a lone comma is nobody's thousand."""
_LIST = re.compile(r'[{}\[\]"]')
"""What else than separators is in a list: of PostgreSQL, or of JSON."""


def selected(layout: Layout) -> str:
    """Return the columns that are read, as text, in the order of `cells`."""
    return ", ".join(f"{layout.column(ours)}::text" for ours in cells(layout))


def cells(layout: Layout) -> tuple[str, ...]:
    """Return our names of the columns that are there."""
    return tuple(ours for ours in KINDS[layout.table.kind].columns if layout.has(ours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads rows of one `layout`."""

    layout: Layout

    def row(self, values: Iterable[str | None]) -> Row:
        """Return a row under our names: moments in microseconds where they can be read, what is not there as None."""
        said: dict[str, Any] = dict.fromkeys(KINDS[self.layout.table.kind].columns)
        said.update(self.layout.table.constants)
        said.update(zip(cells(self.layout), values, strict=True))
        for ours in KINDS[self.layout.table.kind].columns:
            if said[ours] is not None:
                said[ours] = self.value(ours, said[ours])
        return said

    def value(self, ours: str, text: str) -> Any:
        """Return the value of a cell; what it cannot be stays the text, and is refused by whoever needs it."""
        role = KINDS[self.layout.table.kind].columns[ours]
        try:
            if role in MOMENTS and self.layout.has(ours):
                return to_micros(moment(text, self.layout.keeps(ours), role))
            if ours == "tickers":
                return _LIST.sub(" ", text)
            return float(text) if ours == "confidence" else text
        except (ValueError, OverflowError):
            return text

    def moment(self, row: Row, ours: str) -> int | None:
        """Return a moment of `row` in microseconds, None when it cannot be read."""
        return row[ours] if isinstance(row[ours], int) else None


def price(text: str | None, what: str = "the price") -> Money:
    """Return the money that `text` says: dollars, rounded half-even to four places."""
    said = (text or "").strip()
    try:
        dollars = Decimal(said.replace("$", "").replace(",", "") if _MONEY.fullmatch(said) else said)
    except InvalidOperation:
        raise ValueError(f"{what} is missing or not a number") from None
    if not dollars.is_finite():
        raise ValueError(f"{what} is missing or not a number")
    if dollars > MOST_DOLLARS:
        raise ValueError(f"{what} is beyond ten million dollars")
    units = int(dollars.scaleb(4).to_integral_value(rounding=ROUND_HALF_EVEN)) if dollars > -MOST_DOLLARS else 0
    if units <= 0:
        raise ValueError(f"{what} is not above zero")
    return units


def priced(row: Row) -> Row:
    """Return a row of `quotes` with its price as money."""
    return {**row, "price": price(row["price"])}


def ratio(text: str) -> Fraction:
    """Return how many new shares an old one becomes: `4`, `4:1`, `3/2` or `0.1`."""
    try:
        new, _, old = text.strip().replace("/", ":").partition(":")
        exact = Fraction(new) / Fraction(old or "1")
    except (ValueError, ZeroDivisionError):
        raise ValueError("the ratio cannot be read: write it like 4, 4:1 or 1/10") from None
    near = exact.limit_denominator(1000)  # 0.333333 was meant as a third
    if exact <= 0 or exact == 1:
        raise ValueError("the ratio is not above zero" if exact <= 0 else "a ratio of 1 is no split")
    return near if near and abs(near / exact - 1) <= Fraction(1, 10_000) else exact
