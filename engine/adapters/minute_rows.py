"""Minute rows: bars of minutes on their way from a file to a tape: in which sessions, and what days do they make?"""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from engine.adapters import date_columns
from engine.adapters.bar_rows import EPOCH, BarRows, Ints, Mask
from engine.adapters.faults import Fault, FaultKind
from engine.model.intraday import to_micros
from engine.model.intraday_columns import MinuteColumns
from engine.model.sessions import SessionTable

MICROS = 60_000_000
_MINUTES_BITS = 28  # minutes since 1970 until the year 2480


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinuteRows(BarRows):
    """Bars of minutes: `micros` is the start of the minute, UTC, `on` the session that it is in."""

    def key(self) -> Ints:
        """Return a number for each row that is equal exactly for rows of one ticker and minute."""
        return (self.ticker.astype(np.int64) << _MINUTES_BITS) + self.micros // MICROS

    def fault(self, i: int, kind: FaultKind, found: str, done: str) -> Fault:
        """Return a fault of row `i`, with the minute as New York's clocks show it."""
        wall = int(date_columns.to_wall(self.micros[i : i + 1], date_columns.NEW_YORK)[0])
        minute = wall // MICROS % 1440
        return BarRows.fault(self, i, kind, f"{minute // 60:02}:{minute % 60:02} {found}", done)

    def starts_session(self) -> Mask:
        """Return where a row is the first of its ticker and session; the rows must be sorted."""
        first = np.ones(len(self), np.bool_)
        first[1:] = (self.ticker[1:] != self.ticker[:-1]) | (self.on[1:] != self.on[:-1])
        return first

    def minutes(self) -> MinuteColumns:
        """Return the rows as a store and a tape builder take them."""
        columns = self.columns()
        return MinuteColumns(
            tickers=columns.tickers,
            ticker=columns.ticker,
            at=self.micros,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=columns.volume,
        )

    def days(self) -> BarRows:
        """Return the daily bars that the minutes make: first open, highest high, lowest low, last close, volume."""
        first = np.flatnonzero(self.starts_session())
        last = np.append(first[1:], len(self)) - 1
        if not len(first):
            return _plain(self)
        return replace(
            _plain(self.take(first)),
            high=np.maximum.reduceat(self.high, first),
            low=np.minimum.reduceat(self.low, first),
            close=self.close[last],
            volume=np.add.reduceat(np.maximum(self.volume, 0), first),
        )


def of(rows: BarRows) -> MinuteRows:
    """Return the same rows, taken as bars of minutes."""
    return MinuteRows(**{f.name: getattr(rows, f.name) for f in fields(BarRows)})


def _plain(rows: BarRows) -> BarRows:
    return BarRows(**{f.name: getattr(rows, f.name) for f in fields(BarRows)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hours:
    """The exchange's hours as columns: opens and closes as microseconds since 1970, dates as days since then."""

    on: npt.NDArray[np.int32]
    opens: Ints
    closes: Ints

    @classmethod
    def of(cls, sessions: SessionTable) -> "Hours":
        """Return the hours of `sessions`."""
        return cls(
            on=np.array([s.on.toordinal() - EPOCH for s in sessions.sessions], np.int32),
            opens=np.array([to_micros(s.open_at) for s in sessions.sessions], np.int64),
            closes=np.array([to_micros(s.close_at) for s in sessions.sessions], np.int64),
        )

    def session_of(self, at: Ints) -> npt.NDArray[np.intp]:
        """Return the session that was the last to open at each moment (0 before the first)."""
        return np.maximum(np.searchsorted(self.opens, at, side="right") - 1, 0)

    def trading(self, at: Ints, session: npt.NDArray[np.intp], *, close_too: bool = False) -> Mask:
        """Return where `at` lies within its `session`; the moment of the close only counts with `close_too`."""
        ends = at <= self.closes[session] if close_too else at < self.closes[session]
        inside: Mask = (at >= self.opens[session]) & ends
        return inside
