"""Trading: an engine leads or stands by, and ends in order; whoever asks is always answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from engine.adapters import clock
from engine.door import Door
from engine.errors import BrokenInvariant, Unavailable
from engine.leadership import lead
from engine.model.audit import Asked, Word
from engine.model.live import Heartbeat
from engine.steps import Course
from engine.trader import Trader
from stonks_tui.trading import World, on_paper, trade
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live, live_account
from tests.support.live_account import StoppingClock

OPENS = live_account.WORLD.played[0].open_at


class Place:
    """An account in memory, and an engine that trades its first minutes and then ends, or waits before the open."""

    def __init__(self, *, waits: bool = False) -> None:
        self.store = InMemoryLiveStore(live_account.account().record())
        self.door = Door()
        self.is_open = False
        self._memory = InMemoryPaperMemory()
        self._course = live.course_of(live_account.WORLD)
        ends_at = OPENS + timedelta(minutes=5)
        self._clock = Waiting(OPENS) if waits else StoppingClock(OPENS, self.door, ends_at)

    async def trade(
        self,
        *,
        course: Callable[[Trader], Course] | None = None,
        lease_seconds: float = 90.0,
        at_the_door: Exception | None = None,
    ) -> Trader | None:
        """Trade; an engine that leads finds the door to be `at_the_door`."""

        @asynccontextmanager
        async def opened() -> AsyncIterator[None]:
            if at_the_door is not None:
                raise at_the_door
            self.is_open = True
            try:
                yield
            finally:
                self.is_open = False

        world = World(
            clock=self._clock,
            course=course or self._course.driven_by,
            days=tuple((row, self._course.session(row)) for row in self._course.rows),
            is_halted=self._course.is_halted,
        )
        return await trade(
            live_account.account(),
            world,
            self.store,
            on_paper(self._memory),
            self.door,
            opened=opened,
            lease_seconds=lease_seconds,
        )

    async def led_by(self, other: str, seconds: float) -> bool:
        """Let `other` lead for so many seconds of this machine from now on; return whether it may."""
        return await lead(self.store, other, clock.now(), seconds) is not None

    async def heartbeat(self) -> Heartbeat:
        """Return the engine's last sign of life."""
        found = await self.store.heartbeat()
        assert found is not None
        return found[0]


class Waiting(live.JumpingClock):
    """A clock that stands still."""

    async def until(self, at: datetime) -> None:  # noqa: ARG002
        """See `Clock.until`."""
        await asyncio.Event().wait()


async def test_an_engine_that_ends_says_so_and_leaves_the_lead_to_others_at_once() -> None:
    place = Place()
    trader = await place.trade()
    assert trader is not None
    assert trader.seq > 1
    beat = await place.heartbeat()
    assert (beat.doing, beat.seq, beat.epoch) == ("stopped", trader.seq, 1)
    assert not place.is_open
    assert await place.led_by("another", 1)


async def test_an_engine_that_stands_by_says_so_does_nothing_else_and_ends_when_it_is_told_to() -> None:
    place = Place()
    assert await place.led_by("another", 90)
    trading = asyncio.ensure_future(place.trade())
    status = await place.door.ask(Asked(word=Word.STATUS))
    assert (status.done, status.after["trading"]) == (True, "standby")
    pause = await place.door.ask(Asked(word=Word.PAUSE))
    assert (pause.done, pause.words) == (False, "standing by: another engine leads on this account")
    assert not place.is_open
    assert (await place.door.ask(Asked(word=Word.STOP))).done
    assert await trading is None
    assert await place.store.load() is None


async def test_an_engine_that_stands_by_takes_over_when_the_lease_is_over() -> None:
    place = Place()
    assert await place.led_by("another", 0.3)
    assert await place.trade(lease_seconds=0.6) is not None
    assert (await place.heartbeat()).epoch == 2


async def test_an_engine_that_waits_keeps_a_short_lease() -> None:
    place = Place(waits=True)
    trading = asyncio.ensure_future(place.trade(lease_seconds=0.6))
    await asyncio.sleep(1.5)
    assert not await place.led_by("another", 1)
    assert place.is_open
    place.door.stop()
    assert await trading is not None


async def test_an_engine_that_lost_the_lead_shuts_its_door_and_stands_by() -> None:
    place = Place(waits=True)
    trading = asyncio.ensure_future(place.trade(lease_seconds=0.6))
    await asyncio.sleep(0.1)
    await place.store.release_lease((await place.heartbeat()).owner)
    assert await place.led_by("another", 90)
    status = await place.door.ask(Asked(word=Word.STATUS))
    while status.after["trading"] != "standby":
        await asyncio.sleep(0.05)
        status = await place.door.ask(Asked(word=Word.STATUS))
    assert not place.is_open
    place.door.stop()
    assert await trading is None


async def test_whoever_waits_at_the_door_of_an_engine_that_breaks_is_answered() -> None:
    place = Place()

    def broken(_: Trader) -> Course:
        raise BrokenInvariant("the course contradicts itself")

    waits = asyncio.ensure_future(place.door.ask(Asked(word=Word.PAUSE)))
    with pytest.raises(BrokenInvariant):
        await place.trade(course=broken)
    later = await place.door.ask(Asked(word=Word.STATUS))
    for answer in (await waits, later):
        assert (answer.done, answer.words) == (False, "the engine has stopped")


async def test_an_engine_whose_door_cannot_be_made_does_not_begin() -> None:
    place = Place()
    with pytest.raises(Unavailable, match="the name is too long"):
        await place.trade(at_the_door=Unavailable("the name is too long"))
    assert await place.store.load() is None
