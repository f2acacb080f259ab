"""Price layouts: long, one file a ticker, or wide: which cell belongs to which ticker and field?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters import column_names, date_columns, number_columns
from engine.adapters.arrow_arrays import values_of
from engine.adapters.file_readers import RawFile, RawTable, head, names_of, open_file, read_table, sniff, split_line
from engine.adapters.input_options import InputOptions
from engine.errors import BadInput

FIELDS = ("open", "high", "low", "close", "adj_close", "volume")
_NEEDED = ("open", "high", "low", "close")
_TICKER = re.compile(r"^[A-Z^][A-Z0-9]{0,9}([.\-/=][A-Z0-9]{1,4})?$")
_NO_TICKERS = frozenset({"PRICES", "BARS", "DATA", "OHLC", "OHLCV", "DAILY", "STOCKS", "HISTORY", "QUOTES", "DOWNLOAD",
                         "MARKET", "TABLE", "EXPORT", "STDIN"})  # fmt: skip

Cells = Mapping[str, Mapping[str, int]]
"""For each ticker, where its fields are among the columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LongPrices:
    """A file's prices as columns of equal length, whatever its layout. `ticker` indexes `tickers`, -1: none written.

    `values` are dollars (volume: shares) by field, NaN where empty; `bad` marks cells that could not be read. `row` is
    the row of `table` that each entry came from.
    """

    table: RawTable
    layout: str
    columns: Mapping[str, str]
    tickers: tuple[str, ...]
    ticker: npt.NDArray[np.int32]
    when: date_columns.Moments
    values: Mapping[str, number_columns.Floats]
    bad: Mapping[str, number_columns.Mask]
    row: npt.NDArray[np.int64]
    notes: tuple[str, ...] = ()


def read_prices(path: Path, options: InputOptions) -> LongPrices:
    """Return the prices of one file. Raises BadInput when they cannot be understood."""
    file = open_file(path)
    if file.format == "csv" and (wide := _two_header_rows(file)) is not None:
        names, lines, first = wide
        return _from_wide(read_table(file, header=names, header_lines=lines), first, options, "wide, two header rows")
    names_in_file = names_of(file)
    found = column_names.assign(names_in_file, column_names.PRICES, chosen=options.columns, where=file.name)
    table = read_table(file, texts=frozenset({names_in_file[found["ticker"]]} if "ticker" in found else ()))
    if found.keys() & {"ticker", "open", "high", "low", "close", "adj_close"}:
        return _from_long(table, found, options)
    return _from_wide(table, "", options, "wide, a column for each ticker and field")


def _two_header_rows(file: RawFile) -> tuple[list[str], int, str] | None:
    """Return names like `AAPL|Close`, how many lines they take and the date's name, for yfinance's kind of table."""
    lines = head(file, 4)
    if len(lines) < 2:
        return None
    dialect = sniff(lines)
    rows = [split_line(line, dialect) for line in lines]
    fields = [[column_names.field_of(c, column_names.PRICES) for c in row[1:]] for row in rows[:2]]
    whole = [bool(f) and all(name in FIELDS for name in f) for f in fields]
    tickers_too = [bool(row[1:]) and all(_TICKER.match(cell.upper()) for cell in row[1:]) for row in rows[:2]]
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


def _from_long(table: RawTable, found: Mapping[str, int], options: InputOptions) -> LongPrices:
    where = table.file.name
    mapping = {ours: table.names[i] for ours, i in found.items()}
    notes: list[str] = []
    positions = dict(found)
    if "close" not in positions and "adj_close" in positions:
        positions["close"] = positions["adj_close"]
        notes.append("there is only an adjusted close: it is taken as the close")
    _refuse_closes_only(positions, table.names, options, where)
    column_names.require(positions, ("date", "close"), table.names, where=where)
    if "ticker" in positions:
        tickers, codes = tickers_of(table.columns[positions["ticker"]])
        layout = "long"
    else:
        tickers, codes = (_ticker_from_name(table.file.path),), np.zeros(table.rows, np.int32)
        layout = f"one file a ticker: {tickers[0]}, from the file's name"
    values, bad = _numbers(table, {f: i for f, i in positions.items() if f in FIELDS})
    return LongPrices(
        table=table,
        layout=layout,
        columns=mapping,
        tickers=tickers,
        ticker=codes,
        when=date_columns.moments(table.columns[positions["date"]], date_format=options.date_format),
        values=_closes_as_bars(values, options),
        bad=bad,
        row=np.arange(table.rows),
        notes=tuple(notes),
    )


