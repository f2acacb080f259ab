"""Price rows: which bars does one file hold, and which of its rows cannot be used, whatever the bars' length?"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.adapters import bar_lengths, date_columns
from engine.adapters.bar_lengths import BarLength
from engine.adapters.bar_rows import EPOCH, BarRows
from engine.adapters.faults import RefusedRow
from engine.adapters.input_options import InputOptions
from engine.adapters.instants import resolved
from engine.adapters.long_prices import LongPrices
from engine.adapters.number_columns import to_money
from engine.adapters.previews import Preview
from engine.adapters.price_layouts import read_prices
from engine.errors import BadInput

MOST_DOLLARS = 10_000_000.0  # the dearest share ever traded cost less than a tenth of this
_PRICES = ("open", "high", "low", "close")
Values = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricePart:
    """One file's bars. `rows.micros` is in UTC except for the `naive` rows, whose time zone nobody told."""

    rows: BarRows
    preview: Preview
    refused: tuple[RefusedRow, ...]
    length: BarLength
    naive: int


def read_part(path: Path, options: InputOptions, *, kind: str = "bars") -> PricePart:
    """Return the bars of one file. Raises BadInput when it cannot be understood."""
    long = read_prices(path, options)
    days, how = date_columns.session_days(long.when)
    values, adjustment = _adjusted(long, options)
    reasons = _reasons(long, values)
    at = resolved(long.when, options, what="bars")
    good = reasons == 0
    rows = _rows(long, values, days, at.micros).take(good)
    length = bar_lengths.of(rows)
    timing = how if length is not BarLength.MINUTES else _zone_read(at.how)
    notes = [note for note in (*long.notes, long.when.how, timing, adjustment, _volume_note(long)) if note]
    return PricePart(
        rows=rows,
        preview=_preview(kind, long, rows, tuple(notes)),
        refused=tuple(_refused(long, reasons)),
        length=length,
        naive=int((at.naive & good).sum()),
    )


def _zone_read(how: str) -> str:
    return next((part for part in how.split(", ") if part.startswith("read as")), "")


def _preview(kind: str, long: LongPrices, rows: BarRows, notes: tuple[str, ...]) -> Preview:
    return Preview(
        kind=kind,
        path=long.table.file.name,
        digest=long.table.file.digest,
        format=long.table.file.described,
        rows=long.table.rows + len(long.table.malformed),
        layout=long.layout,
        columns=long.columns,
        tickers=int(np.count_nonzero(np.bincount(rows.ticker))),
        first=day_of(int(rows.on.min())) if len(rows) else None,
        last=day_of(int(rows.on.max())) if len(rows) else None,
        notes=notes,
    )


def _adjusted(long: LongPrices, options: InputOptions) -> tuple[Values, str]:
    """Return the prices to take, and in words which they are where a file offers two kinds."""
    values = dict(long.values)
    if "adj_close" not in values:
        if options.adjusted:
            raise BadInput(f"{long.table.file.name}: --adjusted needs an Adj Close column, and there is none")
        return values, ""
    if not options.adjusted:
        return values, "prices as traded; the adjusted closes beside them are not used (--adjusted takes them)"
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = values["adj_close"] / values["close"]
    return values | {f: values[f] * factor for f in _PRICES}, "prices scaled by Adj Close / Close (--adjusted)"


_REASONS = (
    "",
    "the date is missing",
    "the date cannot be read",
    "the ticker is missing",
    "a price or the volume is not a number",
    "a price is not above zero",
    "a price is beyond ten million dollars",
    "the high is below the low",
    "the volume is negative",
)


def _reasons(long: LongPrices, values: Values) -> npt.NDArray[np.int8]:
    """Return for each row which of `_REASONS` refuses it; 0 for none. The first that holds is named."""
    prices = [values[f] for f in _PRICES if f in values]
    with np.errstate(invalid="ignore"):
        conditions = [
            long.when.empty,
            long.when.bad,
            long.ticker < 0,
            np.logical_or.reduce([*long.bad.values(), *(np.isinf(v) for v in values.values())]),
            np.logical_or.reduce([p < 0.00005 for p in prices]),  # below half of the smallest unit of money
            np.logical_or.reduce([p > MOST_DOLLARS for p in prices]),
            values["high"] < values["low"],
            values["volume"] < 0 if "volume" in values else np.zeros(len(long.ticker), np.bool_),
        ]
    return np.select(conditions, range(1, len(_REASONS)), 0).astype(np.int8)


def _refused(long: LongPrices, reasons: npt.NDArray[np.int8]) -> list[RefusedRow]:
    name, table = long.table.file.name, long.table
    bad = [
        RefusedRow(path=name, row_number=table.row_number(int(long.row[i])), reason=_reason(long, i, int(reasons[i])))
        for i in np.flatnonzero(reasons).tolist()
    ]
    malformed = [RefusedRow(path=name, row_number=line, reason=f"the line {why}") for line, why in table.malformed]
    return sorted(bad + malformed, key=lambda r: r.row_number)


def _reason(long: LongPrices, i: int, reason: int) -> str:
    """Return the reason with what the row says, so that nobody has to open the file to see it."""
    row = int(long.row[i])
    theirs = set(long.columns.values())
    cells = [
        f"{name} {column[row].as_py()!s:.20}"
        for name, column in zip(long.table.names, long.table.columns, strict=True)
        if name in theirs
    ]
    return f"{_REASONS[reason]} ({', '.join(cells[:8])})" if cells else _REASONS[reason]


def _rows(long: LongPrices, values: Values, days: npt.NDArray[np.int32], micros: npt.NDArray[np.int64]) -> BarRows:
    volume = values.get("volume")
    rounded = np.zeros(len(days)) if volume is None else np.where(np.isfinite(volume), np.rint(volume), -1)
    return BarRows(
        tickers=long.tickers,
        paths=(long.table.file.name,),
        ticker=long.ticker,
        on=days,
        micros=micros,
        open=to_money(_within(values["open"])),
        high=to_money(_within(values["high"])),
        low=to_money(_within(values["low"])),
        close=to_money(_within(values["close"])),
        volume=rounded.astype(np.int64),
        file=np.zeros(len(days), np.int32),
        row=_row_numbers(long),
    )


def _within(prices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return prices that fit into an int64; what is beyond is in a refused row."""
    return np.clip(prices, -1.0, MOST_DOLLARS)


def _row_numbers(long: LongPrices) -> npt.NDArray[np.int64]:
    if not long.table.malformed:
        return long.row + long.table.first_row
    return np.array([long.table.row_number(int(i)) for i in long.row], np.int64)


def _volume_note(long: LongPrices) -> str:
    return "" if "volume" in long.values else "there are no volumes"


def day_of(day: int) -> date:
    """Return the date that is `day` days after 1970 began."""
    return date.fromordinal(int(day) + EPOCH)
