"""Wide prices: a row a day, a column for each ticker and field: which is which, and what does it look like as rows?"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters import column_names, date_columns
from engine.adapters.file_readers import RawFile, RawTable, head, sniff, split_line
from engine.adapters.input_options import InputOptions
from engine.adapters.long_prices import (
    FIELDS,
    NEEDED,
    TICKER,
    LongPrices,
    closes_as_bars,
    numbers_of,
    refuse_closes_only,
)
from engine.errors import BadInput

Cells = Mapping[str, Mapping[str, int]]
"""For each ticker, where its fields are among the columns."""


def two_header_rows(file: RawFile) -> tuple[list[str], int, str] | None:
    """Return names like `AAPL|Close`, how many lines they take and the date's name, for yfinance's kind of table."""
    lines = head(file, 4)
    if len(lines) < 2:
        return None
    dialect = sniff(lines)
    rows = [split_line(line, dialect) for line in lines]
    fields = [[column_names.field_of(c, column_names.PRICES) for c in row[1:]] for row in rows[:2]]
    whole = [bool(f) and all(name in FIELDS for name in f) for f in fields]
    tickers_too = [bool(row[1:]) and all(TICKER.match(cell.upper()) for cell in row[1:]) for row in rows[:2]]
    if not all(tickers_too[i] for i in (0, 1) if not whole[i]):
        return None  # the second line is data: one header row, one ticker
    if whole == [True, False]:
        pairs = zip(rows[1][1:], rows[0][1:], strict=False)
    elif whole == [False, True]:
        pairs = zip(rows[0][1:], rows[1][1:], strict=False)
    else:
        return None
    has_index_line = len(rows) > 2 and rows[2][0] != "" and not any(rows[2][1:])
    first = rows[2][0] if has_index_line else (rows[1][0] or rows[0][0] or "Date")
    return [first, *(f"{ticker}|{field}" for ticker, field in pairs)], 2 + has_index_line, first


def from_wide(table: RawTable, first: str, options: InputOptions, layout: str) -> LongPrices:
    """Return prices that have a column for each ticker and field, or for each ticker's closes."""
    where = table.file.name
    date_at = _date_position(table, first, options)
    cells = _cells(table.names, date_at)
    if not cells:
        cells = _close_matrix(table, date_at)
        layout = "wide, closes only"
    for fields in cells.values():
        positions = (
            fields if "close" in fields or "adj_close" not in fields else {**fields, "close": fields["adj_close"]}
        )
        refuse_closes_only(positions, table.names, options, where)
    when = date_columns.moments(table.columns[date_at], date_format=options.date_format)
    return _stacked(table, cells, when, options, f"{layout} ({len(cells)} tickers)", table.names[date_at])


def _date_position(table: RawTable, first: str, options: InputOptions) -> int:
    if first and "date" not in options.columns:
        return table.names.index(first)
    names = [name if name else "date" for name in table.names]
    found = column_names.assign(
        names, {"date": column_names.PRICES["date"]}, chosen=options.columns, where=table.file.name
    )
    column_names.require(found, ("date",), table.names, where=table.file.name)
    return found["date"]


def _cells(names: Sequence[str], date_at: int) -> dict[str, dict[str, int]]:
    """Return where each ticker's fields are, for headers such as `Close_AAPL`, `AAPL.Close`, `('Close', 'AAPL')`."""
    cells: dict[str, dict[str, int]] = {}
    for i, name in enumerate(names):
        if i == date_at or (pair := _pair(name)) is None:
            continue
        ticker, field = pair
        if field in cells.setdefault(ticker, {}):
            raise BadInput(f"the column {field} of {ticker} is there twice", hint="keep one of them")
        cells[ticker][field] = i
    return cells


def _pair(name: str) -> tuple[str, str] | None:
    bare = re.sub(r"['\"()]", "", name)
    for cut in (m.start() for m in re.finditer(r"[,|_.:/ \-]", bare)):
        left, right = bare[:cut].strip(), bare[cut + 1 :].strip()
        for field_text, ticker in ((left, right), (right, left)):
            field = column_names.field_of(field_text, column_names.PRICES)
            if (
                field in FIELDS
                and TICKER.match(ticker.upper())
                and column_names.plain(ticker) not in ("adj", "adjusted")
            ):
                return ticker.upper(), field
    return None


def _close_matrix(table: RawTable, date_at: int) -> dict[str, dict[str, int]]:
    others = [(i, name) for i, name in enumerate(table.names) if i != date_at]
    tickers = [(name.strip().upper(), i) for i, name in others if TICKER.match(name.strip().upper())]
    if not tickers or len(tickers) < len(others):
        column_names.require((), ("ticker", *NEEDED), table.names, where=table.file.name)
    return {ticker: {"close": i} for ticker, i in tickers}


def _stacked(
    table: RawTable, cells: Cells, when: date_columns.Moments, options: InputOptions, layout: str, date_name: str
) -> LongPrices:
    """Put the tickers' columns under each other; a row in which a ticker has nothing at all is no bar of it."""
    tickers = tuple(sorted(cells))
    fields = [f for f in FIELDS if any(f in c for c in cells.values())]
    parts: dict[str, list[npt.NDArray[Any]]] = {f: [] for f in (*fields, "code", "row", *(f"bad {f}" for f in fields))}
    for code, ticker in enumerate(tickers):
        values, bad = numbers_of(table, cells[ticker])
        there = ~np.logical_and.reduce([np.isnan(v) & ~bad[f] for f, v in values.items() if f != "volume"])
        rows = np.flatnonzero(there)
        for f in fields:
            parts[f].append(values[f][rows] if f in values else np.full(len(rows), np.nan))
            parts[f"bad {f}"].append(bad[f][rows] if f in bad else np.zeros(len(rows), np.bool_))
        parts["code"].append(np.full(len(rows), code, np.int32))
        parts["row"].append(rows)
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    values = {f: joined[f] for f in fields}
    values.setdefault("close", values.get("adj_close", np.zeros(0)))
    return LongPrices(
        table=table,
        layout=layout,
        columns={"date": date_name, **{f: f for f in fields}},
        tickers=tickers,
        ticker=joined["code"],
        when=_taken(when, joined["row"]),
        values=closes_as_bars(values, options),
        bad={f: joined[f"bad {f}"] for f in fields},
        row=joined["row"],
    )


def _taken(when: date_columns.Moments, rows: npt.NDArray[np.int64]) -> date_columns.Moments:
    return date_columns.Moments(
        micros=when.micros[rows],
        aware=when.aware[rows],
        date_only=when.date_only[rows],
        empty=when.empty[rows],
        bad=when.bad[rows],
        how=when.how,
    )
