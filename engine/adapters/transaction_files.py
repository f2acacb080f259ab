"""Transaction files: what was bought, sold and split, to the last digit?

A list for tax with a row missing gives wrong tax. So a file is taken whole or not at all: every row that cannot be
used is named, and so is a sale of more than was held. Two rows that are alike are two trades.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import ge, le
from pathlib import Path

from engine.adapters import column_names, text_tables
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import open_file
from engine.adapters.input_options import InputOptions
from engine.adapters.previews import Preview
from engine.adapters.transaction_rows import RowReader, TransactionRow
from engine.errors import BadInput
from engine.model.market import Split
from engine.model.orders import OrderSide
from engine.model.shares import written
from engine.model.tax import Shares, TaxEvent, TaxTrade

_NEEDED = ("date", "ticker", "side", "quantity", "amount")
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRead:
    """The events of a file in the order in which they happened, and what was understood of it."""

    events: tuple[TaxEvent, ...]
    preview: Preview


def read_transactions(path: Path, options: InputOptions, *, latest: date) -> TransactionRead:
    """Return what `path` (CSV or Parquet) says was bought, sold and split, by date; of one day in the file's order.

    A file that begins with its newest day is read from its end. A split goes before the trades of its day. `trade_id`
    is the row's own id, or "row N". Raises BadInput when the file cannot be understood, when any row cannot be used or
    is later than `latest`, and when more is sold than is held.
    """
    file = open_file(path)
    table = text_tables.read(file)
    found = column_names.assign(table.names, column_names.TRANSACTIONS, chosen=options.columns, where=file.name)
    column_names.require(found, _NEEDED, table.names, where=file.name)
    if not table.lines and not table.malformed:
        raise BadInput(f"{path} holds no transactions", hint="it has a heading and nothing below it")
    reader = RowReader(table, found, options, latest)
    rows = reader.rows()
    if reader.refused:
        raise _refusal(path, reader.refused)
    rows, order = _in_order(rows)
    if oversold := list(_oversold(path, rows)):
        raise _refusal(path, oversold, oversold=True)
    preview = Preview(
        kind="transactions",
        path=str(path),
        digest=file.digest,
        format=file.described,
        rows=len(rows),
        columns={ours: table.names[i] for ours, i in found.items()},
        tickers=len({row.event.ticker for row in rows}),
        first=rows[0].event.on,
        last=rows[-1].event.on,
        notes=tuple([note for note in (reader.how, order, *reader.notes()) if note]),
    )
    return TransactionRead(events=tuple([row.event for row in rows]), preview=preview)


def _in_order(rows: list[TransactionRow]) -> tuple[list[TransactionRow], str]:
    """Return `rows` in the order in which they happened, and what had to be decided."""
    days = [row.event.on for row in rows]
    is_timed = any(row.at for row in rows)
    newest_first = days[0] > days[-1] and all(map(ge, days, days[1:]))
    if newest_first:
        rows = rows[::-1]
    ordered = sorted(rows, key=lambda row: (row.event.on, isinstance(row.event, TaxTrade), row.at))
    if is_timed:
        return ordered, "of one day, in the order of their time"
    if newest_first and len(set(days)) < len(days):
        return ordered, "the newest day comes first, so rows of one day are taken from the last to the first"
    if not newest_first and not all(map(le, days, days[1:])):
        return ordered, "sorted by date; rows of one day in the order of the file"
    return ordered, ""


def _oversold(path: Path, rows: Sequence[TransactionRow]) -> Iterator[RefusedRow]:
    """Yield the first sale of each ticker of more than is held then."""
    held: dict[str, Shares] = {}
    wrong: set[str] = set()
    for event, line, _ in rows:
        before = held.get(event.ticker, 0)
        if isinstance(event, Split):
            held[event.ticker] = before * event.ratio
        elif event.side is OrderSide.BUY:
            held[event.ticker] = before + event.quantity
        elif event.quantity <= before:
            held[event.ticker] = before - event.quantity
        elif event.ticker not in wrong:
            wrong.add(event.ticker)
            sold, have = written(event.quantity), written(before)
            reason = f"{sold} {event.ticker} are sold on {event.on}, but {have} are held then"
            yield RefusedRow(path=str(path), row_number=line, reason=reason)


def _refusal(path: Path, refused: Sequence[RefusedRow], *, oversold: bool = False) -> BadInput:
    """Return the error that names the first of the `refused` rows."""
    ranked = sorted(refused, key=lambda r: r.row_number)
    said = "".join(f"\n  row {r.row_number}: {r.reason}" for r in ranked[1:_SHOWN])
    if len(ranked) > _SHOWN:
        said += f"\n  … and {len(ranked) - _SHOWN:,} more"
    if oversold:
        hint = "the list must begin with the first purchase, in the order of the trades; short sales are not covered"
    else:
        hint = (
            f"{len(ranked):,} row{'s' if len(ranked) > 1 else ''} cannot be used, so nothing was computed; correct the "
            "file, and take out rows that are no trades (dividends, interest, transfers)"
        )
    return BadInput(f"{path}, row {ranked[0].row_number}: {ranked[0].reason}{said}", hint=hint)
