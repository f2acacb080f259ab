"""Price faults: which daily bars are wrong in themselves or among their neighbours, and what is done about them?"""

from collections.abc import Callable
from datetime import date

import numpy as np

from engine.adapters.bar_faults import Found, duplicates, missing_values, outside_range, split_off
from engine.adapters.bar_rows import EPOCH, BarRows
from engine.adapters.faults import Fault, FaultKind, refuse_faults
from engine.adapters.input_options import InputOptions
from engine.adapters.price_suspicions import odd_bar_fault, odd_bars, suspected_splits
from engine.errors import BadInput
from engine.model.sessions import SessionTable


def treat(rows: BarRows, sessions: SessionTable, options: InputOptions) -> tuple[BarRows, tuple[Fault, ...]]:
    """Return the bars that may be traded on, and every fault that was found on the way to them.

    Raises BadInput for intraday bars, and for faults of a kind that is to be refused.
    """
    steps: tuple[Callable[[BarRows], Found], ...] = (
        lambda r: _not_a_session(r, sessions),
        lambda r: duplicates(r, options),
        lambda r: (r, missing_sessions(r, sessions)),  # before bars are dropped: those are named anyway
        lambda r: _zero_volume(r, options),
        lambda r: missing_values(r, options),
        lambda r: outside_range(r, options, FaultKind.OPEN_OUTSIDE_RANGE),
        lambda r: outside_range(r, options, FaultKind.CLOSE_OUTSIDE_RANGE),
        lambda r: _odd_bars(r, options),
        lambda r: (r, suspected_splits(r)),
        lambda r: (r, late_and_early(r)),
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
            f"{ordered.day(i)}: these are intraday bars, and daily bars are wanted here",
            hint="bars of minutes are given as --bars of a backtest, with daily bars as --history",
        )


def _not_a_session(rows: BarRows, sessions: SessionTable) -> Found:
    days = np.array([s.on.toordinal() - EPOCH for s in sessions.sessions], np.int32)
    hit = ~np.isin(rows.on, days)
    return split_off(
        rows,
        hit,
        FaultKind.NOT_A_SESSION,
        lambda i: f"a bar on a {rows.day(i):%A} on which the exchange was shut",
        "dropped",
        keep=False,
    )


def _zero_volume(rows: BarRows, options: InputOptions) -> Found:
    hit = rows.volume <= 0
    if hit.all():  # a file without volumes says nothing about them
        return rows, []
    keep = options.action(FaultKind.ZERO_VOLUME) != "drop"
    return split_off(
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


def missing_sessions(rows: BarRows, sessions: SessionTable) -> list[Fault]:
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


def late_and_early(rows: BarRows) -> list[Fault]:
    """Name the tickers whose first bar is later, and those whose last is earlier, than the others'."""
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
