"""Guard: what does the engine notice about itself, and who hears of it?

Books of engine and broker that differ, shares whose stop nobody watches, looks that come late, a clock that jumps,
sources, broker and storage that do not answer, and what the parts around it say of themselves: each is told once when
it begins and once when it is over. What nobody can explain leaves exits only until a person resumes.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from engine import live_measures
from engine.complaints import Complaints
from engine.decision import protection
from engine.decision.events import FaultNoticed
from engine.decision.protection import Protection
from engine.errors import OutOfSpace, StonksError, Unavailable
from engine.live_ports import Clock, LiveStore, Sources
from engine.model.live import STOPPED, Heartbeat
from engine.model.notices import NoticeKind
from engine.model.notifications import Message
from engine.model.portfolio import TradingState
from engine.model.sessions import Session
from engine.remarks import Remarks
from engine.telling import notice_messages
from engine.telling.notice_messages import STORAGE_ALARM_SECONDS
from engine.trader import Trader

RECONCILED_EVERY = timedelta(minutes=5)
MEASURED_EVERY = timedelta(minutes=5)
BEATS_APART_SECONDS = 0.2
"""An engine that looks more often than so shows that it lives no more often. Seconds of this machine."""
PRICES_KEPT = timedelta(days=90)
JUMP_SECONDS = 2.0
"""The clock may be corrected by so much without a word."""
STALE_SESSIONS = 2
"""Recommendations are late when none was generated for so many sessions."""


class Guard:
    """Watches the engine that trades by way of `trader`. What it notices is told to the core, as turns.

    `remarks` is what others around the engine have to say.
    """

    def __init__(
        self,
        trader: Trader,
        store: LiveStore,
        clock: Clock,
        *,
        owner: str,
        epoch: int,
        remarks: Remarks | None = None,
    ) -> None:
        self.protection = Protection(share=1.0, unwatched=())
        self.lag_seconds = 0.0
        self.looks = 0
        self._trader = trader
        self._store = store
        self._clock = clock
        self._owner, self._epoch = owner, epoch
        self._beaten, self._doing = -BEATS_APART_SECONDS, ""
        self._has_shown_prices = False
        self._next_at: datetime | None = None
        self._started_at = clock.now()
        self._complaints = Complaints(trader, clock)
        self._troubles = self._complaints.troubles
        self._begins, self._is_over = self._complaints.begins, self._complaints.is_over
        self._tell, self.tell_rest = self._complaints.tell, self._complaints.tell_rest
        self._remarks = remarks or Remarks()
        self._notes: tuple[str, ...] = ()
        self._different: dict[str, tuple[int, int]] = {}
        self._reconciled_at: datetime | None = None
        self._measured_at: datetime | None = None
        self._told: tuple[str, ...] = ()
        self._stale_since: datetime | None = None
        self._broken_by = ""
        self._store_failed_at, self._is_alarmed = clock.now(), False
        self.alarm: Callable[[Message], None] = lambda _: None
        """What sends at once what no turn can tell."""

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong at the moment, in words."""
        return (*self._troubles.values(), *self._remarks.troubles)

    @property
    def trouble_kinds(self) -> frozenset[NoticeKind]:
        """What is wrong at the moment, by kind."""
        return frozenset(self._troubles)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the sources had to say when they answered last, in words: none of it stops the engine."""
        return self._notes

    async def started(self) -> None:
        """The engine has recovered: do its books agree with the broker's, and did the one before it end in order?"""
        await self._succeed()
        if self._remarks.executes:
            await self._tell(NoticeKind.BROKER_ELSEWHERE, note=self._remarks.executes)
        await self._reconcile(self._clock.now())
        await self.beat("starting", None)

    async def _succeed(self) -> None:
        before = await self._store.last_heartbeat()
        if before is not None and before.epoch < self._epoch and before.doing != STOPPED:
            note = (
                f"{self._owner} has taken over from {before.owner}, last heard of at {before.at:%Y-%m-%d %H:%M:%S} UTC"
            )
            await self._tell(NoticeKind.LEADER_CHANGED, value=self._epoch, note=note)

    async def look_is_due(self, due: datetime) -> None:
        """It is time to look, or later than that: say so when it is much later.

        What was due before the engine started is not late.
        """
        now = self._clock.now()
        self.looks += 1
        self.lag_seconds = max(0.0, (now - max(due, self._started_at)).total_seconds())
        jumped = self._clock.jumped_seconds()
        interval = float(self._trader.policy.polling_interval_seconds)
        if abs(jumped) > JUMP_SECONDS:
            set_back = jumped < -interval
            note = "it was set back" if jumped < 0 else "the machine slept, or it was set forward"
            await self._tell(NoticeKind.CLOCK_JUMPED, value=jumped, note=note, unexplained=set_back)
        elif self.lag_seconds > interval:
            await self._begins(NoticeKind.LOOP_LAGGED, f"looks come {self.lag_seconds:.0f} s late", self.lag_seconds)
            return
        self._troubles.pop(NoticeKind.LOOP_LAGGED, None)

    async def looked(self, session: Session, doing: str, next_at: datetime) -> None:
        """A look is over: how does the account stand?"""
        now = self._clock.now()
        if self._reconciled_at is None or now - self._reconciled_at >= RECONCILED_EVERY:
            await self._reconcile(now)
        await self._hear_of_others()
        await self._protect(now)
        is_open = session.open_at <= now < session.close_at
        if is_open and (self._measured_at is None or now - self._measured_at >= MEASURED_EVERY):
            self._measured_at = now
            with suppress(Unavailable):
                await self._store.measured(live_measures.of(self._trader.state, self.protection.share, now))
        are_first_prices = not self._has_shown_prices and self.prices_at() is not None
        beaten = asyncio.get_running_loop().time() - self._beaten
        if are_first_prices or doing != self._doing or beaten >= BEATS_APART_SECONDS:
            await self.beat(doing, next_at)

    async def waited(self, doing: str, next_at: datetime) -> None:
        """Nothing was due for a while: do all others still answer? The engine lives."""
        await self._hear_of_others()
        await self.beat(doing, next_at)

    async def beat(self, doing: str, next_at: datetime | None) -> None:
        """Show that the engine lives, and what it waits for."""
        self._beaten, self._doing, self._next_at = asyncio.get_running_loop().time(), doing, next_at
        state, prices_at = self._trader.state, self.prices_at()
        self._has_shown_prices = prices_at is not None
        trading, cause = state.standing()
        with suppress(Unavailable):
            await self._store.beat(
                Heartbeat(
                    at=self._clock.now(),
                    owner=self._owner,
                    epoch=self._epoch,
                    pid=os.getpid(),
                    started_at=self._started_at,
                    seq=self._trader.seq,
                    trading=trading,
                    cause=cause,
                    doing=doing,
                    next_at=next_at,
                    lag_seconds=self.lag_seconds,
                    protected=self.protection.share,
                    prices_at=prices_at,
                    looks=self.looks,
                    troubles=self.troubles,
                )
            )

    async def beat_again(self) -> None:
        """A word was obeyed: whoever looks on sees at once what has become of the account."""
        if self._doing:
            await self.beat(self._doing, self._next_at)

    async def day_is_over(self) -> None:
        """Looks at prices that led to nothing are not kept for ever; decisions and money are."""
        with suppress(Unavailable):
            await self._store.forget_prices(self._clock.now() - PRICES_KEPT)

    async def sources_failed(self, error: Unavailable) -> None:
        """Prices and recommendations cannot be had."""
        await self._begins(NoticeKind.SOURCES_LOST, error.message)

    async def sources_answered(self, sources: Sources, session: Session) -> None:
        """They can, and how old are they?"""
        self._notes = sources.notes
        await self._is_over(NoticeKind.SOURCES_LOST, NoticeKind.SOURCES_BACK)
        newest = sources.newest_recommendation_at()
        if newest is None or newest == self._stale_since:
            return
        late = self._trader.state.sessions.sessions_between(newest.date(), session.on)
        if late > STALE_SESSIONS:
            self._stale_since = newest
            note = f"the newest is of {newest:%Y-%m-%d %H:%M} UTC"
            await self._tell(NoticeKind.RECOMMENDATIONS_STALE, value=late, limit=STALE_SESSIONS, note=note)

    def store_failed(self, error: Unavailable) -> None:
        """Nothing can be kept, so nothing leaves: no stop is watched until storage answers.

        That can be told by no turn: people hear of it at once when it lasts.
        """
        now = self._clock.now()
        if NoticeKind.STORE_FAILED not in self._troubles:
            self._store_failed_at, self._is_alarmed = now, False
        if not self._is_alarmed and (now - self._store_failed_at).total_seconds() >= STORAGE_ALARM_SECONDS:
            self._is_alarmed = True
            self.alarm(notice_messages.storage_failed(error.message))
        since = f"{self._store_failed_at:%H:%M:%S} UTC"
        self._troubles[NoticeKind.STORE_FAILED] = f"nothing can be written down since {since}: {error.message}"
        self.protection = protection.unwatched(self._trader.state)

    async def store_answered(self, error: Unavailable, seconds: float) -> None:
        """What could not be kept for `seconds` is kept now. After a full disk only exits are made.

        Raises Unavailable, and has told nothing, when that is not so.
        """
        at, full = self._clock.now(), isinstance(error, OutOfSpace)
        kind = NoticeKind.STORE_FAILED
        await self._trader.take(FaultNoticed(at=at, kind=kind, value=seconds, note=error.message, unexplained=full))
        self._troubles.pop(kind, None)
        await self._protect(at)
        await self._tell(NoticeKind.STORE_BACK, value=seconds)

    async def broke(self, error: StonksError) -> None:
        """Something contradicts the books: it has not happened, and a person has to look.

        What breaks at every look is told once, until the person resumes.
        """
        if error.message == self._broken_by and self._trader.state.trading is not TradingState.ACTIVE:
            return
        self._broken_by = error.message
        await self._tell(NoticeKind.BROKEN_INVARIANT, note=error.message, unexplained=True)

    async def _hear_of_others(self) -> None:
        """Does the broker answer, and what do the parts around the engine have to say?"""
        if trouble := self._trader.broker_trouble:
            await self._begins(NoticeKind.BROKER_SILENT, trouble)
        else:
            await self._is_over(NoticeKind.BROKER_SILENT, NoticeKind.BROKER_BACK)
        if cannot := self._trader.broker_cannot:
            await self._begins(NoticeKind.BROKER_CANNOT_ANSWER, cannot, unexplained=True)
        for words, is_over in self._remarks.changes():
            await self._tell(NoticeKind.REMARK_OVER if is_over else NoticeKind.REMARK, note=words)

    async def _reconcile(self, now: datetime) -> None:
        found = await self._trader.differences()
        if found is None:  # the broker does not answer: asked again at the next look
            return
        self._reconciled_at = now
        before, self._different = self._different, found
        if not found:
            self._troubles.pop(NoticeKind.RECONCILIATION_DIFFERENCE, None)
            if before:
                await self._tell(NoticeKind.RECONCILED)
            return
        sides = [f"{ticker}: {here} here, {there} at the broker" for ticker, (here, there) in found.items()]
        self._troubles[NoticeKind.RECONCILIATION_DIFFERENCE] = "; ".join(sides)
        if found != before:
            await self._tell(
                NoticeKind.RECONCILIATION_DIFFERENCE, value=len(found), note="; ".join(sides), unexplained=True
            )

    async def _protect(self, now: datetime) -> None:
        strangers = {t: there - here for t, (here, there) in self._different.items() if there > here}
        if self._trader.state.market is None and not strangers:
            return  # the first look is still to come
        self.protection = protection.measured(self._trader.state, now, self._trader.policy, strangers)
        unwatched = self.protection.unwatched
        if unwatched == self._told:
            return
        self._told = unwatched
        if unwatched:
            self._troubles[NoticeKind.PROTECTION_BREACH] = f"nobody watches the stops of {', '.join(unwatched)}"
            share = self.protection.share
            await self._tell(NoticeKind.PROTECTION_BREACH, value=share, limit=1.0, note=", ".join(unwatched))
        else:
            self._troubles.pop(NoticeKind.PROTECTION_BREACH, None)
            await self._tell(NoticeKind.PROTECTION_RESTORED, value=1.0)

    def prices_at(self) -> datetime | None:
        """Return when the newest price was printed that was known at the last look, None before any."""
        market = self._trader.state.market
        age = market.heartbeat_age_seconds() if market is not None else None
        looked_at = self._trader.last_at
        return None if age is None or looked_at is None else looked_at - timedelta(seconds=age)
