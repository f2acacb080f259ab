"""System clock: what time is it for an account that trades, when the machine's clock may jump?

Time never goes back, because a journal's does not. After a small set-back it runs at half speed until the wall has
caught up; after a larger one nobody knows which time was right, and it goes on from where it was. A wall that is ahead
is right: it is so after every sleep of the machine.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from engine.adapters import clock

SMALL = timedelta(seconds=60)
"""A set-back of no more is a correction, and is waited for."""
LONGEST_SLEEP_SECONDS = 1.0
"""After so long the wall is looked at again: a machine that wakes up is late by no more than that."""


class SystemClock:
    """A `Clock` for real accounts, by the time of day (`wall`) and the time that passes (`passed`, in seconds)."""

    def __init__(
        self,
        wall: Callable[[], datetime] = clock.now,
        passed: Callable[[], float] = clock.passed_seconds,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._wall = wall
        self._passed = passed
        self._sleep = sleep
        self._told = self._wall_then = wall()
        self._passed_last = self._passed_then = passed()

    def now(self) -> datetime:
        """See `Clock.now`."""
        wall, passed = self._wall(), self._passed()
        since = timedelta(seconds=max(0.0, passed - self._passed_last))
        self._passed_last = passed
        ahead = self._told + since - wall
        if timedelta(0) < ahead <= SMALL:
            self._told = max(self._told + since / 2, wall)
        else:
            self._told = max(self._told + since, wall)
        return self._told

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        while (left := (at - self.now()).total_seconds()) > 0:
            await self._sleep(min(left, LONGEST_SLEEP_SECONDS))

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        wall, passed = self._wall(), self._passed()
        jumped = (wall - self._wall_then).total_seconds() - (passed - self._passed_then)
        self._wall_then, self._passed_then = wall, passed
        return jumped
