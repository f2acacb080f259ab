"""Simulated minutes: by which minutes could a day have come from its open to its close?

A day goes through stations (at a minute, a price), at random in between, but never outside of its range. More happens
near the open and the close than at noon. Open, high, low and close of the day come out exactly, in whole cents.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.adapters.seeded_draws import Draws, Floats, Ints
from engine.errors import BadInput
from engine.model.intraday import MinuteTape, to_micros
from engine.model.money import UNITS_PER_CENT
from engine.model.sessions import Session
from engine.model.tape import DailyTape

REGULAR_MINUTES = 390
_MINUTE = 60_000_000
_RESTLESS = 0.034
"""Deviation of one minute, in ranges of the day: 390 of them go about two thirds of the range."""
_WICK = 0.012
_BEFORE, _BETWEEN, _AFTER = 12, 60, 40
"""At least so many minutes lie before the first end of a day's range, between the two, and after the second."""
_OPEN_AND_CLOSE = 2.0
"""A minute at either end of the day has so much more to it than one at noon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The stations of one day: at these minutes (of 390) the price is the open times these ratios, the first being 1.

    They begin at 0 and end at 390; the day's high and low are among them.
    """

    minutes: tuple[int, ...]
    ratios: tuple[float, ...]


def make(daily: DailyTape, days: int, draws: Draws, shapes: Mapping[tuple[int, int], Shape]) -> MinuteTape:
    """Return the last `days` of `daily`, whose prices are whole cents, as minutes; those before are its history.

    `shapes` are the days, by row of `daily` and column, whose stations are known; of all others they are drawn.
    Raises BadInput when `daily` is shorter than that.
    """
    rows = len(daily.dates)
    if not 0 < days <= rows:
        raise BadInput(f"{days} of {rows} days were asked for as minutes")
    parts = [_day(daily, row, draws, shapes) for row in range(rows - days, rows)]
    at = np.concatenate([_starts(_session(daily, row)) for row in range(rows - days, rows)])
    opened, high, low, close = (np.concatenate([part[i] for part in parts]) for i in range(4))
    return MinuteTape(daily=daily, at=at, open=opened, high=high, low=low, close=close)


def _session(daily: DailyTape, row: int) -> Session:
    session = daily.sessions.on(daily.dates[row])
    if session is None:
        raise BadInput(f"{daily.dates[row]} is on the tape but no session of the exchange")
    return session


def _starts(session: Session) -> Ints:
    return np.arange(to_micros(session.open_at), to_micros(session.close_at), _MINUTE, dtype=np.int64)


def _day(
    daily: DailyTape, row: int, draws: Draws, shapes: Mapping[tuple[int, int], Shape]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return open, high, low and close of each minute (minutes, tickers)."""
    count, n = len(_starts(_session(daily, row))), len(daily.tickers)
    opened, high, low, close = (m[row] // UNITS_PER_CENT for m in (daily.open, daily.high, daily.low, daily.close))
    minutes, cents = _stations(draws, count, opened, high, low, close)
    for column in range(n):
        shape = shapes.get((row, column))
        if shape is not None:
            minutes[column] = [m * count // REGULAR_MINUTES for m in shape.minutes]
            cents[column] = [*np.rint(int(opened[column]) * np.array(shape.ratios[:-1])), close[column]]
    busy = _business(count)
    restless = (high - low) * _RESTLESS * draws.normal(count, n) * _steps(busy)[:, None]
    wandering = np.concatenate([np.zeros((1, n)), np.cumsum(restless, axis=0)])
    path = np.empty((count + 1, n), np.int64)
    for column in range(n):
        through = _through(wandering[:, column], minutes[column], cents[column], busy)
        path[:, column] = _within(np.rint(through).astype(np.int64), int(low[column]), int(high[column]))
    wicks = np.rint(np.abs(draws.normal(2, count, n)) * _WICK * (high - low)).astype(np.int64)
    before, after = path[:-1], path[1:]
    highest = np.minimum(np.maximum(before, after) + wicks[0], high)
    lowest = np.maximum(np.minimum(before, after) - wicks[1], low)
    return before * UNITS_PER_CENT, highest * UNITS_PER_CENT, lowest * UNITS_PER_CENT, after * UNITS_PER_CENT


def _business(count: int) -> Floats:
    """Return how much of the day's business is done after each minute, 0 to 1; that it is much at both ends."""
    place = (2 * np.arange(count) + 1 - count) / count
    done = np.cumsum(1 + _OPEN_AND_CLOSE * place * place)
    return np.concatenate([np.zeros(1), done / done[-1]])


def _steps(busy: Floats) -> Floats:
    """Return how restless each minute is: the root of its business, in quiet minutes about 1."""
    steps: Floats = np.sqrt((busy[1:] - busy[:-1]) * (len(busy) - 1))
    return steps


def _stations(
    draws: Draws, count: int, opened: Ints, high: Ints, low: Ints, close: Ints
) -> tuple[list[list[int]], list[list[float]]]:
    """Return four minutes of each ticker and the prices (cents) there: open, one end of the range, the other, close."""
    n = len(opened)
    places = np.sort(np.floor(draws.uniform(2, n) * (count - _BEFORE - _BETWEEN - _AFTER)).astype(np.int64), axis=0)
    first, second = places[0] + _BEFORE, places[1] + _BEFORE + _BETWEEN
    low_first = draws.uniform(n) < 0.5
    one, other = np.where(low_first, low, high), np.where(low_first, high, low)
    minutes = np.stack([np.zeros(n, np.int64), first, second, np.full(n, count)], axis=1)
    cents = np.stack([opened, one, other, close], axis=1)
    return minutes.tolist(), cents.astype(np.float64).tolist()


def _through(wandering: Floats, minutes: list[int], cents: list[float], busy: Floats) -> Floats:
    """Return `wandering` bent so that it goes through the stations, each stretch in step with the business done."""
    path = wandering.copy()
    for begin, end, a, b in zip(minutes, minutes[1:], cents, cents[1:], strict=False):
        part = slice(begin, end + 1)
        done = (busy[part] - busy[begin]) / (busy[end] - busy[begin])
        off_a, off_b = a - wandering[begin], b - wandering[end]
        path[part] = wandering[part] + (off_a + (off_b - off_a) * done)
        path[begin], path[end] = a, b
    return path


def _within(path: Ints, low: int, high: int) -> Ints:
    """Return `path` thrown back where it would have left the range."""
    path = np.where(path > high, 2 * high - path, path)
    path = np.where(path < low, 2 * low - path, path)
    return np.minimum(np.maximum(path, low), high)
