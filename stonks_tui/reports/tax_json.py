"""Tax in JSON: everything a tax statement holds, exact.

Amounts are texts of dollars with as many decimals as they need, at most 10; shares are texts too, `1/3` where no
decimal is exact.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Any

from engine.accounting.tax_years import Sums, TaxYear, by_year
from engine.model.money import UNITS_PER_DOLLAR, divide_half_even
from engine.model.shares import exact
from engine.model.tax import FINENESS, Disposition, FineMoney, OpenLoss, OpenLot
from stonks_tui.reports.tax_report import ASSUMED, TaxStatement

_PLACES = 10
_FINER = FINENESS * UNITS_PER_DOLLAR // 10**_PLACES


def lines(statement: TaxStatement) -> Iterator[str]:
    """Yield the statement as one JSON value, of the long lists a line for each row."""
    head = {
        "source": statement.source,
        "as_of": statement.as_of.isoformat(),
        "year": statement.year,
        "assumed": ASSUMED,
        "notes": list(statement.notes),
        "years": [_year(year) for year in by_year(statement.dispositions)],
    }
    yield json.dumps(head, indent=1).removesuffix("\n}") + ","
    yield from _list("dispositions", [_disposition(d) for d in statement.dispositions], end=",")
    yield from _list("open_losses", [_open_loss(loss) for loss in statement.open_losses], end=",")
    yield from _list("open_lots", [_open_lot(lot) for lot in statement.books.open_lots])
    yield "}"


def usd(amount: FineMoney) -> str:
    """Return `amount` in dollars, with 2 to 10 decimals."""
    if not amount:
        return "0.00"
    rounded, rest = divmod(abs(amount), _FINER)
    if rest:
        rounded = divide_half_even(abs(amount), _FINER)
    digits = f"{rounded:011}"
    decimals = digits[-_PLACES:].rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 and rounded else ''}{digits[:-_PLACES]}.{decimals}"


@cache
def _day(on: date) -> str:
    return on.isoformat()


def _list(name: str, rows: Sequence[dict[str, Any]], *, end: str = "") -> Iterator[str]:
    begin = '{"ticker": '  # of a row, and of nothing else: within a text the quotation marks would be escaped
    yield f' "{name}": ' + json.dumps(rows).replace(begin, f"\n  {begin}") + end


def _year(year: TaxYear) -> dict[str, Any]:
    return {
        "year": year.year,
        "short_term": _sums(year.short),
        "long_term": _sums(year.long),
        "total": _sums(year.total),
    }


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "sales": sums.sales,
        "proceeds": usd(sums.proceeds),
        "basis": usd(sums.basis),
        "gain": usd(sums.gain),
        "disallowed": usd(sums.disallowed),
        "recognised": usd(sums.recognised),
    }


def _disposition(d: Disposition) -> dict[str, Any]:
    return {
        "ticker": d.ticker,
        "quantity": exact(d.quantity),
        "purchase_id": d.purchase_id,
        "sale_id": d.sale_id,
        "acquired_on": _day(d.acquired_on),
        "held_since": _day(d.held_since),
        "sold_on": _day(d.sold_on),
        "term": d.term.value,
        "proceeds": usd(d.proceeds),
        "basis": usd(d.basis),
        "gain": usd(gain := d.gain),
        "disallowed": usd(disallowed := d.disallowed),
        "recognised": usd(gain + disallowed),
        "replaced_by": [
            {"purchase_id": r.purchase_id, "on": _day(r.on), "shares": exact(r.shares), "loss": usd(r.loss)}
            for r in d.replacements
        ],
        "pending": exact(d.pending),
        "pending_until": _day(d.window_ends_on) if d.pending else None,
    }


def _open_loss(loss: OpenLoss) -> dict[str, Any]:
    return {
        "ticker": loss.ticker,
        "sale_id": loss.sale_id,
        "sold_on": _day(loss.sold_on),
        "until": _day(loss.until),
        "shares": exact(loss.shares),
        "loss": usd(loss.loss),
    }


def _open_lot(lot: OpenLot) -> dict[str, Any]:
    return {
        "ticker": lot.ticker,
        "purchase_id": lot.purchase_id,
        "quantity": exact(lot.quantity),
        "acquired_on": _day(lot.acquired_on),
        "held_since": _day(lot.held_since),
        "cost": usd(lot.cost),
        "carried": usd(lot.carried),
        "basis": usd(lot.basis),
    }
