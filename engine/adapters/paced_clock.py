"""Paced clock: what time is it in a market that is played at a speed which a person sets?

Within market hours time runs `speed` times as fast as ours; a night lasts as long as a person needs to see the close.
Time passes only while somebody waits for it, and never beyond the next moment that is waited for: a slow machine plays
more slowly, and comes to the same. What it was late it makes up for.
"""

import asyncio
import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from engine.adapters import clock
from engine.errors import BadInput
from engine.model.sessions import SessionTable

DEFAULT_SPEED = 390 * 60 / 20
"""A trading day in 20 seconds."""
NIGHT_SECONDS = 2.0
"""So long it stays the end of a day."""
_MOST_MADE_UP_FOR = 0.25
"""Seconds of ours. Who was away for longer does not want to see it all at once."""


class _Waiter:
    """Somebody who waits, in a loop of its own."""

    __slots__ = ("_changed", "_loop", "at")

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look again; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def woken(self, seconds: float | None) -> None:
        """Return when there is something to look at again, after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()


class PacedClock:
    """A `Clock` whose time is made. All of it may be called from any thread; `until` is for the loop that waits.

    `speed` is how many seconds pass in one of ours, `math.inf` as fast as it is waited for, nights included;
    `night_seconds` are ours. `passed` is the time that passes here.
    """

    def __init__(
        self,
        at: datetime,
        sessions: SessionTable,
        *,
        speed: float = DEFAULT_SPEED,
        night_seconds: float = NIGHT_SECONDS,
        is_paused: bool = False,
        passed: Callable[[], float] = clock.passed_seconds,
    ) -> None:
        self._lock = threading.Lock()
        self._at = at
        self._sessions = sessions
        self._speed = _checked(speed)
        self._night_seconds = night_seconds
        self._is_paused = is_paused
        self._steps = 0
        self._passed = passed
        self._looked = passed()
        self._unused = 0.0  # seconds of ours that have passed and are no time here yet
        self._waiters: list[_Waiter] = []

    @property
    def speed(self) -> float:
        """How many seconds pass here in one of ours."""
        return self._speed

    @property
    def is_paused(self) -> bool:
        """Does time stand still?"""
        return self._is_paused

    def now(self) -> datetime:
        """See `Clock.now`."""
        with self._lock:
            self._settle()
            return self._at

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        waiter = _Waiter(at)
        with self._lock:
            self._settle()
            self._waiters.append(waiter)
            self._take_step()
            self._wake()
        try:
            await asyncio.sleep(0)  # others have their say too when no time has to pass
            while (seconds := self._left(at)) != 0:
                await waiter.woken(seconds)
        finally:
            with self._lock:
                self._settle()
                self._waiters.remove(waiter)
                self._wake()

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`: this one never does."""
        return 0.0

    def pause(self) -> None:
        """Let time stand still."""
        self._steer(is_paused=True)

    def resume(self) -> None:
        """Let time go on. Steps that were not taken yet are forgotten."""
        self._steer(is_paused=False)

    def step(self) -> None:
        """Pause, but let the next thing happen that waits or is going to."""
        self._steer(is_paused=True, steps=1)

    def set_speed(self, speed: float) -> None:
        """Go on at `speed`. Raises BadInput when it is not above zero."""
        self._steer(speed=_checked(speed))

    def _steer(self, *, is_paused: bool | None = None, steps: int = 0, speed: float | None = None) -> None:
        with self._lock:
            self._settle()
            if is_paused is not None:
                self._is_paused = is_paused
                self._steps = self._steps + steps if is_paused else 0
            if speed is not None:
                self._speed = speed
            self._take_step()
            self._wake()

    def _take_step(self) -> None:
        """Let it be the moment that is waited for next, when a step was asked for."""
        if self._steps and self._waiters and (next_at := self._next_at()) > self._at:
            self._steps -= 1
            self._at, self._unused = next_at, 0.0

    def _wake(self) -> None:
        for waiter in self._waiters:
            waiter.wake()

    def _next_at(self) -> datetime:
        return min(waiter.at for waiter in self._waiters)

    def _left(self, at: datetime) -> float | None:
        """Return for how many seconds of ours nothing changes before it is `at`, 0 when it is; None: for ever."""
        with self._lock:
            self._settle()
            if self._at >= at:
                return 0
            next_at = self._next_at()
            if self._is_paused or self._at >= next_at:  # who waits for less comes first, and says when it has gone
                return None
            return max(self._stretch(next_at)[1] - self._unused, 0.0005)

    def _settle(self) -> None:
        """Let it be as late as the time that has passed makes it."""
        passed = self._passed()
        since, self._looked = passed - self._looked, passed
        if self._is_paused:
            return
        if not self._waiters:
            self._unused += min(since, max(0.0, _MOST_MADE_UP_FOR - self._unused))
            return
        self._unused += since
        next_at = self._next_at()
        while self._at < next_at:
            end, seconds = self._stretch(next_at)
            if self._unused < seconds:
                if self._sessions.containing(self._at) is not None:
                    self._at += timedelta(seconds=self._unused * self._speed)
                    self._unused = 0.0
                return
            self._at = end
            self._unused -= seconds
        self._unused = min(self._unused, _MOST_MADE_UP_FOR)

    def _stretch(self, next_at: datetime) -> tuple[datetime, float]:
        """Return how far time runs evenly from now on, at most to `next_at`, and how many seconds of ours that takes.

        A night is one stretch: it takes its time, and then it is over at once.
        """
        session = self._sessions.containing(self._at)
        if session is not None:
            end = min(session.close_at, next_at)
            return end, 0.0 if math.isinf(self._speed) else (end - self._at).total_seconds() / self._speed
        opens = next((s.open_at for s in self._sessions.open_after(self._at)), next_at)
        return min(opens, next_at), 0.0 if math.isinf(self._speed) else self._night_seconds


def _checked(speed: float) -> float:
    if not speed > 0:
        raise BadInput(f"the speed is {speed:g}", hint="how many times faster than real time, above 0")
    return speed
