"""Price files: which daily bars do these files hold, what was understood, and what was wrong with them?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.adapters import calendar, date_columns
from engine.adapters.bar_rows import EPOCH, BarRows, joined
from engine.adapters.faults import Fault, RefusedRow, refuse_rows
from engine.adapters.input_options import InputOptions
from engine.adapters.long_prices import LongPrices
from engine.adapters.number_columns import to_money
from engine.adapters.previews import Preview
from engine.adapters.price_faults import treat
from engine.adapters.price_layouts import read_prices
from engine.errors import BadInput
from engine.model.imports import BarColumns
from engine.model.sessions import SessionTable

MOST_DOLLARS = 10_000_000.0  # the dearest share ever traded cost less than a tenth of this
_PRICES = ("open", "high", "low", "close")

Progress = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what comes now."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarRead:
    """What reading price files came to: the bars, a preview a file, and all that was wrong."""

    bars: BarColumns
    previews: tuple[Preview, ...]
    faults: tuple[Fault, ...]
    refused: tuple[RefusedRow, ...]
    sessions: SessionTable


def read_bars(
    paths: Sequence[Path],
    options: InputOptions,
    *,
    cache_dir: Path | None = None,
    progress: Progress | None = None,
) -> BarRead:
    """Return the daily bars of `paths`. `cache_dir` keeps the exchange calendar for the next time.

    Raises BadInput when a file cannot be understood, when rows are refused and `options.skip_bad` is not set, and for
    faults that are to be refused.
    """
    tell = progress or _silent
    parts: list[BarRows] = []
    previews: list[Preview] = []
    refused: list[RefusedRow] = []
    for n, path in enumerate(paths):
        tell(n, len(paths) + 1, path.name)
        rows, preview, bad = _read_one(path, options)
        parts.append(rows)
        previews.append(preview)
        refused += bad
    refuse_rows(refused, skip=options.skip_bad)
    rows = joined(parts)
    if not len(rows):
        raise BadInput(f"{', '.join(str(p) for p in paths[:3])}: there is not one bar in it")
    tell(len(paths), len(paths) + 1, "looking for faults")
    sessions = calendar.xnys(_date(int(rows.on.min())), _date(int(rows.on.max())), cache_dir=cache_dir)
    treated, faults = treat(rows, sessions, options)
    if not len(treated):
        raise BadInput(
            f"{', '.join(str(p) for p in paths[:3])}: no bar is left once its faults are dealt with",
            hint=f"the first: {faults[0].found} → {faults[0].done}" if faults else "",
        )
    tell(len(paths) + 1, len(paths) + 1, "")
    return BarRead(
        bars=treated.columns(), previews=tuple(previews), faults=faults, refused=tuple(refused), sessions=sessions
    )


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""


def _read_one(path: Path, options: InputOptions) -> tuple[BarRows, Preview, list[RefusedRow]]:
    long = read_prices(path, options)
    days, how = date_columns.session_days(long.when)
    values, adjustment = _adjusted(long, options)
    reasons = _reasons(long, values)
    refused = _refused(long, reasons)
    good = reasons == 0
    rows = _rows(long, values, days, good)
    notes = [note for note in (*long.notes, long.when.how, how, adjustment, _volume_note(long)) if note]
    return rows, _preview(path, long, rows, tuple(notes)), refused


def _preview(path: Path, long: LongPrices, rows: BarRows, notes: tuple[str, ...]) -> Preview:
    return Preview(
        kind="bars",
        path=str(path),
        digest=long.table.file.digest,
        format=long.table.file.described,
        rows=long.table.rows + len(long.table.malformed),
        layout=long.layout,
        columns=long.columns,
        tickers=len(np.unique(rows.ticker)),
        first=_date(int(rows.on.min())) if len(rows) else None,
        last=_date(int(rows.on.max())) if len(rows) else None,
        notes=notes,
    )


def _adjusted(long: LongPrices, options: InputOptions) -> tuple[dict[str, npt.NDArray[np.float64]], str]:
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


def _reasons(long: LongPrices, values: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.int8]:
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


def _rows(
    long: LongPrices,
    values: dict[str, npt.NDArray[np.float64]],
    days: npt.NDArray[np.int32],
    good: npt.NDArray[np.bool_],
) -> BarRows:
    volume = values.get("volume")
    rounded = np.zeros(len(days)) if volume is None else np.where(np.isfinite(volume), np.rint(volume), -1)
    everything = BarRows(
        tickers=long.tickers,
        paths=(long.table.file.name,),
        ticker=long.ticker,
        on=days,
        micros=long.when.micros,
        open=to_money(_within(values["open"])),
        high=to_money(_within(values["high"])),
        low=to_money(_within(values["low"])),
        close=to_money(_within(values["close"])),
        volume=rounded.astype(np.int64),
        file=np.zeros(len(days), np.int32),
        row=_row_numbers(long),
    )
    return everything.take(good)


def _within(prices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return prices that fit into an int64; what is beyond is in a refused row."""
    return np.clip(prices, -1.0, MOST_DOLLARS)


def _row_numbers(long: LongPrices) -> npt.NDArray[np.int64]:
    if not long.table.malformed:
        return long.row + long.table.first_row
    return np.array([long.table.row_number(int(i)) for i in long.row], np.int64)


def _volume_note(long: LongPrices) -> str:
    return "" if "volume" in long.values else "there are no volumes"


def _date(day: int) -> date:
    return date.fromordinal(int(day) + EPOCH)
