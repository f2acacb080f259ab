"""Form 8949: a year's sales as the form has them, a row a line and to the cent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from engine.accounting.tax_years import spread
from engine.model.money import UNITS_PER_CENT, Money
from engine.model.shares import written
from engine.model.tax import Disposition, Term
from stonks_tui.reports.export import Table

BOXES = {"reported": ("A", "D"), "not-reported": ("B", "E"), "none": ("C", "F")}
"""What a Form 1099-B says of the basis, and which box that is in Part I and in Part II."""

_KINDS = {
    "Part": "text",
    "Box": "text",
    "(a) Description of property": "text",
    "(b) Date acquired": "text",
    "(c) Date sold or disposed of": "text",
    "(d) Proceeds": "usd",
    "(e) Cost or other basis": "usd",
    "(f) Code(s)": "text",
    "(g) Amount of adjustment": "usd",
    "(h) Gain or (loss)": "usd",
    "Held since": "text",
    "Disallowed because of": "text",
    "Pending": "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A disposition with its amounts in cents; `gain` is proceeds - basis + adjustment."""

    disposition: Disposition
    is_long: bool
    proceeds: Money
    basis: Money
    adjustment: Money

    @property
    def gain(self) -> Money:
        """Column (h)."""
        return self.proceeds - self.basis + self.adjustment


def lines(dispositions: Iterable[Disposition]) -> list[Line]:
    """Return the lines by part, date sold and ticker. In each part every column adds up to its exact sum, rounded."""
    parts: tuple[list[Disposition], list[Disposition]] = ([], [])
    for d in sorted(dispositions, key=lambda d: (d.sold_on, d.ticker)):
        parts[d.term is Term.LONG].append(d)
    return [line for is_long, part in enumerate(parts) for line in _part(part, is_long=bool(is_long))]


def table(dispositions: Iterable[Disposition], form_1099b: str) -> Table:
    """Return the form's lines under its headings, with three columns of ours after them.

    `form_1099b` is one of `BOXES`. Codes and adjustments stand only where there is one.
    """
    boxes = BOXES[form_1099b]
    return Table(kinds=_KINDS, rows=[_row(line, boxes) for line in lines(dispositions)])


def _part(dispositions: Sequence[Disposition], *, is_long: bool) -> Iterator[Line]:
    columns = zip(
        dispositions,
        spread(d.proceeds for d in dispositions),
        spread(d.basis for d in dispositions),
        spread(d.disallowed for d in dispositions),
        strict=True,
    )
    for d, proceeds, basis, adjustment in columns:
        yield Line(disposition=d, is_long=is_long, proceeds=proceeds, basis=basis, adjustment=adjustment)


def _row(line: Line, boxes: tuple[str, str]) -> tuple[object, ...]:
    d = line.disposition
    return (
        "II" if line.is_long else "I",
        boxes[line.is_long],
        f"{written(d.quantity)} sh. {d.ticker}",
        _day(d.acquired_on),
        _day(d.sold_on),
        _cents(line.proceeds),
        _cents(line.basis),
        "W" if d.replacements else "",
        _cents(line.adjustment) if d.replacements else None,
        _cents(line.gain),
        "" if d.held_since == d.acquired_on else _day(d.held_since),
        "; ".join([f"{r.purchase_id} ({_day(r.on)})" for r in d.replacements]),
        f"{written(d.pending)} sh. until {_day(d.window_ends_on)}" if d.pending else "",
    )


@cache
def _day(on: date) -> str:
    return f"{on:%m/%d/%Y}"


def _cents(amount: Money) -> Decimal:
    return Decimal(amount // UNITS_PER_CENT).scaleb(-2)
