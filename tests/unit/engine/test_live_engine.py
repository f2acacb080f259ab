"""Live engine: who leads, what was left undone when an engine ended, and what it waits for."""

import asyncio
import sqlite3
from collections.abc import Coroutine
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.calendar import xnys
from engine.decision.events import OrderFilled, PricesSeen, RecommendationReceived, SessionEnded, SessionOpened
from engine.door import Door
from engine.engine import LiveEngine
from engine.errors import LostLease
from engine.leadership import lead
from engine.live_ports import LiveStore
from engine.model.audit import Answered, Word
from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from engine.settings import Settings
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.faulty_store import FaultyStore
from tests.support.killed_engine import busy_world
from tests.support.live import LIVE, JumpingClock
from tests.support.tapes import at, quotes
from tests.support.trading_room import Room, buy_and_hold, policy

LOCKED_SECONDS = 2.6
"""Longer than the store waits twice."""
WORLD = busy_world(0)
FIRST, SECOND = WORLD.played


async def _desk() -> tuple[InMemoryLiveStore, Trader]:
    store = InMemoryLiveStore(live.account_of(WORLD))
    course = live.course_of(WORLD)
    leadership = await lead(store, "first", FIRST.open_at)
    assert leadership
    broker = live.paper(WORLD, InMemoryPaperMemory(), course)
    return store, Trader(
        live.beginning(WORLD), Settings(policy=WORLD.policy), store, broker, epoch=leadership.epoch, kept=None
    )


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


