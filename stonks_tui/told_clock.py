"""Told clock: how is everybody told in time where a day passes in seconds?

What tells people needs moments of ours, and in a demo much happens in one of those. So its clock goes on only once all
that can leave has left, and rests in the evening until the day is summed up. What is decided does not depend on it.
"""

import asyncio
from contextlib import suppress
from datetime import datetime

from engine.live_ports import Clock
from engine.telling.delivery import Deliveries
from engine.telling.summariser import Summariser

PATIENCE_SECONDS = 2.0
"""So long it waits at most each time: nothing of this ever holds up trading for good."""


class ToldClock:
    """A `Clock` that goes as `clock` does, but not before people are told."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deliveries: Deliveries | None = None
        self._summariser: Summariser | None = None

    def attend(self, deliveries: Deliveries, summariser: Summariser) -> None:
        """Wait for these from now on."""
        self._deliveries, self._summariser = deliveries, summariser

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._clock.now()

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        return self._clock.jumped_seconds()

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        await self._all_told()
        while self._summariser and (evening := self._summariser.falls_due_at()) is not None and evening < at:
            await self._clock.until(evening)
            await self._summariser.try_to_sum_up()
            await self._all_told()
        await self._clock.until(at)

    async def _all_told(self) -> None:
        if self._deliveries is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._deliveries.at_rest()
