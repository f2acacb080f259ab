"""Simulated signals: what would somebody have signalled within the days of a market of minutes?

A signal says which way the price goes in the next hour; it knows a little of it, as the recommenders of this market
know a little of the next days.
"""

from datetime import timedelta
from uuid import UUID, uuid5

from engine.adapters.seeded_draws import Draws
from engine.model.intraday import MinuteTape
from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow

_NAMESPACE = UUID("0c8f5e0a-53a1-5f5e-8f43-5d0f3b1f7a52")
_A_DAY = 9
_AHEAD = 60
_SKILL = 0.35
_USUAL = 0.006
_EDGE = 25


def make(tape: MinuteTape, draws: Draws, seed: int) -> tuple[IntradaySignal, ...]:
    """Return the signals on `tape`, by time: a few a session, of tickers that trade."""
    found: list[IntradaySignal] = []
    daily = tape.daily
    for session in daily.sessions.sessions:
        rows = tape.rows_of(session)
        if not rows:
            continue
        rolls, noise = draws.uniform(_A_DAY, 4).tolist(), draws.normal(_A_DAY).tolist()
        for (when, whom, window, nudge), doubt in zip(rolls, noise, strict=True):
            minute = _EDGE + int(when * (len(rows) - _AHEAD - 2 * _EDGE))
            column = int(whom * len(daily.tickers))
            now, then = int(tape.open[rows[minute], column]), int(tape.open[rows[minute + _AHEAD], column])
            if not now or not then:
                continue
            score = _SKILL * (then / now - 1) / _USUAL + (1 - _SKILL) * doubt
            ticker = daily.tickers[column]
            found.append(
                IntradaySignal(
                    signal_id=str(uuid5(_NAMESPACE, f"{seed}/{daily.dates[0]}/{session.on}/{minute}/{ticker}")),
                    ticker=ticker,
                    window=SignalWindow.INTRADAY if window < 0.7 else SignalWindow.ONE_DAY,
                    direction=SignalDirection.UP if score > 0 else SignalDirection.DOWN,
                    confidence=round(min(0.58 + 0.12 * abs(score) + 0.1 * nudge, 0.95), 4),
                    generated_at=session.open_at + timedelta(minutes=minute, seconds=int(when * 59)),
                )
            )
    return tuple(sorted(found, key=lambda s: (s.generated_at, s.signal_id)))
