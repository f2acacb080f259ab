"""Tape market: what did a daily tape show at one moment of one session?

Indicators are worked out once, as columns over the whole tape; every value rests only on bars that were closed by
then. Prices across a split are compared in the scale of the tape's first day (multiplied forwards, so that a later
split never touches an earlier number) and given in the scale of the session asked about.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.model.money import UNITS_PER_DOLLAR, Money
from engine.model.tape import DailyTape
from engine.risk import correlation, volatility

Matrix = npt.NDArray[np.float64]


class Indicators:
    """Indicators of a tape, one row a session: what was known before that session's open."""

    def __init__(self, tape: DailyTape) -> None:
        self.tape = tape
        self.columns = {ticker: i for i, ticker in enumerate(tape.tickers)}
        self.has_bar: npt.NDArray[np.bool_] = tape.close > 0
        self._standardised: tuple[int, Matrix] | None = None
        self._products: tuple[list[int], Matrix] | None = None
        self._atr_row: tuple[int, list[float]] | None = None

    @cached_property
    def split_factor(self) -> Matrix | None:
        """Old shares to new ones since the first day, (sessions, tickers); None on a tape without splits."""
        factor: Matrix | None = None
        for split in self.tape.splits:
            column, row = self.columns.get(split.ticker), self.tape.row_from(split.on)
            if column is None or row is None:
                continue
            factor = np.ones(self.tape.close.shape) if factor is None else factor
            factor[row:, column] *= float(split.ratio)
        return factor

    def _dollars(self, prices: npt.NDArray[np.int64]) -> Matrix:
        scaled = prices / UNITS_PER_DOLLAR
        return scaled if self.split_factor is None else scaled * self.split_factor

    @cached_property
    def atr(self) -> Matrix:
        """ATR before each session's open, in its own scale; NaN with fewer than 15 closed bars."""
        tape = self.tape
        high, low, close = self._dollars(tape.high), self._dollars(tape.low), self._dollars(tape.close)
        known = np.full(close.shape, np.nan)
        for rows, columns in _alike(self.has_bar):
            block = np.ix_(rows, columns)
            known[block] = volatility.wilder_atr(high[block], low[block], close[block])
        before = _carried(known)
        if self.split_factor is not None:
            before = before / self.split_factor
        return volatility.rounded(before)

    def atr_before(self, row: int) -> list[float]:
        """One row of `atr`; the same list for all phases of a session."""
        if self._atr_row is None or self._atr_row[0] != row:
            self._atr_row = (row, self.atr[row].tolist())
        return self._atr_row[1]

    @cached_property
    def closed_bars(self) -> npt.NDArray[np.int64]:
        """Closed bars before each session's open."""
        counts: npt.NDArray[np.int64] = np.cumsum(self.has_bar, axis=0) - self.has_bar
        return counts

    @cached_property
    def returns(self) -> Matrix:
        """Daily returns, close to close of neighbouring sessions; NaN where either has no bar."""
        close = np.where(self.has_bar, self._dollars(self.tape.close), np.nan)
        out = np.full(close.shape, np.nan)
        out[1:] = close[1:] / close[:-1] - 1
        return out

    def returns_before(self, row: int) -> Matrix:
        """Daily returns of the sessions that a correlation looks at on the morning of `row`."""
        return self.returns[max(0, row - correlation.LOOKBACK_SESSIONS) : row]

    def products_before(self, row: int, held: list[int]) -> Matrix:
        """Correlation of every ticker with each of the columns `held`; worked out once for the same question."""
        if self._standardised is None or self._standardised[0] != row:
            self._standardised = (row, correlation.standardised(self.returns_before(row)))
            self._products = None
        if self._products is None or self._products[0] != held:
            unit = self._standardised[1]
            self._products = (held, correlation.products(unit, unit[held]))
        return self._products[1]


class BarAtr:
    """The ATR over the bars of a tape themselves, minutes for minutes, instead of over its days.

    No rule of ours: independent simulators reckon so, and with it the engine can be held against them.
    """

    def __init__(self, high: npt.NDArray[np.int64], low: npt.NDArray[np.int64], close: npt.NDArray[np.int64]) -> None:
        known = np.full(close.shape, np.nan)
        for rows, columns in _alike(close > 0):
            block = np.ix_(rows, columns)
            h, lo, c = (prices[block] / UNITS_PER_DOLLAR for prices in (high, low, close))
            known[block] = volatility.wilder_atr(h, lo, c)
        self._before: Matrix = volatility.rounded(_carried(known))

    def before(self, row: int) -> list[float]:
        """Return the ATR of each column before bar `row`; NaN with fewer than 15 bars."""
        values: list[float] = self._before[row].tolist()
        return values


