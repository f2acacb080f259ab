"""PostgreSQL source bars: how do a quarter of a million daily bars become columns, when any cell of them may be wrong?

All of a column is converted at once; only when that fails is it looked at which rows are to blame, one by one.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.model.imports import BarColumns
from engine.model.incoming import Refusal
from storage.live_sources_rows import shown
from storage.moments import to_days
from storage.postgres_sources_layout import Layout
from storage.postgres_sources_moments import Keeping, day
from storage.postgres_sources_rows import MOST_DOLLARS, cells

_PRICES = ("open", "high", "low", "close")
_SLACK = 0.005
"""By so much an open or a close may lie outside of a bar's range, which is widened then: rounding, adjustments."""
_Mask = npt.NDArray[np.bool_]
_Read = tuple[BarColumns, Sequence[Refusal]]


def none() -> BarColumns:
    """Return the daily bars of whoever has none."""
    few, many = np.zeros(0, np.int32), np.zeros(0, np.int64)
    return BarColumns(tickers=(), ticker=few, on=few, open=many, high=many, low=many, close=many, volume=many)


def read(layout: Layout, data: bytes, first: date, last: date) -> _Read:
    """Return the bars from `first` to `last` that the CSV `data` says, columns as in `cells`, and what was refused.

    Of several bars of a ticker and day the first counts; one that says something else is refused. Blocks: call it in
    a thread.
    """
    if not data:
        return none(), ()
    columns = _columns(layout, data)
    tickers, codes = _coded(columns["ticker"])
    days, unread = _days(columns["start_at"], layout.keeps("start_at"))
    prices = {name: _numbers(columns[name]) for name in _PRICES}
    volume = _numbers(columns["volume"]) if "volume" in columns else np.zeros(len(codes))
    asked = unread | ((days >= to_days(first)) & (days <= to_days(last)))
    reasons = _reasons(codes, unread, prices)
    money = {name: _money(values) for name, values in prices.items()}
    money["high"], money["low"] = _widened(money)
    kept = {**money, "volume": _money(volume) // 10_000}
    order = np.lexsort((days, codes))
    good = order[(np.select(list(reasons.values()), list(range(1, len(reasons) + 1)), 0) == 0)[order] & asked[order]]
    again = _again(codes[good], days[good])
    differs = again & np.logical_or.reduce(
        [kept[name][good] != np.roll(kept[name][good], 1) for name in (*_PRICES, "volume")]
    )
    reasons["there is another bar of that day"] = _marked(len(codes), good[differs])
    return _bars(tickers, codes, days, kept, good[~again]), _refused(layout, columns, reasons, asked)


def _columns(layout: Layout, data: bytes) -> dict[str, Any]:
    import io

    import pyarrow as pa
    from pyarrow import csv

    names = list(cells(layout))
    table = csv.read_csv(
        io.BytesIO(data),
        read_options=csv.ReadOptions(column_names=names),
        parse_options=csv.ParseOptions(newlines_in_values=b'"' in data),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return {name: table.column(name).combine_chunks() for name in names}


def _coded(column: Any) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """Return the tickers in capitals, sorted, and each row's index into them, -1 where there is none."""
    from pyarrow import compute as pc

    coded = pc.dictionary_encode(column)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    written = [str(text).strip().upper() for text in coded.dictionary.to_pylist()]
    tickers = tuple(sorted({text for text in written if text}))
    index = {ticker: i for i, ticker in enumerate(tickers)}
    return tickers, np.array([index.get(text, -1) for text in written] + [-1], np.int32)[codes]


def _days(column: Any, kept: Keeping) -> tuple[npt.NDArray[np.int64], _Mask]:
    """Return days since 1970, and which could not be read."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if kept is not Keeping.NUMBER:
        try:
            # what a moment in UTC begins with is its day
            found = pc.cast(column if kept is Keeping.TEXT else pc.utf8_slice_codeunits(column, 0, 10), pa.date32())
            return found.cast(pa.int32()).fill_null(0).to_numpy().astype(np.int64), _nulls(column)
        except pa.ArrowInvalid:
            pass
    return _one_by_one(column, lambda text: to_days(day(text, kept)))


def _numbers(column: Any) -> npt.NDArray[np.float64]:
    """Return numbers, NaN where there is none."""
    import pyarrow as pa
    from pyarrow import compute as pc

    try:
        found: npt.NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        values, unread = _one_by_one(column, lambda text: float(text.removeprefix("$")), np.float64)
        found = np.where(unread, np.nan, values)
    return np.where(np.isnan(found), np.nan, found)


def _one_by_one(column: Any, read: Callable[[str], Any], kind: Any = np.int64) -> tuple[Any, _Mask]:
    values, unread = np.zeros(len(column), kind), np.zeros(len(column), np.bool_)
    for i, text in enumerate(column.to_pylist()):
        try:
            values[i] = read(text or "")
        except (ValueError, OverflowError):
            unread[i] = True
    return values, unread


def _nulls(column: Any) -> _Mask:
    from pyarrow import compute as pc

    found: _Mask = pc.is_null(column).to_numpy(zero_copy_only=False)
    return found


def _reasons(codes: npt.NDArray[np.int32], unread: _Mask, prices: dict[str, Any]) -> dict[str, _Mask]:
    opens, high, low, close = (prices[name] for name in _PRICES)
    above, below = np.fmax(opens, close), np.fmin(opens, close)
    with np.errstate(invalid="ignore"):
        return {
            "the ticker is empty": codes < 0,
            "start_at is missing or cannot be read": unread,
            "a price is missing or not a number": ~np.isfinite(opens + high + low + close),
            "a price is not above zero": np.fmin(np.fmin(opens, high), np.fmin(low, close)) < 0.00005,
            "a price is beyond ten million dollars": np.fmax(np.fmax(opens, high), np.fmax(low, close)) > MOST_DOLLARS,
            "open or close is far outside of low and high": (above > high * (1 + _SLACK))
            | (below < low * (1 - _SLACK)),
        }


def _money(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return ten-thousandths, rounded half-even; 0 of what is no number, or none that can be."""
    most = 2.0**62
    return np.rint(np.clip(np.nan_to_num(values * 10_000, nan=0.0, posinf=0, neginf=0), 0, most)).astype(np.int64)


def _widened(money: dict[str, npt.NDArray[np.int64]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    opens, high, low, close = (money[name] for name in _PRICES)
    return np.maximum.reduce([opens, high, low, close]), np.minimum.reduce([opens, high, low, close])


def _again(codes: npt.NDArray[np.int32], days: npt.NDArray[np.int64]) -> _Mask:
    again = np.zeros(len(codes), np.bool_)
    again[1:] = (codes[1:] == codes[:-1]) & (days[1:] == days[:-1])
    return again


def _marked(count: int, rows: npt.NDArray[np.intp]) -> _Mask:
    found = np.zeros(count, np.bool_)
    found[rows] = True
    return found


def _bars(
    tickers: tuple[str, ...],
    codes: npt.NDArray[np.int32],
    days: npt.NDArray[np.int64],
    kept: dict[str, npt.NDArray[np.int64]],
    rows: npt.NDArray[np.intp],
) -> BarColumns:
    used = np.unique(codes[rows])
    return BarColumns(
        tickers=tuple(tickers[i] for i in used.tolist()),
        ticker=np.searchsorted(used, codes[rows]).astype(np.int32),
        on=days[rows].astype(np.int32),
        **{name: values[rows] for name, values in kept.items()},
    )


def _refused(layout: Layout, columns: dict[str, Any], reasons: dict[str, _Mask], asked: _Mask) -> list[Refusal]:
    """Return the rows that cannot be used, each with the first of its reasons."""
    refused: list[Refusal] = []
    told = np.zeros(len(asked), np.bool_)
    for reason, rows in reasons.items():
        for i in np.flatnonzero(rows & asked & ~told).tolist():
            name = f"{columns['ticker'][i].as_py()} {columns['start_at'][i].as_py()}"
            refused.append(Refusal(where=layout.table.table, row=shown(name), reason=reason))
        told |= rows
    return refused
