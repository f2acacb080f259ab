"""Minute paths: the days of a daily tape, told minute by minute, and what somebody might signal on them.

Each day goes from its open in straight lines to one end of its range, then to the other, then to its close: on even
rows the low comes first. Integer arithmetic, the same on every machine.
"""

from datetime import timedelta

import numpy as np
import numpy.typing as npt

from engine.model.intraday import MinuteTape, QuoteTape, to_micros
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
from engine.model.tape import DailyTape

_MINUTE = 60_000_000
Ints = npt.NDArray[np.int64]


def minutes(daily: DailyTape, days: int) -> MinuteTape:
    """Return the last `days` of `daily` as minutes, all before them as history."""
    first = len(daily.dates) - days
    parts = [_day(daily, row) for row in range(first, len(daily.dates))]
    opened, high, low, close = (np.concatenate([p[i] for p in parts]) for i in range(4))
    at = np.concatenate([_starts(_session(daily, row)) for row in range(first, len(daily.dates))])
    return MinuteTape(daily=daily, at=at, open=opened, high=high, low=low, close=close)


def quotes(tape: MinuteTape, *, every: int) -> QuoteTape:
    """Return the opens of every `every`th minute as quotes, ticker after ticker."""
    rows, columns = np.nonzero(tape.open[::every])
    return QuoteTape(
        daily=tape.daily,
        at=tape.at[::every][rows],
        ticker=columns.astype(np.int32),
        price=tape.open[::every][rows, columns],
    )


def signals(tape: MinuteTape, *, every: int = 45) -> tuple[IntradaySignal, ...]:
    """Return a signal every `every` minutes, ticker after ticker, one in four downwards."""
    found: list[IntradaySignal] = []
    for session in (s for s in tape.daily.sessions.sessions if len(tape.rows_of(s))):
        for minute in range(10, 390, every):
            n = len(found)
            found.append(
                IntradaySignal(
                    signal_id=f"s{n}",
                    ticker=tape.daily.tickers[n % len(tape.daily.tickers)],
                    window=(SignalWindow.INTRADAY, SignalWindow.ONE_DAY)[n % 2],
                    direction=SignalDirection.DOWN if n % 4 == 3 else SignalDirection.UP,
                    confidence=(60 + n * 7 % 40) / 100,
                    generated_at=session.open_at + timedelta(minutes=minute),
                )
            )
    return tuple(found)


def _session(daily: DailyTape, row: int) -> Session:
    session = daily.sessions.on(daily.dates[row])
    assert session is not None
    return session


def _starts(session: Session) -> Ints:
    return np.arange(to_micros(session.open_at), to_micros(session.close_at), _MINUTE, dtype=np.int64)


def _day(daily: DailyTape, row: int) -> tuple[Ints, Ints, Ints, Ints]:
    count = len(_starts(_session(daily, row)))
    ends = (daily.low[row], daily.high[row]) if row % 2 == 0 else (daily.high[row], daily.low[row])
    stations = np.stack([daily.open[row], *ends, daily.close[row]])
    step = np.arange(count + 1)
    leg = np.minimum(step * 3 // count, 2)
    done = (step * 3 - leg * count)[:, None]
    path = stations[leg] + (stations[leg + 1] - stations[leg]) * done // count
    before, after = path[:-1], path[1:]
    return before, np.maximum(before, after), np.minimum(before, after), after
