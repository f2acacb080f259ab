"""Minute bars: which of the rows of price files are bars of minutes within the exchange's hours, and what is wrong?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.adapters import bar_lengths, calendar, minute_rows
from engine.adapters.bar_faults import Found, duplicates, missing_values, outside_range
from engine.adapters.bar_rows import BarRows, joined
from engine.adapters.faults import Fault, FaultKind, RefusedRow, refuse_faults
from engine.adapters.input_options import InputOptions
from engine.adapters.minute_rows import MICROS, Hours, MinuteRows
from engine.adapters.previews import Preview
from engine.adapters.price_faults import late_and_early, missing_sessions
from engine.adapters.price_rows import PricePart, day_of
from engine.adapters.price_suspicions import suspected_splits
from engine.errors import BadInput
from engine.model.imports import BarColumns
from engine.model.intraday_columns import MinuteColumns
from engine.model.sessions import SessionTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinuteRead:
    """What reading files of minute bars came to: the bars, the daily ones they make, and all that was wrong.

    `notes` concern the files together.
    """

    minutes: MinuteColumns
    days: BarColumns
    previews: tuple[Preview, ...]
    faults: tuple[Fault, ...]
    refused: tuple[RefusedRow, ...]
    sessions: SessionTable
    notes: tuple[str, ...]


def minutes_of(parts: Sequence[PricePart], options: InputOptions, cache_dir: Path | None) -> MinuteRead:
    """Return the minute bars of `parts`. Raises BadInput for bars of another length, and for moments without a zone."""
    _refuse_naive(parts)
    rows = minute_rows.of(joined([part.rows for part in parts]))
    if options.bar_time == "end":
        rows = replace(rows, micros=rows.micros - MICROS)
    sessions = calendar.xnys(day_of(int(rows.on.min())), day_of(int(rows.on.max())), cache_dir=cache_dir)
    rows, notes = _within_hours(rows, Hours.of(sessions))
    if not len(rows):
        raise BadInput(f"{_named(parts)}: not one bar is within the exchange's hours", hint=_ZONE_HINT)
    rows = _on_whole_minutes(rows)
    _refuse_longer(rows, parts)
    rows, faults = _treated(rows, sessions, options)
    if not len(rows):
        raise BadInput(f"{_named(parts)}: no bar is left once its faults are dealt with")
    return MinuteRead(
        minutes=rows.minutes(),
        days=rows.days().columns(),
        previews=tuple(replace(part.preview, layout=f"minute bars, {part.preview.layout}") for part in parts),
        faults=tuple(faults),
        refused=tuple(row for part in parts for row in part.refused),
        sessions=sessions,
        notes=notes,
    )


_ZONE_HINT = "--timezone says in which zone the moments were written; is it the right one?"


def _refuse_naive(parts: Sequence[PricePart]) -> None:
    for part in parts:
        if part.naive:
            raise BadInput(
                f"{part.preview.path}: {part.naive:,} minute bars have no time zone, so nobody can tell when they were",
                hint="--timezone America/New_York (or UTC, or where they were written) says which is meant",
            )


def _within_hours(rows: MinuteRows, hours: Hours) -> tuple[MinuteRows, tuple[str, ...]]:
    """Return the rows within sessions, each with the date of its session, and what is to be said of the others."""
    session = hours.session_of(rows.micros)
    inside = hours.trading(rows.micros, session)
    notes: list[str] = []
    if not inside.all():
        notes.append(
            f"{int((~inside).sum()):,} minute bars outside of the exchange's hours (before the open, from the close "
            "on, on days without trading) were left out"
        )
        closing = int((rows.micros[~inside] == hours.closes[session[~inside]]).sum())
        opening = int((rows.micros == hours.opens[session]).sum())
        if closing > opening:
            notes.append(
                f"{closing:,} of them begin at the close, while {opening:,} begin at the open: if the file says when "
                "a minute ends, give --bar-time end"
            )
    kept = replace(rows, on=hours.on[session]).take(inside)
    return minute_rows.of(kept), tuple(notes)


def _on_whole_minutes(rows: MinuteRows) -> MinuteRows:
    """Return the rows in order, with their moments cut to whole minutes. Raises BadInput for several in one minute."""
    if not (rows.micros % MICROS).any():
        return minute_rows.of(rows.sorted())
    ordered = rows.take(np.lexsort((rows.micros, rows.key())))
    key = ordered.key()
    several = (key[1:] == key[:-1]) & (ordered.micros[1:] != ordered.micros[:-1])
    if several.any():
        i = int(np.flatnonzero(several)[0])
        raise BadInput(
            f"{ordered.paths[ordered.file[i]]}: {ordered.tickers[ordered.ticker[i]]} has several bars within a minute "
            f"on {ordered.day(i)}: bars of less than a minute cannot be used",
            hint="make minute bars of them first; single prices can be given as --quotes",
        )
    return minute_rows.of(replace(ordered, micros=ordered.micros // MICROS * MICROS))


def _refuse_longer(rows: MinuteRows, parts: Sequence[PricePart]) -> None:
    apart = bar_lengths.minutes_apart(rows.key(), rows.starts_session())
    if apart > 1:
        raise BadInput(
            f"{_named(parts)}: these are bars of {apart} minutes, and only bars of one minute (or daily ones) can be "
            "used",
            hint="give minute bars, or make daily bars of these: the engine looks at prices every few minutes",
        )


def _named(parts: Sequence[PricePart]) -> str:
    return ", ".join(part.preview.path for part in parts[:3]) + (", …" if len(parts) > 3 else "")


def _treated(rows: MinuteRows, sessions: SessionTable, options: InputOptions) -> tuple[MinuteRows, list[Fault]]:
    steps: tuple[Callable[[BarRows], Found], ...] = (
        lambda r: duplicates(r, options),
        lambda r: (r.take((r.open != 0) | (r.high != 0) | (r.low != 0) | (r.close != 0)), []),  # a minute without trade
        lambda r: _zero_volume(r, options),
        lambda r: missing_values(r, options),
        lambda r: outside_range(r, options, FaultKind.OPEN_OUTSIDE_RANGE),
        lambda r: outside_range(r, options, FaultKind.CLOSE_OUTSIDE_RANGE),
    )
    faults: list[Fault] = []
    going: BarRows = rows
    for step in steps:
        going, found = step(going)
        faults += found
    left = minute_rows.of(going)
    days = left.days()
    if len(days):
        faults += [*missing_sessions(days, sessions), *suspected_splits(days), *late_and_early(days)]
    refuse_faults(faults, [kind for kind in FaultKind if options.action(kind) == "refuse"])
    return left, faults


def _zero_volume(rows: BarRows, options: InputOptions) -> Found:
    """Find bars in which nothing was traded: one fault a ticker, for whole files are filled up with them."""
    hit = rows.volume <= 0
    if hit.all() or not hit.any():
        return rows, []
    keep = options.action(FaultKind.ZERO_VOLUME) != "drop"
    counts = np.bincount(rows.ticker[hit], minlength=len(rows.tickers))
    firsts = np.flatnonzero(hit)[np.unique(rows.ticker[hit], return_index=True)[1]]
    faults = [
        rows.fault(
            i,
            FaultKind.ZERO_VOLUME,
            f"and {int(counts[rows.ticker[i]]) - 1:,} more: nothing was traded",
            "kept" if keep else "bars dropped",
        )
        for i in firsts.tolist()
    ]
    return (rows if keep else rows.take(~hit)), faults
