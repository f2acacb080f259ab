"""Engine: how does a live account live through its sessions?

The engine plays the same courses as the backtester (`engine/steps.py`). It waits for the moment of each look, sees that
it still leads, and hears what the broker says. Starting is recovering: there is no other way in, and none out that
anything depends on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.decision.events import SessionEnded
from engine.errors import LostLease
from engine.live_ports import Clock, LiveStore
from engine.model.sessions import Session
from engine.steps import Course, LookDue
from engine.trader import Trader

LEASE_SECONDS = 90.0
"""How long an engine leads without a word: longer than a look takes to come round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leadership:
    """The right of `owner` to trade on an account, as long as nobody else has taken it (`epoch`)."""

    store: LiveStore
    owner: str
    epoch: int
    seconds: float = LEASE_SECONDS

    async def keep(self, at: datetime) -> None:
        """Make it last. Raises LostLease when another engine leads by now."""
        lease = await self.store.take_lease(self.owner, at, self.seconds)
        if lease is None or lease.epoch != self.epoch:
            raise LostLease(f"{self.owner} no longer leads on this account", hint="another engine has taken over")


async def lead(store: LiveStore, owner: str, at: datetime, seconds: float = LEASE_SECONDS) -> Leadership | None:
    """Return the leadership of an account for `owner`, None while another engine has it."""
    lease = await store.take_lease(owner, at, seconds)
    return Leadership(store=store, owner=owner, epoch=lease.epoch, seconds=seconds) if lease else None


class LiveEngine:
    """Trades one account until the sessions are over or somebody says stop.

    Without a `leadership` to keep, the trader's epoch alone says whether it may still trade.
    """

    def __init__(
        self,
        trader: Trader,
        clock: Clock,
        leadership: Leadership | None = None,
        *,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._trader = trader
        self._clock = clock
        self._leadership = leadership
        self._should_stop = should_stop

    async def run(self, course: Course, days: Iterable[tuple[int, Session]]) -> None:
        """Play each of `days`, a row of the market and its session, from where the account stands.

        Raises LostLease when another engine has taken over: then nothing more has left.
        """
        self._trader.course = course
        await self._still_leads()
        await self._trader.recover()
        await self._end_what_was_left()
        for row, session in days:
            if session.close_at <= self._clock.now():
                continue
            await self._play(course, row, session)
            if self._should_stop():
                return

    async def _end_what_was_left(self) -> None:
        """End the session in which the account was left, when it has closed meanwhile."""
        state = self._trader.state
        left = state.session
        if left and state.ended_on != left.on and left.close_at <= self._clock.now():
            await self._trader.take(SessionEnded(at=self._trader.not_before(left.close_at), session=left))

    async def _play(self, course: Course, row: int, session: Session) -> None:
        since = self._clock.now() if self._trader.state.session == session else None
        for step in course.play(row, session, since=since):
            if isinstance(step, LookDue):
                await self._clock.until(step.at)
                if self._should_stop():
                    return
                await self._still_leads()
            await self._trader.step(step)

    async def _still_leads(self) -> None:
        if self._leadership:
            await self._leadership.keep(self._clock.now())