async def test_an_engine_waits_for_a_database_that_is_locked_answers_people_meanwhile_and_goes_on(
    tmp_path: Path,
) -> None:
    room = buy_and_hold(minutes=14, folder=tmp_path)
    meanwhile: list[asyncio.Task[Answered]] = []

    async def lock() -> None:
        other = sqlite3.connect(room.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        loop = asyncio.get_running_loop()
        meanwhile.append(asyncio.create_task(_later(0.2, room.ask(Word.STATUS))))
        meanwhile.append(asyncio.create_task(_later(0.2, room.ask(Word.PAUSE))))
        loop.call_later(LOCKED_SECONDS, other.close)

    room.then(at(0, 10.5), lock)
    trader = await room.trade()
    status, pause = [await task for task in meanwhile]
    assert (status.done, status.after["trading"], status.after["protected"]) == (True, "active", "0.0000")
    assert "nothing can be written down" in status.after["trouble 1"]
    assert not pause.done
    assert "is being written by another process" in pause.words
    assert trader.state.trading is TradingState.ACTIVE
    assert room.looks() == [at(0, minute) for minute in range(14)]
    failed, back = await room.notices(NoticeKind.STORE_FAILED, NoticeKind.STORE_BACK)
    assert (failed.kind, failed.at, back.at) == (NoticeKind.STORE_FAILED, at(0, 11), at(0, 11))
    assert "is being written by another process" in failed.note


async def _later(seconds: float, ask: Coroutine[Any, Any, Answered]) -> Answered:
    await asyncio.sleep(seconds)
    return await ask


async def test_a_turn_that_was_kept_is_not_taken_again_when_its_errand_cannot_be_marked() -> None:
    store: list[FaultyStore] = []

    def wrapped(inner: LiveStore) -> LiveStore:
        store.append(FaultyStore(inner))
        store[0].fail(2, calls=frozenset({"brought"}))
        return store[0]

    room = buy_and_hold(minutes=8, wrapped=wrapped)
    trader = await room.trade()
    assert store[0].failed == 2
    judged = [event.at for _, event, _ in room.turns if isinstance(event, RecommendationReceived)]
    assert judged == [at(0, 0), at(0, 5)]  # it waits for the window
    assert len((await room.books()).executions) == 1
    assert list(trader.state.positions) == ["AAA"]
    kept = await store[0].load()
    assert kept
    assert kept.waiting == ()


async def test_what_the_broker_said_is_heard_later_when_it_could_not_be_kept() -> None:
    store: list[FaultyStore] = []

    def wrapped(inner: LiveStore) -> LiveStore:
        store.append(FaultyStore(inner))
        return store[0]

    room = buy_and_hold(minutes=8, wrapped=wrapped, policy=policy(polling_interval_seconds=15))

    def of_the_fill(call: str) -> bool:
        ordered = any(isinstance(e, RecommendationReceived) and e.at == at(0, 5) for _, e, _ in room.turns)
        return call == "commit" and ordered and store[0].failed < 1

    async def fail() -> None:
        store[0].fails = of_the_fill

    room.then(at(0, 4.5), fail)
    trader = await room.trade()
    assert store[0].failed == 1
    (execution,) = (await room.books()).executions
    assert execution.fill.at == at(0, 5)
    happened = [(type(event), event.at) for _, event, _ in room.turns]
    heard = next(place for place, (kind, _) in enumerate(happened) if kind is OrderFilled)
    assert heard < happened.index((PricesSeen, at(0, 5.25)))  # before anybody would ask about the order
    assert trader.state.positions["AAA"].quantity == execution.fill.quantity


async def test_a_look_that_could_not_be_kept_for_a_minute_is_given_up_and_what_it_offered_is_judged_in_the_next() -> (
    None
):
    store: list[FaultyStore] = []

    def wrapped(inner: LiveStore) -> LiveStore:
        store.append(FaultyStore(inner))
        return store[0]

    room = buy_and_hold(minutes=30, wrapped=wrapped)
    since = at(0, 4.5)

    def fails(call: str) -> bool:
        if call == "commit" and room.clock.at < at(0, 12):
            room.clock.at += timedelta(seconds=20)  # it takes its time to fail
            return True
        return False

    async def fail() -> None:
        store[0].fails = fails

    room.then(since, fail)
    await room.trade()
    looks = room.looks()
    assert looks[:6] == [at(0, minute) for minute in range(6)]
    assert at(0, 12) <= looks[6] <= at(0, 14)
    (decision,) = (await room.books()).decisions
    assert (decision.skip_reason, decision.at) == (None, looks[6])
    (failed,) = await room.notices(NoticeKind.STORE_FAILED)
    assert failed.value
    assert failed.value > 6 * 60


async def test_time_does_not_go_back_in_the_journal_when_somebody_speaks_while_a_look_is_late() -> None:
    room = buy_and_hold(minutes=20)

    async def speak_late() -> None:
        await room.clock.sleep(30, told=False)
        room.answers.append(await room.ask(Word.TIER, name="aggressive"))

    room.then(at(0, 11), speak_late)
    await room.trade()
    moments = [event.at for _, event, _ in room.turns]
    assert at(0, 11.5) in moments
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("day_0", "opens"),
    [
        (date(2024, 3, 8), [(14, 30), (13, 30), (13, 30)]),  # summer time begins on Sunday the 10th
        (date(2024, 11, 1), [(13, 30), (14, 30), (14, 30)]),  # and ends on the 3rd
    ],
)
async def test_looks_follow_new_york_when_its_clocks_change(day_0: date, opens: list[tuple[int, int]]) -> None:
    sessions = xnys(day_0 - timedelta(days=60), day_0 + timedelta(days=60))
    tape = quotes({"AAA": {day: {0: 100.0} for day in range(3)}}, sessions=sessions, day_0=day_0)
    room = Room(
        tape=tape,
        sessions=sessions,
        policy=policy(polling_interval_seconds=600),
        begins=datetime(day_0.year, day_0.month, day_0.day, 12, tzinfo=UTC),
    )
    await room.trade()
    looks = room.looks()
    days = sorted({look.date() for look in looks})
    assert len(days) == 3
    first = [min(look for look in looks if look.date() == day) for day in days]
    assert [(look.hour, look.minute) for look in first] == opens
    last = [max(look for look in looks if look.date() == day) for day in days]
    assert [end - begin for begin, end in zip(first, last, strict=True)] == [timedelta(hours=6.5)] * 3
