"""Price faults: which bars are wrong in themselves or among their neighbours, and what is done about them?

Each step takes the rows and answers with the rows that go on and the faults it found. Clean rows are only ever
touched as whole columns.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np

from engine.adapters.bar_rows import EPOCH, BarRows, Mask
from engine.adapters.faults import Fault, FaultKind, refuse_faults
from engine.adapters.input_options import InputOptions
from engine.adapters.price_suspicions import odd_bar_fault, odd_bars, suspected_splits
from engine.errors import BadInput
from engine.model.money import usd
from engine.model.sessions import SessionTable

Found = tuple[BarRows, list[Fault]]

SMALL_EXCESS = 0.005  # a close 0.5 % beyond the high is a rounding or an auction print; more is a wrong number


def treat(rows: BarRows, sessions: SessionTable, options: InputOptions) -> tuple[BarRows, tuple[Fault, ...]]:
    """Return the bars that may be traded on, and every fault that was found on the way to them.

    Raises BadInput for intraday bars, and for faults of a kind that is to be refused.
    """
    steps: tuple[Callable[[BarRows], Found], ...] = (
        lambda r: _not_a_session(r, sessions),
        lambda r: _duplicates(r, options),
        lambda r: (r, _missing_sessions(r, sessions)),  # before bars are dropped: those are named anyway
        lambda r: _zero_volume(r, options),
        lambda r: _missing_values(r, options),
        lambda r: _outside_range(r, options, FaultKind.OPEN_OUTSIDE_RANGE),
        lambda r: _outside_range(r, options, FaultKind.CLOSE_OUTSIDE_RANGE),
        lambda r: _odd_bars(r, options),
        lambda r: (r, suspected_splits(r)),
        lambda r: (r, _late_and_early(r)),
    )
    _refuse_intraday(rows)
    rows = rows.sorted()
    faults: list[Fault] = []
    for step in steps:
        rows, found = step(rows)
        faults += found
    refuse_faults(faults, [kind for kind in FaultKind if options.action(kind) == "refuse"])
    return rows, tuple(faults)


def _refuse_intraday(rows: BarRows) -> None:
    ordered = rows.take(np.lexsort((rows.micros, rows.key()))) if (np.diff(rows.key()) < 1).any() else rows
    key = ordered.key()
    several = (key[1:] == key[:-1]) & (ordered.micros[1:] != ordered.micros[:-1])
    if several.any():
        i = int(np.flatnonzero(several)[0])
        raise BadInput(
            f"{ordered.paths[ordered.file[i]]}: {ordered.tickers[ordered.ticker[i]]} has several bars on "
            f"{ordered.day(i)}: these are intraday bars, and only daily bars can be read so far",
            hint="make daily bars of them first: first open, highest high, lowest low, last close, sum of volume",
        )


def _split_off(
    rows: BarRows, hit: Mask, kind: FaultKind, found: Callable[[int], str], done: str, *, keep: bool
) -> Found:
    faults = [rows.fault(int(i), kind, found(int(i)), done) for i in np.flatnonzero(hit)]
    return (rows if keep else rows.take(~hit)), faults


def _not_a_session(rows: BarRows, sessions: SessionTable) -> Found:
    days = np.array([s.on.toordinal() - EPOCH for s in sessions.sessions], np.int32)
    hit = ~np.isin(rows.on, days)
    return _split_off(
        rows,
        hit,
        FaultKind.NOT_A_SESSION,
        lambda i: f"a bar on a {rows.day(i):%A} on which the exchange was shut",
        "dropped",
        keep=False,
    )


def _duplicates(rows: BarRows, options: InputOptions) -> Found:
    key = rows.key()
    if not (np.diff(key) == 0).any():
        return rows, []
    again = np.zeros(len(rows), np.bool_)
    again[1:] = key[1:] == key[:-1]
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))
    prices = (rows.open, rows.high, rows.low, rows.close, rows.volume)
    same = np.logical_and.reduce([column == column[first] for column in prices])
    rows_kept, faults = _split_off(
        rows, again & same, FaultKind.DUPLICATE, lambda i: f"the same as row {rows.row[first[i]]}", "dropped", keep=True
    )
    action = options.action(FaultKind.CONFLICTING_DUPLICATE)
    _, more = _split_off(
        rows,
        again & ~same,
        FaultKind.CONFLICTING_DUPLICATE,
        lambda i: f"{rows.shown(i)}, but row {rows.row[first[i]]} has {rows.shown(int(first[i]))}",
        f"the {action} one kept",
        keep=True,
    )
    last = np.ones(len(rows), np.bool_)
    last[:-1] = key[1:] != key[:-1]
    return rows_kept.take(last if action == "last" else ~again), faults + more


def _missing_values(rows: BarRows, options: InputOptions) -> Found:
    prices = (rows.open, rows.high, rows.low, rows.close)
    hit = np.logical_or.reduce([column == 0 for column in prices])
    if not hit.any():
        return rows, []
    fill = options.action(FaultKind.MISSING_VALUES) == "fill"
    fillable = hit & (rows.close > 0) if fill else np.zeros(len(rows), np.bool_)
    filled = _filled(rows) if fill else rows
    faults = [
        rows.fault(
            int(i),
            FaultKind.MISSING_VALUES,
            f"{rows.shown(int(i))}",
            "filled from the close" if fillable[i] else "bar dropped",
        )
        for i in np.flatnonzero(hit)
    ]
    return filled.take(~hit | fillable), faults


def _filled(rows: BarRows) -> BarRows:
    opened = np.where(rows.open == 0, rows.close, rows.open)
    top, bottom = np.maximum(opened, rows.close), np.minimum(opened, rows.close)
    return replace(
        rows,
        open=opened,
        high=np.where(rows.high == 0, top, rows.high),
        low=np.where(rows.low == 0, bottom, rows.low),
    )


def _outside_range(rows: BarRows, options: InputOptions, kind: FaultKind) -> Found:
    price = rows.open if kind is FaultKind.OPEN_OUTSIDE_RANGE else rows.close
    hit = (price > rows.high) | (price < rows.low)
    if not hit.any():
        return rows, []
    action = options.action(kind)
    excess = np.maximum(price / rows.high - 1, 1 - price / rows.low)
    widened = hit & ((action == "widen") | ((action == "repair") & (excess <= SMALL_EXCESS)))
    name = "open" if kind is FaultKind.OPEN_OUTSIDE_RANGE else "close"
    faults = [
        rows.fault(
            int(i),
            kind,
            f"{name} {usd(int(price[i]))} outside {usd(int(rows.low[i]))}..{usd(int(rows.high[i]))} by {excess[i]:.2%}",
            "range widened" if widened[i] else "bar dropped",
        )
        for i in np.flatnonzero(hit)
    ]
    high = np.where(widened, np.maximum(rows.high, price), rows.high)
    low = np.where(widened, np.minimum(rows.low, price), rows.low)
    return replace(rows, high=high, low=low).take(~hit | widened), faults


def _zero_volume(rows: BarRows, options: InputOptions) -> Found:
    hit = rows.volume <= 0
    if hit.all():  # a file without volumes says nothing about them
        return rows, []
    keep = options.action(FaultKind.ZERO_VOLUME) != "drop"
    return _split_off(
        rows,
        hit,
        FaultKind.ZERO_VOLUME,
        lambda i: "no volume is given" if rows.volume[i] < 0 else "nothing was traded",
        "kept" if keep else "bar dropped",
        keep=keep,
    )


def _odd_bars(rows: BarRows, options: InputOptions) -> Found:
    drop_bad = options.action(FaultKind.BAD_PRICE) == "drop"
    drop_odd = options.action(FaultKind.DISPLACED_BAR) == "drop"
    bad, odd = odd_bars(rows)
    words = {True: "bar dropped", False: "kept"}
    faults = [odd_bar_fault(rows, i, FaultKind.BAD_PRICE, words[drop_bad]) for i in bad.tolist()]
    faults += [odd_bar_fault(rows, i, FaultKind.DISPLACED_BAR, words[drop_odd]) for i in odd.tolist()]
    going = np.ones(len(rows), np.bool_)
    going[bad] = not drop_bad
    going[odd] = not drop_odd
    return rows.take(going), faults


def _missing_sessions(rows: BarRows, sessions: SessionTable) -> list[Fault]:
    """Name the sessions between a ticker's first and last bar that have none, neighbouring ones as one fault."""
    if not len(rows):
        return []
    days = np.array([s.on.toordinal() - EPOCH for s in sessions.sessions], np.int32)
    at = np.searchsorted(days, rows.on)
    gap = np.zeros(len(rows), np.int64)
    gap[1:] = at[1:] - at[:-1] - 1
    hit = rows.after_same_ticker() & (gap > 0)
    faults = []
    for i in np.flatnonzero(hit):
        first, last = _date(days[at[i - 1] + 1]), _date(days[at[i] - 1])
        count = int(gap[i])
        found = f"{count} sessions without a bar, {first} to {last}" if count > 1 else "no bar"
        fault = rows.fault(int(i), FaultKind.MISSING_SESSION, found, "stops act at the next open")
        faults.append(_absent(fault, first))
    return faults


def _late_and_early(rows: BarRows) -> list[Fault]:
    if not len(rows):
        return []
    start = np.flatnonzero(~rows.after_same_ticker())
    end = np.append(start[1:], len(rows)) - 1
    first, last = int(rows.on.min()), int(rows.on.max())
    late = [
        _absent(
            rows.fault(int(i), FaultKind.LATE_START, f"first bar; others begin on {_date(first)}", "noted"),
            rows.day(int(i)),
        )
        for i in start[rows.on[start] > first]
    ]
    early = [
        _absent(
            rows.fault(int(i), FaultKind.EARLY_END, f"last bar; others go on to {_date(last)}", "noted"),
            rows.day(int(i)),
        )
        for i in end[rows.on[end] < last]
    ]
    return late + early


def _absent(fault: Fault, on: date) -> Fault:
    return Fault(kind=fault.kind, ticker=fault.ticker, on=on, found=fault.found, done=fault.done, path=fault.path)


def _date(day: int) -> date:
    return date.fromordinal(int(day) + EPOCH)
