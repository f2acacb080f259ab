"""Mirroring: how do decisions, breakers and counts get to Redis, where other programs read them, without any hurry?

    turn ─▶ news ─▶ a task of its own: what the books have and Redis lacks ─▶ Redis

What is written comes from the books (`engine/coordination.py`), as far as they go beyond what Redis says it has. So an
outage, a flush, or an engine that died in between leave no gap; a decision may be there twice then, and has its id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from engine.adapters import clock as wall
from engine.coordination import DECISIONS_KEPT, Coordination, Told, Written, decision_text, seconds_left
from engine.decision.effects import Effect, RecordBreaker, RecordDecision, RecordTurnedDown
from engine.decision.events import Event
from engine.errors import StonksError, Unavailable
from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision
from engine.model.live import Heartbeat
from engine.model.notifications import DeliveryStatus, NotificationChannel
from engine.model.runs import LIVE_RUN
from engine.ports import DecisionPage

if TYPE_CHECKING:
    from storage.redis_link import RedisLink

_log = logging.getLogger("stonks")
_HOUR = timedelta(hours=1)
_PAGE = 500
LAST_SECONDS = 1.0
"""So long the end waits until what was decided last is there; the next engine writes what is not."""


class Books(Protocol):
    """The books of an account, as whoever reads it has them (a part of `RunStore` and `LiveReader`)."""

    async def decisions(self, run_id: int, *, after: int | None = None, limit: int = 100) -> DecisionPage:
        """See `RunStore.decisions`."""

    async def count_decisions(self, run_id: int) -> int:
        """See `RunStore.count_decisions`."""

    async def breakers(self, run_id: int) -> tuple[BreakerEvent, ...]:
        """See `RunStore.breakers`."""

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `LiveReader.notification_counts`."""

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `LiveReader.heartbeat`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long turns are gathered, how often somebody looks without any, and how long a failure is let be. Seconds."""

    gather_seconds: float = 0.05
    refresh_seconds: float = 5.0
    first_pause: float = 0.2
    longest_pause: float = 10.0


class Mirror:
    """What a trader's `on_turn` is, and the task that carries on from there. It never raises, nor waits."""

    def __init__(
        self,
        coordination: Coordination,
        books: Books,
        *,
        account_id: str,
        now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._coordination, self._books = coordination, books
        self._account_id, self._now, self._pace = account_id, now, pace
        self._wake = asyncio.Event()
        self._has_heard, self._has_decided, self._has_tripped = False, False, False
        self._is_anew, self._is_emptied = True, False
        self._has_written, self._counts_due = False, 0.0
        self._trouble, self._since = "", ""

    @property
    def trouble(self) -> str:
        """What Redis lacks, since when and why; empty when it lacks nothing."""
        return self._trouble and f"other programs do not read what was decided since {self._since}: {self._trouble}"

    def __call__(self, seq: int, event: Event, effects: Sequence[Effect]) -> None:
        """Hear of a turn."""
        del seq, event
        for effect in effects:
            if isinstance(effect, RecordDecision | RecordTurnedDown):
                self._has_decided = True
            elif isinstance(effect, RecordBreaker):
                self._has_tripped = True
        if not self._has_heard or self._has_decided or self._has_tripped:
            self._has_heard = True
            self._wake.set()

    async def run(self) -> None:
        """Carry turns on until the end; whatever happens is tried again."""
        await self._wake.wait()
        pause = self._pace.first_pause
        while True:
            if await self._is_carried():
                pause = self._pace.first_pause
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.refresh_seconds):
                        await self._wake.wait()
                await asyncio.sleep(self._pace.gather_seconds)
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, self._pace.longest_pause)

    async def _is_carried(self) -> bool:
        try:
            await self.carry()
        except StonksError as error:
            self._fails(error.message)
        except Exception as error:  # noqa: BLE001 - a fault here is not to end this part, nor trading
            _log.exception("mirroring")
            self._fails(type(error).__name__)
        else:
            self._is_well()
        return not self._trouble

    async def last_words(self) -> None:
        """Carry on what is left, if that takes no time."""
        if self._has_heard and not self._trouble:
            with suppress(StonksError, TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self.carry()

    async def carry(self) -> None:
        """Write what the books have and Redis lacks. Raises StonksError; all is written anew after that."""
        self._wake.clear()
        decided, tripped, anew = self._has_decided, self._has_tripped, self._is_anew
        self._has_decided, self._has_tripped, self._is_anew = False, False, True
        self._is_emptied = await self._coordination.was_emptied() or self._is_emptied
        written = None if self._is_emptied else await self._coordination.written()
        self._require_alone(written)
        anew = anew or written is None
        if anew or tripped:
            await self._show_breakers()
        if anew or decided:
            await self._publish(await self._place(written) if anew or written is None else written.place)
        await self._show_notifications(anew=anew)
        self._is_anew = self._is_emptied = False

    def _require_alone(self, written: Written | None) -> None:
        """An account that is no more has left its keys; one that writes there while this one does is another matter."""
        is_ours = written is not None and written.account_id == self._account_id
        if written is not None and not is_ours and self._has_written:
            raise Unavailable("another account is written under the same keys", hint="give one a prefix or a database")
        self._has_written = self._has_written or is_ours

    async def _place(self, written: Written | None) -> int:
        """Return after which decision to go on: all that are kept there, when it is not known what is there."""
        count = await self._books.count_decisions(LIVE_RUN)
        oldest = max(0, count - DECISIONS_KEPT)
        if written is None or written.account_id != self._account_id or not 0 < written.place <= count:
            return oldest
        page = await self._books.decisions(LIVE_RUN, after=written.place - 1, limit=1)
        is_same = [_which(decision) for decision in page.decisions] == [written.last]
        return max(oldest, written.place) if is_same else oldest  # a backup may have taken the place of the account

    async def _publish(self, place: int) -> None:
        beating = await self._books.heartbeat()
        epoch = beating[0].epoch if beating else 0
        while True:
            page = await self._books.decisions(LIVE_RUN, after=place, limit=_PAGE)
            place = page.last or place
            last = _which(page.decisions[-1]) if page.decisions else ""
            told = [
                Told(
                    text=decision_text(decision, account_id=self._account_id, epoch=epoch),
                    recommendation_id=decision.recommendation_id or "",
                )
                for decision in page.decisions
            ]
            if told or not place:
                await self._coordination.publish(told, Written(account_id=self._account_id, place=place, last=last))
                self._has_written = True
            if page.next is None:
                return

    async def _show_breakers(self) -> None:
        at = self._now()
        left = {breaker: seconds_left(breaker, at) for breaker in await self._books.breakers(LIVE_RUN)}
        await self._coordination.show_breakers([b for b, seconds in left.items() if seconds is None or seconds > 0], at)

    async def _show_notifications(self, *, anew: bool) -> None:
        seconds = asyncio.get_running_loop().time()
        if not anew and seconds < self._counts_due:
            return
        self._counts_due = seconds + self._pace.refresh_seconds
        counts = await self._books.notification_counts(self._now() - _HOUR)
        sent = {channel: counts.get((channel, DeliveryStatus.DELIVERED), 0) for channel in NotificationChannel}
        await self._coordination.show_notifications(sent)

    def _fails(self, why: str) -> None:
        if not self._trouble:
            self._since = f"{wall.now():%H:%M:%S} UTC"
            _log.warning("%s; trading goes on without", why)
        self._trouble = why

    def _is_well(self) -> None:
        if self._trouble:
            _log.info("other programs read what is decided again, nothing is missing")
        self._trouble = ""


def _which(decision: Decision) -> str:
    return f"{decision.decision_id} {decision.at.isoformat()}"


@asynccontextmanager
async def mirrored(
    link: RedisLink,
    *,
    books: Books,
    account_id: str,
    now: Callable[[], datetime] = wall.now,
    pace: Pace | None = None,
) -> AsyncIterator[Mirror]:
    """Give what a trader's `on_turn` is to hear: turns are carried to `link` as long as this lasts.

    `now` is the engine's clock, by which breakers end.
    """
    from storage.redis_coordination import RedisCoordination

    mirror = Mirror(RedisCoordination(link), books, account_id=account_id, now=now, pace=pace or Pace())
    task = asyncio.get_running_loop().create_task(mirror.run(), name="mirror")
    try:
        yield mirror
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await mirror.last_words()
