"""Property 40: a turn that could not be kept has not happened, and the same event taken again comes to the same."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.engine import LiveEngine
from engine.errors import Unavailable
from engine.live_ports import Turn
from engine.model.audit import AuditEvent
from engine.model.live import JournalEntry
from engine.model.runs import RunBooks, RunRecord
from engine.settings import Settings
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.markets import IntradayWorld, World, intraday_worlds, worlds

seeds = st.integers(0, 2**32 - 1)
parts = st.sampled_from((0.01, 0.1, 0.5))


class FailingStore(InMemoryLiveStore):
    """A store that is not there for some of the turns, and has then kept nothing."""

    def __init__(self, account: RunRecord, seed: int, failing: float) -> None:
        super().__init__(account)
        self.failed = 0
        self._chance = Random(seed)
        self._failing = failing

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`."""
        if self._chance.random() < self._failing:
            self.failed += 1
            raise Unavailable("the file is away")
        await super().commit(turn)


class PatientTrader(Trader):
    """Takes an event again and again until its turn is kept, and sees that nothing has happened before."""

    async def take(self, event: Event, audit: Callable[[Sequence[Effect]], AuditEvent] | None = None) -> None:
        """See `Trader.take`."""
        while True:
            before, market = live.state_text(self.state), self.state.market
            try:
                return await super().take(event, audit)
            except Unavailable:
                assert live.state_text(self.state) == before
                assert self.state.market is market

    async def keep_looks(self) -> None:
        """See `Trader.keep_looks`."""
        while True:
            before = live.state_text(self.state)
            try:
                return await super().keep_looks()
            except Unavailable:
                assert live.state_text(self.state) == before


@settings(max_examples=12)
@given(world=worlds(), seed=seeds, failing=parts)
def test_p40_a_turn_that_could_not_be_kept_has_not_happened(world: World, seed: int, failing: float) -> None:
    asyncio.run(_compare(world, seed, failing))


@pytest.mark.lengthy
@settings(max_examples=8)
@given(world=intraday_worlds(with_splits=True), seed=seeds, failing=parts)
def test_p40_nor_within_the_day(world: IntradayWorld, seed: int, failing: float) -> None:
    asyncio.run(_compare(world, seed, failing))


async def _compare(world: World | IntradayWorld, seed: int, failing: float) -> None:
    failed = FailingStore(live.account_of(world), seed, failing)
    sound = FailingStore(live.account_of(world), seed, 0)
    assert await _played(world, failed) == await _played(world, sound)
    event(f"failed: {min(3, failed.failed)}")


async def _played(world: World | IntradayWorld, store: FailingStore) -> tuple[RunBooks, str, Sequence[JournalEntry]]:
    """Return what is in the books, in the state and in the journal at the end."""
    course, memory = live.course_of(world), InMemoryPaperMemory()
    sessions = [(row, course.session(row)) for row in course.rows if course.schedule.has_prices[row]]
    lease = await store.take_lease("engine", sessions[0][1].open_at, 0)
    assert lease
    broker = live.paper(world, memory, course)
    trader = PatientTrader(
        live.beginning(world), Settings(policy=world.policy), store, broker, epoch=lease.epoch, kept=None
    )
    await LiveEngine(trader, live.JumpingClock(sessions[0][1].open_at)).run(course.driven_by(trader), sessions)
    state = live.state_text(trader.state)
    return await live.books_of(store, trader.state), state, [entry async for entry in store.journal()]