def _alike(has_bar: npt.NDArray[np.bool_]) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Return (rows with a bar, columns) of the tickers that have bars on exactly the same sessions."""
    groups: dict[bytes, list[int]] = defaultdict(list)
    for column in range(has_bar.shape[1]):
        groups[has_bar[:, column].tobytes()].append(column)
    return [(np.flatnonzero(has_bar[:, columns[0]]), np.array(columns)) for columns in groups.values()]


def _carried(values: Matrix) -> Matrix:
    """Return, for each row, the last known value of the rows before it."""
    rows = np.arange(len(values))[:, None]
    latest: npt.NDArray[Any] = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=0)
    filled = np.take_along_axis(values, np.maximum(latest, 0), axis=0)
    out = np.full(values.shape, np.nan)
    out[1:] = np.where(latest >= 0, filled, np.nan)[:-1]
    return out


class Phase(Enum):
    """How much of a session's bar is known."""

    OPENED = "opened"
    TRADED = "traded"
    CLOSED = "closed"


class DayMarket:
    """What all markets know on the day of session `row`: what rests on the days before it, and what is announced."""

    __slots__ = ("_atr", "_columns", "indicators", "row")

    def __init__(self, indicators: Indicators, row: int) -> None:
        self.indicators = indicators
        self.row = row
        self._columns = indicators.columns
        self._atr: list[float] = indicators.atr_before(row)

    def atr(self, ticker: str) -> float | None:
        """Return the ATR of the bars closed before this session."""
        column = self._columns.get(ticker)
        if column is None or math.isnan(self._atr[column]):
            return None
        return self._atr[column]

    def closed_bars(self, ticker: str) -> int:
        """Return how many bars were closed before this session."""
        column = self._columns.get(ticker)
        return 0 if column is None else int(self.indicators.closed_bars[self.row, column])

    def correlations(self, ticker: str, others: tuple[str, ...]) -> tuple[float, ...]:
        """Return the correlations over the 90 sessions before this one, not rounded."""
        columns = self._columns
        column = columns.get(ticker)
        if column is None:
            return (0.0,) * len(others)
        known = [columns[o] for o in others]
        values: list[float] = self.indicators.products_before(self.row, known)[column].tolist()
        if not math.isnan(sum(values)):
            return tuple(values)
        window = self.indicators.returns_before(self.row)
        return correlation.with_each(window[:, column], window[:, known])

    def sector(self, ticker: str) -> str | None:
        """Return the sector that the tape's securities name."""
        security = self.indicators.tape.securities.get(ticker)
        return security.sector if security else None

    def sessions_to_earnings(self, ticker: str) -> int | None:
        """Return the sessions from this one to the next earnings date."""
        tape = self.indicators.tape
        dates = tape.earnings.get(ticker, ())
        today = tape.dates[self.row]
        i = bisect_left(dates, today)
        return tape.sessions.sessions_between(today, dates[i]) if i < len(dates) else None


class TapeMarket(DayMarket):
    """The `Market` at one phase of session `row`. Prices of the bar that are not known in that phase are not given."""

    __slots__ = ("_prices", "phase")

    def __init__(self, indicators: Indicators, row: int, phase: Phase) -> None:
        super().__init__(indicators, row)
        tape = indicators.tape
        self.phase = phase
        self._prices: list[int] = (tape.close if phase is Phase.CLOSED else tape.open)[row].tolist()

    def price(self, ticker: str) -> Money | None:
        """Return the open while the bar runs, the close once it is over; None without a bar."""
        column = self._columns.get(ticker)
        return None if column is None else self._prices[column] or None

    def price_age_seconds(self, ticker: str) -> float | None:
        """Return 0: on a bar tape the open counts as the price of the window's open."""
        return None if self.price(ticker) is None else 0.0

    def price_before(self, _ticker: str) -> Money | None:
        """Return None: a bar of a day is made of many prints."""
        return None

    def heartbeat_age_seconds(self) -> float | None:
        """Return 0: who plays the tape plays no session without any bar."""
        return 0.0

    def bar_range(self, ticker: str) -> tuple[Money, Money] | None:
        """Return (low, high) once the bar has traded."""
        column = self._columns.get(ticker)
        if column is None or self.phase is Phase.OPENED:
            return None
        tape = self.indicators.tape
        low = int(tape.low[self.row, column])
        return (low, int(tape.high[self.row, column])) if low else None
