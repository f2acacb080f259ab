"""Live engine: who leads, and what was left undone when an engine ended."""

from datetime import datetime, timedelta

import pytest

from engine.decision.events import SessionEnded, SessionOpened
from engine.door import Door
from engine.engine import LiveEngine, lead
from engine.errors import LostLease
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.killed_engine import busy_world
from tests.support.live import LIVE, JumpingClock

WORLD = busy_world(0)
FIRST, SECOND = WORLD.played


async def _desk() -> tuple[InMemoryLiveStore, Trader]:
    store = InMemoryLiveStore(live.account_of(WORLD))
    course = live.course_of(WORLD)
    leadership = await lead(store, "first", FIRST.open_at)
    assert leadership
    broker = live.paper(WORLD, InMemoryPaperMemory(), course)
    return store, Trader(live.beginning(WORLD), WORLD.policy, store, broker, epoch=leadership.epoch, kept=None)


async def test_a_second_engine_cannot_lead_while_the_first_one_does() -> None:
    store, _ = await _desk()
    assert await lead(store, "second", FIRST.open_at + timedelta(seconds=89)) is None
    taken = await lead(store, "second", FIRST.open_at + timedelta(seconds=90))
    assert taken
    assert taken.epoch == 2


async def test_an_engine_that_another_one_has_followed_stops_before_it_looks() -> None:
    store, trader = await _desk()
    leadership = await lead(store, "first", FIRST.open_at)
    assert leadership
    await store.release_lease("first")
    assert await lead(store, "second", FIRST.open_at)
    course = live.course_of(WORLD)
    engine = LiveEngine(trader, JumpingClock(FIRST.open_at), leadership)
    with pytest.raises(LostLease, match="first no longer leads"):
        await engine.run(course.driven_by(trader), [(course.rows[0], FIRST)])
    assert await store.load() is None


async def test_a_session_that_closed_while_no_engine_ran_is_ended_by_the_next_one_once() -> None:
    store, trader = await _desk()
    await trader.take(SessionOpened(at=FIRST.open_at, session=FIRST))
    course = live.course_of(WORLD)
    for _ in range(2):
        await LiveEngine(trader, JumpingClock(FIRST.close_at)).run(course.driven_by(trader), [])
    (day,) = await store.snapshots(LIVE)
    assert (day.on, day.total_value) == (FIRST.on, WORLD.capital)
    entries = [entry async for entry in store.journal()]
    assert [SessionEnded.__name__ in entry.event for entry in entries] == [False, True]


async def test_a_session_that_still_trades_is_gone_on_with_and_not_opened_again() -> None:
    store, trader = await _desk()
    await trader.take(SessionOpened(at=FIRST.open_at, session=FIRST))
    course = live.course_of(WORLD)
    late = JumpingClock(FIRST.open_at + timedelta(minutes=30))
    await LiveEngine(trader, late).run(course.driven_by(trader), [(course.rows[0], FIRST)])
    happened = [entry.event async for entry in store.journal()]
    assert sum(SessionOpened.__name__ in said for said in happened) == 1
    looks = [entry.at async for entry in store.journal() if "PricesSeen" in entry.event]
    assert looks[0] == FIRST.open_at + timedelta(minutes=30)
    assert looks[-1] == FIRST.close_at


async def test_an_engine_that_is_told_to_stop_looks_no_more() -> None:
    store, trader = await _desk()
    course = live.course_of(WORLD)
    door = Door()

    class ThirdLookEnds(JumpingClock):
        async def until(self, at: datetime) -> None:
            await super().until(at)
            if at >= FIRST.open_at + timedelta(minutes=2):
                door.stop()

    engine = LiveEngine(trader, ThirdLookEnds(FIRST.open_at), door=door)
    await engine.run(course.driven_by(trader), [(course.rows[0], FIRST), (course.rows[1], SECOND)])
    assert len([entry async for entry in store.journal() if "PricesSeen" in entry.event]) == 2
    assert trader.state.session == FIRST
