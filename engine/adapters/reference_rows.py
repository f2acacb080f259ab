"""Reference rows: what do files of facts about tickers and markets have in common? A row becomes a value or is refused.

These files are short: a row at a time is fast enough.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from engine.adapters import column_names, date_columns
from engine.adapters.bar_rows import EPOCH
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawFile, RawTable, names_of, opened, read_table
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import DateAlone, instants
from engine.adapters.previews import Preview
from engine.adapters.suggestion_rows import NO_ZONE, NUL, visible

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceRead(Generic[T]):
    """What reading reference files came to: the values, a preview a file, and the rows that were refused."""

    rows: tuple[T, ...]
    previews: tuple[Preview, ...]
    refused: tuple[RefusedRow, ...]


Row = Mapping[str, Any]
"""One row under our names: texts trimmed, `date` as a date, moments as such; None where there is nothing."""


_NAIVE = "(no time zone)"


def read(
    paths: Sequence[Path | RawFile],
    options: InputOptions,
    kind: str,
    aliases: column_names.Aliases,
    needed: tuple[str, ...],
    make: Callable[[Row], T],
    key: Callable[[T], object],
    moments: Mapping[str, DateAlone] = MappingProxyType({}),
) -> ReferenceRead[T]:
    """Return what `make` makes of each row; a ValueError of it refuses the row.

    A value whose `key` is there already must be equal to it. `moments` are the columns with a time of day, and what a
    date alone means in them. Raises BadInput when a file cannot be understood at all, or lacks one of `needed`.
    """
    kept: dict[object, T] = {}
    previews: list[Preview] = []
    refused: list[RefusedRow] = []
    for path in paths:
        table, found, rows, how = _rows(path, options, aliases, needed, moments)
        fresh: list[str] = []
        for i, row in enumerate(rows):
            try:
                if any("\0" in cell for cell in row.values() if isinstance(cell, str)):
                    raise ValueError(NUL)
                value = make(row)
                if kept.setdefault(key(value), value) != value:
                    raise ValueError("it contradicts a row before it")
                fresh.append(str(row.get("ticker") or ""))
            except ValueError as error:
                reason = f"{error} ({', '.join(f'{k} {v}' for k, v in row.items())})"
                refused.append(RefusedRow(path=table.file.name, row_number=table.row_number(i), reason=visible(reason)))
        refused += [
            RefusedRow(path=table.file.name, row_number=n, reason=f"the line {why}") for n, why in table.malformed
        ]
        previews.append(_preview(kind, table, found, rows, len(set(fresh) - {""}), how))
    return ReferenceRead(rows=tuple(kept.values()), previews=tuple(previews), refused=tuple(refused))


def _rows(
    path: Path | RawFile,
    options: InputOptions,
    aliases: column_names.Aliases,
    needed: tuple[str, ...],
    moments: Mapping[str, DateAlone],
) -> tuple[RawTable, dict[str, int], list[Row], str]:
    file = opened(path)
    names = names_of(file)
    found = column_names.assign(names, aliases, chosen=options.columns, where=file.name)
    column_names.require(found, needed, names, where=file.name)
    timed = {"date", *moments}
    table = read_table(file, texts=frozenset(names[i] for ours, i in found.items() if ours not in timed))
    columns = {ours: _texts(table.columns[i]) for ours, i in found.items() if ours not in timed}
    how: list[str] = []
    if "date" in found:
        columns["date"], said = _dates(table.columns[found["date"]], options)
        how.append(said)
    for ours, alone in moments.items():
        if ours in found:
            columns[ours], said = _moments(table.columns[found[ours]], options, ours, file.name, alone)
            how.append(said)
    rows: list[Row] = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return table, found, rows, "; ".join(how)


def _dates(column: Any, options: InputOptions) -> tuple[list[Any], str]:
    when = date_columns.moments(column, date_format=options.date_format)
    days, mapped = date_columns.session_days(when)
    absent = when.empty | when.bad
    dates = [
        None if gone else date.fromordinal(day + EPOCH)
        for day, gone in zip(days.tolist(), absent.tolist(), strict=True)
    ]
    return dates, ", ".join(note for note in (when.how, mapped) if note)


def _moments(column: Any, options: InputOptions, what: str, where: str, alone: DateAlone) -> tuple[list[Any], str]:
    found = instants(column, options, what=what, where=where, alone=alone)
    return [_NAIVE if naive else at for at, naive in zip(found.values(), found.naive.tolist(), strict=True)], found.how


def _texts(column: Any) -> list[Any]:
    return [None if cell is None or str(cell).strip() == "" else str(cell).strip() for cell in column.to_pylist()]


def _preview(
    kind: str, table: RawTable, found: Mapping[str, int], rows: Sequence[Row], tickers: int, how: str
) -> Preview:
    dates = [on for row in rows if (on := _on(row))]
    return Preview(
        kind=kind,
        path=str(table.file.path),
        digest=table.file.digest,
        format=table.file.described,
        rows=table.rows + len(table.malformed),
        columns={ours: table.names[i] for ours, i in found.items()},
        tickers=tickers,
        first=min(dates, default=None),
        last=max(dates, default=None),
        notes=(how,) if how else (),
    )


def _on(row: Row) -> date | None:
    at = row.get("date") or row.get("at")
    return at.date() if isinstance(at, datetime) else at if isinstance(at, date) else None


def ticker_of(row: Row) -> str:
    """Return the row's ticker. Raises ValueError when it is empty."""
    if not row["ticker"]:
        raise ValueError("the ticker is empty")
    return str(row["ticker"]).upper()


def day_of(row: Row) -> date:
    """Return the row's date. Raises ValueError when there is none."""
    if row["date"] is None:
        raise ValueError("the date is missing or cannot be read")
    found: date = row["date"]
    return found


def moment_of(row: Row, what: str) -> datetime:
    """Return the row's moment `what`. Raises ValueError when there is none, or its time zone is not known."""
    at = row[what]
    if at == _NAIVE:
        raise ValueError(f"{what} {NO_ZONE}")
    if not isinstance(at, datetime):
        raise ValueError(f"{what} is missing or cannot be read")
    return at
