"""Engine: how does a live account live through its sessions?

The engine plays the same courses as the backtester (`engine/steps.py`). It waits for the moment of each look, and in
between it hears what the broker says. Starting is recovering: there is no other way in, and none out that anything
depends on.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from engine.live_ports import Clock
from engine.model.sessions import Session
from engine.steps import Course, LookDue
from engine.trader import Trader


class LiveEngine:
    """Trades one account until the sessions are over or somebody says stop."""

    def __init__(self, trader: Trader, clock: Clock, *, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._trader = trader
        self._clock = clock
        self._should_stop = should_stop

    async def run(self, course: Course, days: Iterable[tuple[int, Session]]) -> None:
        """Play each of `days`, a row of the market and its session, from where the account stands."""
        self._trader.course = course
        await self._trader.recover()
        for row, session in days:
            if session.close_at <= self._clock.now():
                continue
            await self._play(course, row, session)
            if self._should_stop():
                return

    async def _play(self, course: Course, row: int, session: Session) -> None:
        since = self._clock.now() if self._trader.state.session == session else None
        for step in course.play(row, session, since=since):
            if isinstance(step, LookDue):
                await self._wait_until(step.at)
                if self._should_stop():
                    return
            await self._trader.step(step)

    async def _wait_until(self, at: datetime) -> None:
        await self._clock.until(at)
        await self._trader.listen()
