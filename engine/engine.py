"""Engine: how does a live account live through its sessions?

The engine plays the same courses as the backtester (`engine/steps.py`). It waits for the moment of each look, sees that
it still leads, takes in what has come, and hears what the broker says; what people say takes effect at once. Starting
is recovering: there is no other way in, and none out that anything depends on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from engine.decision.events import EntriesDue, PricesSeen, SessionEnded, SignalReceived
from engine.door import Door
from engine.errors import BrokenInvariant, Unavailable
from engine.guard import Guard
from engine.leadership import Leadership
from engine.live_ports import Clock, Sources
from engine.model.audit import Answered, Asked, Word
from engine.model.sessions import Session
from engine.obedience import obey
from engine.status import status_of
from engine.steps import Course, LookDue, Offered, Step, WaitingDue
from engine.trader import Trader

_log = logging.getLogger("stonks")
_OF_A_LOOK = (PricesSeen, Offered, EntriesDue, SignalReceived, WaitingDue)
SOON = timedelta(seconds=5)
"""Whatever has become known waits for a look that is due so soon."""
BEAT_SECONDS = 10.0
"""So often an engine that waits shows that it lives. Seconds of this machine, however fast the clock runs."""
OWED_SECONDS = 2.0
"""So often a broker is asked again that does not answer, while something waits to be brought to it."""
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.1, 5.0
STALE_SECONDS = 60.0
"""What a look has led to is given up when it could not be kept for so long: the next look is about newer prices."""


class LiveEngine:
    """Trades one account until the sessions are over or somebody says stop.

    Without a `leadership` to keep, the trader's epoch alone says whether it may still trade. Without a `guard` it
    notices nothing about itself, and what contradicts its books ends it.
    """

    def __init__(
        self,
        trader: Trader,
        clock: Clock,
        leadership: Leadership | None = None,
        *,
        sources: Sources | None = None,
        guard: Guard | None = None,
        door: Door | None = None,
        spread: Callable[[float], float] = lambda seconds: seconds,
    ) -> None:
        """`spread` says how many seconds of a pause are waited: not all who lost the same server come back at once."""
        self._trader = trader
        self._clock = clock
        self._leadership = leadership
        self._sources = sources
        self._guard = guard
        self._door = door or Door()
        self._spread = spread
        self._failing: tuple[datetime, Unavailable] | None = None
        self._is_refreshed = False

    async def run(self, course: Course, days: Iterable[tuple[int, Session]]) -> None:
        """Play each of `days`, a row of the market and its session, from where the account stands.

        Raises LostLease when another engine has taken over: then nothing more has left.
        """
        await self._begin(course)
        for row, session in days:
            if session.close_at <= self._clock.now():
                continue
            await self._play(course, row, session)
            await self._keep_looks()
            if self._door.is_stopping:
                return

    async def _begin(self, course: Course) -> None:
        self._trader.course = course
        await self._insist(self._still_leads)
        await self._insist(self._trader.recover)
        if self._guard:
            await self._watch(self._guard.started)
        await self._insist(self._end_what_was_left)

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
                await self._look(step.at, session)
                if self._slept_through(session):
                    break
            if self._door.is_stopping:
                return
            await self._make_happen(step)
        await self._trader.close_market()
        if self._guard:
            await self._guard.day_is_over()

    def _slept_through(self, session: Session) -> bool:
        """Has the session closed before it was opened here?"""
        return self._trader.state.session != session and self._clock.now() >= session.close_at

    async def _look(self, at: datetime, session: Session) -> None:
        """Wait until it is time to look, and take in what has come by then."""
        await self._keep_looks()
        doing = "watching" if session.open_at < at else f"waiting for the open of {session.on}"
        if self._guard:
            await self._watch(partial(self._guard.looked, session, doing, at))
        await self._wait(at, doing, session)
        if self._door.is_stopping:
            return
        await self._insist(self._still_leads)
        if self._guard:
            await self._watch(partial(self._guard.look_is_due, at))
        if self._sources and not self._is_refreshed:
            await self._refresh(self._sources, session)
        self._is_refreshed = False

    async def _refresh(self, sources: Sources, session: Session) -> bool:
        """Take in what has come, and return whether that could be done."""
        try:
            await sources.refresh(self._clock.now(), session)
        except Unavailable as error:
            if self._guard is None:
                raise
            await self._watch(partial(self._guard.sources_failed, error))
            return False
        if self._guard:
            await self._watch(partial(self._guard.sources_answered, sources, session))
        return True

    async def _wait(self, at: datetime, doing: str, session: Session) -> None:
        """Wait until `at`, or until something calls for a look.

        What people say meanwhile takes effect at once, and the lease is kept.
        """
        await self._door.answer_waiting(self._answer)
        while self._clock.now() < at and not self._door.is_stopping:
            await self._door.opened(self._at_most_a_beat(at), self._answer)
            if self._clock.now() < at and not self._door.is_stopping:
                await self._insist(self._still_leads)
                await self._insist(self._hear_broker)
                if await self._is_called(at, session):
                    return  # the guard is heard at the end of the look
                if self._guard:
                    await self._watch(partial(self._guard.waited, doing, at))

    async def _is_called(self, at: datetime, session: Session) -> bool:
        """Has something become known that does not wait until `at`? The close is looked at when it is there."""
        now, sources = self._clock.now(), self._sources
        is_noticed = _heard(sources.news) if sources is not None else False
        if sources is None or self._trader.state.session != session or at >= session.close_at:
            return False
        if at - now <= SOON and not is_noticed:
            return False
        self._is_refreshed = await self._refresh(sources, session)
        if not (sources.is_urgent(now) or (is_noticed and sources.has_suggestions(self._clock.now()))):
            self._is_refreshed = False
            return False
        self._trader.call_for_look()
        return True

    async def _at_most_a_beat(self, at: datetime) -> None:
        """Wait until `at`, until somebody gives notice of something, or for so long that it is time to show life."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._beat_seconds()):
                heard = [self._trader.broker_news, self._sources.news if self._sources else None]
                if news := [event.wait() for event in heard if event is not None]:
                    await _first_of(self._clock.until(at), *news)
                else:
                    await self._clock.until(at)

    def _beat_seconds(self) -> float:
        """Return how long it may wait without a word: a short lease is to be kept too, an exit to be brought."""
        longest = self._spread(OWED_SECONDS) if self._trader.is_owed else BEAT_SECONDS
        return min(longest, self._leadership.seconds / 3) if self._leadership else longest

    async def _hear_broker(self) -> None:
        if self._trader.broker_news is not None:
            await self._trader.hear_broker(self._clock.now())

    async def _answer(self, asked: Asked) -> Answered:
        if asked.word is Word.STATUS:
            return Answered(done=True, words="running", after=status_of(self._trader, self._guard, self._clock.now()))
        answered = await obey(self._trader, asked, self._trader.not_before(self._clock.now()))
        if answered.done and self._guard:
            await self._guard.beat_again()
        return answered

    async def _make_happen(self, step: Step) -> None:
        is_stale = partial(self._is_stale, step)  # the machine slept, or was busy
        if is_stale() or not await self._unless_broken(partial(self._trader.step, step), is_stale):
            self._put_off(step)

    async def _keep_looks(self) -> None:
        """Have it kept what was looked at, before anybody waits."""
        await self._unless_broken(self._trader.keep_looks)

    async def _unless_broken(
        self, do: Callable[[], Awaitable[None]], gives_up: Callable[[], bool] = lambda: False
    ) -> bool:
        """Do it as `_insist` does; what contradicts the books is told, and trading goes on without it."""
        try:
            return await self._insist(do, gives_up)
        except BrokenInvariant as error:
            if self._guard is None:
                raise
            await self._watch(partial(self._guard.broke, error))
            return True

    def _is_stale(self, step: Step) -> bool:
        """Are there newer prices by now than those that `step` is about?"""
        return isinstance(step, _OF_A_LOOK) and self._clock.now() - step.at > timedelta(seconds=STALE_SECONDS)

    def _put_off(self, step: Step) -> None:
        """What was to be judged in a look that is given up is judged in the next one."""
        course = self._trader.course
        if course is not None and isinstance(step, Offered):
            for place in step.batch.order:
                course.wait(step.batch.table.row(place), step.at)
        elif course is not None and isinstance(step, SignalReceived):
            course.wait_signal(step.signal, step.at)

    async def _insist(self, do: Callable[[], Awaitable[None]], gives_up: Callable[[], bool] = lambda: False) -> bool:
        """Do it until storage has answered, and return whether it was done: nothing happens that is not kept.

        People are answered meanwhile. It is given up when the engine is to end, and when `gives_up` says so.
        """
        pause = FIRST_RETRY_SECONDS
        while True:
            try:
                await do()
            except Unavailable as error:
                if self._guard is None:
                    raise
                if self._failing is None:
                    _log.critical("nothing can be written down, so nothing leaves: %s", error.message)
                self._failing = self._failing[0] if self._failing else self._clock.now(), error
                self._guard.store_failed(error)
            else:
                break
            if self._door.is_stopping or gives_up():
                return False
            await self._door.opened(asyncio.sleep(self._spread(pause)), self._answer)
            pause = min(2 * pause, LAST_RETRY_SECONDS)
        if self._failing and self._guard:
            since, failed = self._failing
            with suppress(Unavailable):
                await self._guard.store_answered(failed, (self._clock.now() - since).total_seconds())
                self._failing = None
        return True

    async def _watch(self, do: Callable[[], Awaitable[None]]) -> None:
        """Let the guard do it, and go on once all that it noticed is kept."""
        await self._insist(do)
        if self._guard:
            await self._insist(self._guard.tell_rest)

    async def _still_leads(self) -> None:
        if self._leadership:
            await self._leadership.keep(self._clock.now())


def _heard(news: asyncio.Event | None) -> bool:
    """Was there news? None is left then."""
    if news is None or not news.is_set():
        return False
    news.clear()
    return True


async def _first_of(*waits: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
