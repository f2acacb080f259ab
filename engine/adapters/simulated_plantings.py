"""Simulated plantings: what was put into a simulated market on purpose, in words for whoever looks for it?"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from engine.adapters.simulated_events import Events
from engine.adapters.simulated_prices import Paths, Regime
from engine.model.macro import MacroEvent
from engine.model.money import usd
from engine.model.tape import DailyTape

_GAPS_NAMED = 6


class PlantedKind(StrEnum):
    """What was put into the market on purpose."""

    REGIME = "regime"
    SPLIT = "split"
    HALT = "halt"
    LATE_LISTING = "late_listing"
    VANISHED = "vanished"
    GAP = "gap"
    MACRO_EVENT = "macro_event"
    SELL_OFF = "sell_off"
    BID = "bid"
    REPORT = "report"


ONLY_LIVE = frozenset({PlantedKind.SELL_OFF, PlantedKind.BID, PlantedKind.REPORT})
"""What takes place within a day, and is only in a market of minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One thing to look for, in words; no ticker: it concerns the whole market."""

    kind: PlantedKind
    on: date
    ticker: str = ""
    words: str


def planted(
    tape: DailyTape, course: tuple[Regime, ...], path: Paths, events: Events, shaken: tuple[MacroEvent, ...]
) -> tuple[Planted, ...]:
    """Return what there is to find on `tape`, by date."""
    dates, tickers = tape.dates, tape.tickers
    halt_on, back_on = dates[events.halt_rows.start], dates[events.halt_rows.stop]
    before, after = (usd(int(tape.close[r, events.split])) for r in (events.split_row - 1, events.split_row))
    once = (
        Planted(
            kind=PlantedKind.SPLIT,
            on=dates[events.split_row],
            ticker=tickers[events.split],
            words=f"{tickers[events.split]} is split {events.split_ratio}:1; it closed at {before} the day before and "
            f"at {after} on this one",
        ),
        Planted(
            kind=PlantedKind.HALT,
            on=halt_on,
            ticker=tickers[events.halted],
            words=f"{tickers[events.halted]} is halted for {len(events.halt_rows)} sessions, until {back_on}",
        ),
        Planted(
            kind=PlantedKind.LATE_LISTING,
            on=dates[events.late_row],
            ticker=tickers[events.late],
            words=f"{tickers[events.late]} is traded for the first time",
        ),
        Planted(
            kind=PlantedKind.VANISHED,
            on=dates[events.gone_row - 1],
            ticker=tickers[events.gone],
            words=f"{tickers[events.gone]} is traded for the last time",
        ),
    )
    found = (*_regimes(course, dates), *once, *_gaps(tape, path), *map(_macro, shaken))
    return tuple(sorted(found, key=lambda p: (p.on, p.kind, p.ticker)))


def _regimes(course: tuple[Regime, ...], dates: tuple[date, ...]) -> list[Planted]:
    return [
        Planted(
            kind=PlantedKind.REGIME,
            on=dates[r.row],
            words=f"{r.name}: the market drifts by {r.drift * 100:+.2f} % a day and moves by {r.deviation * 100:.1f} %",
        )
        for r in course
    ]


def _macro(event: MacroEvent) -> Planted:
    whom = event.sector or "the whole market"
    words = f"{event.name}, until {event.until.date()}: severity {event.severity}, {whom}"
    return Planted(kind=PlantedKind.MACRO_EVENT, on=event.at.date(), words=words)


def _gaps(tape: DailyTape, path: Paths) -> list[Planted]:
    """Name the largest overnight moves."""
    traded = (tape.close > 0) & np.roll(tape.close > 0, 1, axis=0)
    traded[0] = False
    size = np.where(traded, np.abs(path.overnight), 0.0)
    largest = np.argsort(-size, axis=None, kind="stable")[:_GAPS_NAMED]
    found = []
    for row, column in zip(*np.unravel_index(largest, size.shape), strict=True):
        why = "after its report" if path.report_jump[row, column] else "on news"
        words = f"{tape.tickers[column]} opens {path.overnight[row, column] * 100:+.1f} % from the last close {why}"
        found.append(Planted(kind=PlantedKind.GAP, on=tape.dates[row], ticker=tape.tickers[column], words=words))
    return found
