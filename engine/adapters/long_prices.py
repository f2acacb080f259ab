"""Long prices: a row a bar, as one file of many tickers or one file a ticker; the shape that all layouts become."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters import column_names, date_columns, day_times, number_columns
from engine.adapters.arrow_arrays import values_of
from engine.adapters.file_readers import RawTable
from engine.adapters.input_options import InputOptions
from engine.errors import BadInput

FIELDS = ("open", "high", "low", "close", "adj_close", "volume")
NEEDED = ("open", "high", "low", "close")
TICKER = re.compile(r"^[A-Z^][A-Z0-9]{0,9}([.\-/=][A-Z0-9]{1,4})?$")
_NO_TICKERS = frozenset({"PRICES", "BARS", "DATA", "OHLC", "OHLCV", "DAILY", "STOCKS", "HISTORY", "QUOTES", "DOWNLOAD",
                         "MARKET", "TABLE", "EXPORT", "STDIN"})  # fmt: skip


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


def from_long(table: RawTable, found: Mapping[str, int], options: InputOptions) -> LongPrices:
    """Return prices that have a row for each bar: of many tickers, or of the one that the file is named after."""
    where = table.file.name
    mapping = {ours: table.names[i] for ours, i in found.items()}
    notes: list[str] = []
    positions = dict(found)
    if "close" not in positions and "adj_close" in positions:
        positions["close"] = positions["adj_close"]
        notes.append("there is only an adjusted close: it is taken as the close")
    refuse_closes_only(positions, table.names, options, where)
    column_names.require(positions, ("date", "close"), table.names, where=where)
    if "ticker" in positions:
        tickers, codes = tickers_of(table.columns[positions["ticker"]])
        layout = "long"
    else:
        tickers, codes = (_ticker_from_name(table.file.path),), np.zeros(table.rows, np.int32)
        layout = f"one file a ticker: {tickers[0]}, from the file's name"
    values, bad = numbers_of(table, {f: i for f, i in positions.items() if f in FIELDS})
    return LongPrices(
        table=table,
        layout=layout,
        columns=mapping,
        tickers=tickers,
        ticker=codes,
        when=_when(table, positions, options),
        values=closes_as_bars(values, options),
        bad=bad,
        row=np.arange(table.rows),
        notes=tuple(notes),
    )


def _when(table: RawTable, positions: Mapping[str, int], options: InputOptions) -> date_columns.Moments:
    when = date_columns.moments(table.columns[positions["date"]], date_format=options.date_format)
    return day_times.joined(when, table.columns[positions["time"]]) if "time" in positions else when


def numbers_of(
    table: RawTable, positions: Mapping[str, int]
) -> tuple[dict[str, number_columns.Floats], dict[str, number_columns.Mask]]:
    """Return the numbers of the columns at `positions` by field, and which cells could not be read."""
    values: dict[str, number_columns.Floats] = {}
    bad: dict[str, number_columns.Mask] = {}
    for field, i in positions.items():
        values[field], bad[field] = number_columns.numbers(table.columns[i], decimal_comma=table.decimal_comma)
    return values, bad


_KEYS = ("date", "ticker")


def refuse_closes_only(fields: Mapping[str, int], names: Sequence[str], options: InputOptions, where: str) -> None:
    """Raise BadInput when opens, highs or lows are not there and nobody asked for flat bars."""
    missing = [field for field in NEEDED if field not in fields]
    unnamed = (
        len(names) - len(fields) - sum(key not in fields for key in _KEYS)
    )  # three of them may be the opens, highs and lows by other names
    if missing == ["open", "high", "low"] and unnamed < len(missing) and not options.closes_only:
        raise BadInput(
            f"{where}: there are only closes; stops and fills need opens, highs and lows too",
            hint="--closes-only makes flat bars of them (open = high = low = close): levels are only met at closes",
        )
    if missing and not options.closes_only:
        column_names.require(fields, NEEDED, names, where=where)


def closes_as_bars(values: dict[str, number_columns.Floats], options: InputOptions) -> dict[str, number_columns.Floats]:
    """Return the values, with every price the close where flat bars were asked for."""
    if options.closes_only:
        return {**values, **dict.fromkeys(NEEDED, values["close"])}
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
    if not TICKER.match(ticker) or ticker in _NO_TICKERS:
        raise BadInput(
            f"{path}: there is no ticker column, and the file's name names no ticker either",
            hint="name the column like --column ticker=NAME-IN-FILE, or the file like AAPL.csv",
        )
    return ticker