def _numbers(
    table: RawTable, positions: Mapping[str, int]
) -> tuple[dict[str, number_columns.Floats], dict[str, number_columns.Mask]]:
    values: dict[str, number_columns.Floats] = {}
    bad: dict[str, number_columns.Mask] = {}
    for field, i in positions.items():
        values[field], bad[field] = number_columns.numbers(table.columns[i], decimal_comma=table.decimal_comma)
    return values, bad


def _refuse_closes_only(fields: Mapping[str, int], names: Sequence[str], options: InputOptions, where: str) -> None:
    missing = [field for field in _NEEDED if field not in fields]
    if missing == ["open", "high", "low"] and not options.closes_only:
        raise BadInput(
            f"{where}: there are only closes; stops and fills need opens, highs and lows too",
            hint="--closes-only makes flat bars of them (open = high = low = close): levels are only met at closes",
        )
    if missing and not options.closes_only:
        column_names.require(fields, _NEEDED, names, where=where)


def _closes_as_bars(
    values: dict[str, number_columns.Floats], options: InputOptions
) -> dict[str, number_columns.Floats]:
    if options.closes_only:
        return {**values, **dict.fromkeys(_NEEDED, values["close"])}
    return values


def tickers_of(column: Any) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Return the tickers of a column, trimmed and in capitals, and each row's index into them (-1: empty)."""
    import pyarrow as pa
    from pyarrow import compute as pc

    coded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    indices, nulls = values_of(coded.indices)
    codes = np.where(nulls, -1, indices).astype(np.int64)
    written = ["" if text is None else str(text).strip().upper() for text in coded.dictionary.to_pylist()]
    tickers = tuple(sorted({text for text in written if text}))
    index = {ticker: i for i, ticker in enumerate(tickers)}
    lookup = np.array([index.get(text, -1) for text in written] + [-1], np.int32)
    return tickers, lookup[codes]


def _ticker_from_name(path: Path) -> str:
    name = path.name.split(".csv")[0].split(".parquet")[0].split(".txt")[0]
    ticker = re.split(r"[_ ]", name)[0].upper()
    if not _TICKER.match(ticker) or ticker in _NO_TICKERS:
        raise BadInput(
            f"{path}: there is no ticker column, and the file's name names no ticker either",
            hint="name the column like --column ticker=NAME-IN-FILE, or the file like AAPL.csv",
        )
    return ticker


def _from_wide(table: RawTable, first: str, options: InputOptions, layout: str) -> LongPrices:
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
        _refuse_closes_only(positions, table.names, options, where)
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
                and _TICKER.match(ticker.upper())
                and column_names.plain(ticker) not in ("adj", "adjusted")
            ):
                return ticker.upper(), field
    return None


def _close_matrix(table: RawTable, date_at: int) -> dict[str, dict[str, int]]:
    others = [(i, name) for i, name in enumerate(table.names) if i != date_at]
    tickers = [(name.strip().upper(), i) for i, name in others if _TICKER.match(name.strip().upper())]
    if not tickers or len(tickers) < len(others):
        column_names.require((), ("ticker", *_NEEDED), table.names, where=table.file.name)
    return {ticker: {"close": i} for ticker, i in tickers}


def _stacked(
    table: RawTable, cells: Cells, when: date_columns.Moments, options: InputOptions, layout: str, date_name: str
) -> LongPrices:
    """Put the tickers' columns under each other; a row in which a ticker has nothing at all is no bar of it."""
    tickers = tuple(sorted(cells))
    fields = [f for f in FIELDS if any(f in c for c in cells.values())]
    parts: dict[str, list[npt.NDArray[Any]]] = {f: [] for f in (*fields, "code", "row", *(f"bad {f}" for f in fields))}
    for code, ticker in enumerate(tickers):
        values, bad = _numbers(table, cells[ticker])
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
        values=_closes_as_bars(values, options),
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
