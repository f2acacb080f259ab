"""Tax report: what was gained and lost for tax, which losses are put off and why, and what is still held?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from engine.accounting.tax_years import (
    Sums,
    TaxYear,
    by_year,
    disallowed_by,
    in_cents,
    pending_by_sale,
    per_share,
)
from engine.model.shares import written
from engine.model.tax import Disposition, FineMoney, OpenLoss, OpenLot, Replacement, TaxBooks, long_from
from stonks_tui.reports.numbers import fitting, money, wrapped

T = TypeVar("T")
Row = tuple[str, ...]

_WIDEST_SENTENCE = 100
_SHOWN = 20
"""Rows of a table; more than that nobody reads on a screen."""

ASSUMED = (
    "Assumed: shares are sold first in, first out; days are trade dates; there is one account; the same ticker is "
    "substantially identical, another one is not. This is arithmetic, not tax advice."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxStatement:
    """What is reported: `books` as of the end of `as_of`, from `source`; of one `year`, or of all when it is None.

    `notes` say how the source was read.
    """

    source: str
    as_of: date
    books: TaxBooks
    year: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def dispositions(self) -> tuple[Disposition, ...]:
        """What was sold in the year."""
        return tuple([d for d in self.books.dispositions if self.year in (None, d.sold_on.year)])

    @property
    def open_losses(self) -> tuple[OpenLoss, ...]:
        """Losses of the year that might still be put off."""
        return tuple([loss for loss in self.books.open_losses if self.year in (None, loss.sold_on.year)])

    @property
    def years_with_sales(self) -> list[int]:
        """All years in which something was sold."""
        return sorted({d.sold_on.year for d in self.books.dispositions})


def lines(statement: TaxStatement, *, width: int = 80) -> Iterator[str]:
    """Yield the report, line by line; tables at most `width` wide where their columns allow it."""
    room = min(width, _WIDEST_SENTENCE)
    yield from wrapped(f"Tax as of {statement.as_of}, from {statement.source}", room)
    for note in statement.notes:
        yield from wrapped(note, room)
    yield from wrapped(ASSUMED, room)
    dispositions = statement.dispositions
    if not dispositions:
        yield ""
        yield from wrapped(nothing_sold(statement), room)
    for year in by_year(dispositions):
        yield ""
        yield from _year(year, width)
        of = disallowed_by([d for d in dispositions if d.replacements and d.sold_on.year == year.year])
        yield from _disallowed(of, year.year, width)
    yield from _pending(pending_by_sale(statement.open_losses), width)
    yield from _open_lots(statement.books.open_lots, statement.as_of, width)


def nothing_sold(statement: TaxStatement) -> str:
    """Return the sentence for a year, or a history, without sales."""
    when = f" in {statement.year}" if statement.year else ""
    others = ", ".join(map(str, statement.years_with_sales))
    return f"Nothing was sold{when}" + (f"; there are sales in {others}." if others else ".")


def _year(year: TaxYear, width: int) -> Iterator[str]:
    rounded = year.in_cents
    heading = (str(year.year), "sales", "proceeds", "basis", "gain/loss", "disallowed", "recognised")
    rows = [heading, *[_sums(*part) for part in (("short-term", rounded.short), ("long-term", rounded.long))]]
    rows.append(_sums("total", rounded.total))
    yield from fitting(rows, width=width, droppable=(1, 2, 3), right=frozenset(range(1, 7)), indent="")


def _sums(label: str, sums: Sums) -> Row:
    return (
        f"  {label}",
        f"{sums.sales:,}",
        money(sums.proceeds),
        money(sums.basis),
        money(sums.gain, signed=True),
        money(sums.disallowed),
        money(sums.recognised, signed=True),
    )


def _disallowed(losses: Sequence[tuple[Disposition, Replacement]], year: int, width: int) -> Iterator[str]:
    if not losses:
        return
    yield ""
    yield f"Losses disallowed in {year}, and the purchases that replaced the shares"
    heading: Row = ("sold", "ticker", "shares", "disallowed", "sale", "replaced", "by purchase")
    rows = _shown(losses, _cause)
    yield from fitting([heading, *rows], width=width, droppable=(4,), right=frozenset({2, 3}))
    yield from _more(losses, f"--year {year} --export FILE.csv writes all")


def _cause(loss: tuple[Disposition, Replacement]) -> Row:
    sale, by = loss
    sold, bought = _day(sale.sold_on), _day(by.on)
    return (sold, sale.ticker, written(by.shares), _usd(by.loss), sale.sale_id, bought, by.purchase_id)


def _pending(losses: Sequence[OpenLoss], width: int) -> Iterator[str]:
    if not losses:
        return
    yield ""
    yield "Pending: losses that a purchase of the same ticker would still put off"
    heading: Row = ("sold", "ticker", "shares", "loss", "sale", "until the end of")
    rows = _shown(
        losses, lambda o: (_day(o.sold_on), o.ticker, written(o.shares), _usd(o.loss), o.sale_id, _day(o.until))
    )
    yield from fitting([heading, *rows], width=width, droppable=(4,), right=frozenset({2, 3}))
    yield from _more(losses, "--json has all")


def _open_lots(lots: Sequence[OpenLot], as_of: date, width: int) -> Iterator[str]:
    yield ""
    if not lots:
        yield f"Nothing is held at the end of {as_of}."
        return
    yield f"Held at the end of {as_of}"
    lots = sorted(lots, key=lambda lot: (lot.ticker, lot.acquired_on, lot.held_since))
    heading: Row = (
        "ticker", "acquired", "held since", "shares", "cost", "carried loss", "tax basis", "a share", "long-term from",
        "purchase",
    )  # fmt: skip
    rows = _shown(lots, lambda lot: _lot(lot, as_of))
    cost, carried = (sum(lot.cost for lot in lots), sum(lot.carried for lot in lots))
    if len(lots) > 1:
        rows.append(("total", "", "", "", _usd(cost), _usd(carried), _usd(cost + carried), "", "", ""))
    unneeded = [column for column, is_needed in ((5, bool(carried)), (2, any(r[2] for r in rows))) if not is_needed]
    kept = [i for i in range(len(heading)) if i not in unneeded]
    table = [tuple([row[i] for i in kept]) for row in (heading, *rows)]
    names = [heading[i] for i in kept]
    right = frozenset(names.index(name) for name in heading[3:8] if name in names)
    droppable = [name for name in ("purchase", "a share", "cost", "carried loss", "held since") if name in names]
    yield from fitting(table, width=width, droppable=[names.index(name) for name in droppable], right=right)
    yield from _more(lots, "--json has all")


def _lot(lot: OpenLot, as_of: date) -> Row:
    return (
        lot.ticker,
        _day(lot.acquired_on),
        "" if lot.held_since == lot.acquired_on else _day(lot.held_since),
        written(lot.quantity),
        _usd(lot.cost),
        _usd(lot.carried) if lot.carried else "",
        _usd(lot.basis),
        money(per_share(lot.basis, lot.quantity)),
        "is long-term" if lot.is_long_on(as_of) else _day(long_from(lot.held_since)),
        lot.purchase_id,
    )


def _shown(values: Sequence[T], row: Callable[[T], Row]) -> list[Row]:
    return [row(value) for value in values[:_SHOWN]]


def _more(values: Sequence[T], where: str) -> Iterator[str]:
    if len(values) > _SHOWN:
        yield f"  … and {len(values) - _SHOWN:,} more ({where})"


def _usd(amount: FineMoney) -> str:
    return money(in_cents(amount))


def _day(on: date) -> str:
    return on.isoformat()
