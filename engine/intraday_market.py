"""Intraday market: what did a minute or quote tape show at one moment of one session?

Nothing that lies after the moment can be asked for. Within a session a ticker keeps its last price, with its age;
before its first one it has none.
"""

from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.model.intraday import MINUTE, MinuteTape, QuoteTape, to_micros
from engine.model.money import Money
from engine.model.sessions import Session
from engine.tape_market import BarAtr, DayMarket, Indicators

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND

Row = list[int]


class IntradayMarket(DayMarket):
    """The `Market` at one moment: for each column the last price (0: none), when it was printed, the price before."""

    __slots__ = ("_before", "_high", "_low", "_now", "_prices", "_printed")

    def __init__(
        self,
        indicators: Indicators,
        row: int,
        now: int,
        prices: Row,
        printed: Row,
        before: Row,
        low: Row | None = None,
        high: Row | None = None,
        atr: list[float] | None = None,
    ) -> None:
        super().__init__(indicators, row)
        self._now = now
        self._prices = prices
        self._printed = printed
        self._before = before
        self._low = low
        self._high = high
        if atr is not None:
            self._atr = atr

    def price(self, ticker: str) -> Money | None:
        """Return the last print of this session."""
        column = self._columns.get(ticker)
        return None if column is None else self._prices[column] or None

    def price_age_seconds(self, ticker: str) -> float | None:
        """Return how long ago that was."""
        column = self._columns.get(ticker)
        if column is None or not self._prices[column]:
            return None
        return (self._now - self._printed[column]) / _SECOND

    def price_before(self, ticker: str) -> Money | None:
        """Return the print before the last one of this session."""
        column = self._columns.get(ticker)
        return None if column is None else self._before[column] or None

    def heartbeat_age_seconds(self) -> float | None:
        """Return how long ago any ticker printed."""
        newest = max(self._printed, default=0)
        return (self._now - newest) / _SECOND if newest else None

    def bar_range(self, ticker: str) -> tuple[Money, Money] | None:
        """Return (low, high) of the minute that is now over, None while it is not or when there is no bar."""
        column = self._columns.get(ticker)
        if column is None or self._low is None or self._high is None or not self._low[column]:
            return None
        return self._low[column], self._high[column]


class Feed(Protocol):
    """The markets of one session, asked for in the order of time."""

    def at(self, at: datetime) -> IntradayMarket:
        """Return the market as it is seen at `at`."""

    def close(self) -> IntradayMarket:
        """Return the market at the close."""


class MinuteFeed:
    """The markets of one session of a minute tape. At a minute's start its open is known, and nothing more of it."""

    def __init__(
        self, tape: MinuteTape, indicators: Indicators, row: int, session: Session, bar_atr: BarAtr | None = None
    ) -> None:
        rows = tape.rows_of(session)
        part = slice(rows.start, rows.stop)
        self._indicators, self._row = indicators, row
        self._open_at = session.open_at
        self._starts: Row = tape.at[part].tolist()
        opened, close = tape.open[part], tape.close[part]
        has_bar = close > 0
        last = _last_rows(has_bar)
        carried = np.where(last >= 0, np.take_along_axis(close, np.maximum(last, 0), axis=0), 0)
        starts = tape.at[part][:, None]
        ended = np.where(last >= 0, starts[np.maximum(last, 0), 0] + _MINUTE, 0)
        before = _shifted(carried), _shifted(ended)
        self._opens: list[Row] = np.where(has_bar, opened, before[0]).tolist()
        self._opened: list[Row] = np.where(has_bar, starts, before[1]).tolist()
        self._closes: list[Row] = carried.tolist()
        self._ended: list[Row] = ended.tolist()
        self._low: list[Row] = tape.low[part].tolist()
        self._high: list[Row] = tape.high[part].tolist()
        self._none: Row = [0] * len(indicators.columns)
        self._first_row = rows.start
        self._bar_atr = bar_atr

    def __len__(self) -> int:
        return len(self._starts)

    def at(self, at: datetime) -> IntradayMarket:
        """Return the market at `at`, a moment of the minute that has begun by then."""
        k = min((at - self._open_at) // MINUTE, len(self._starts) - 1)
        return self._market(k, to_micros(at), self._opens[k], self._opened[k], self._closes[k - 1] if k else self._none)

    def traded(self, k: int) -> IntradayMarket:
        """Return the market when minute `k` has run its course: the range is known, marks are still the opens."""
        now = self._starts[k] + _MINUTE
        before = self._closes[k - 1] if k else self._none
        return self._market(k, now, self._opens[k], self._opened[k], before, self._low[k], self._high[k])

    def closed(self, k: int) -> IntradayMarket:
        """Return the market at the end of minute `k`."""
        now = self._starts[k] + _MINUTE
        return self._market(k, now, self._closes[k], self._ended[k], self._opens[k], self._low[k], self._high[k])

    def close(self) -> IntradayMarket:
        """Return the market at the close; the range of its last minute is not for whoever looks at prints."""
        k = len(self._starts) - 1
        return self._market(k, self._starts[k] + _MINUTE, self._closes[k], self._ended[k], self._opens[k])

    def _market(
        self, k: int, now: int, prices: Row, printed: Row, before: Row, low: Row | None = None, high: Row | None = None
    ) -> IntradayMarket:
        atr = self._bar_atr.before(self._first_row + k) if self._bar_atr is not None else None
        return IntradayMarket(self._indicators, self._row, now, prices, printed, before, low, high, atr)


class QuoteFeed:
    """The markets of one session of a quote tape."""

    def __init__(self, tape: QuoteTape, indicators: Indicators, row: int, session: Session) -> None:
        rows = tape.rows_of(session)
        part = slice(rows.start, rows.stop)
        self._indicators, self._row = indicators, row
        self._close_at = session.close_at
        self._at: Row = tape.at[part].tolist()
        self._ticker: Row = tape.ticker[part].tolist()
        self._price: Row = tape.price[part].tolist()
        self._next = 0
        self._prices: Row = [0] * len(indicators.columns)
        self._printed: Row = [0] * len(indicators.columns)
        self._before: Row = [0] * len(indicators.columns)

    def at(self, at: datetime) -> IntradayMarket:
        """Return the market with every quote up to `at`."""
        now = to_micros(at)
        while self._next < len(self._at) and self._at[self._next] <= now:
            column = self._ticker[self._next]
            self._before[column] = self._prices[column]
            self._prices[column] = self._price[self._next]
            self._printed[column] = self._at[self._next]
            self._next += 1
        prices, printed, before = self._prices.copy(), self._printed.copy(), self._before.copy()
        return IntradayMarket(self._indicators, self._row, now, prices, printed, before)

    def close(self) -> IntradayMarket:
        """Return the market with the closing prints."""
        return self.at(self._close_at)


def _last_rows(has_bar: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    rows = np.where(has_bar, np.arange(len(has_bar))[:, None], -1)
    latest: npt.NDArray[np.intp] = np.maximum.accumulate(rows, axis=0)
    return latest


def _shifted(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    out = np.zeros_like(values)
    out[1:] = values[:-1]
    return out
