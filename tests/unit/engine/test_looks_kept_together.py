"""Looks of which nothing came are kept with the turn after them; nothing leaves, and nobody waits, before that."""

from datetime import datetime, timedelta

import pytest

from engine.adapters.paper_broker import PaperBroker
from engine.decision.events import EntriesDue, SessionOpened
from engine.engine import LiveEngine
from engine.errors import Unavailable
from engine.leadership import lead
from engine.live_account import LiveAccount
from engine.live_ports import Turn
from engine.model.live import Errand
from engine.settings import Settings
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.killed_engine import busy_world
from tests.support.live import JumpingClock

WORLD = busy_world(0)
FIRST, SECOND = WORLD.played
AWAY = Unavailable("the file is away")


class Noting(InMemoryLiveStore):
    """A store that knows what was kept at once, and is away when it is told to be."""

    def __init__(self) -> None:
        super().__init__(live.account_of(WORLD))
        self.commits: list[Turn] = []
        self.is_away = False
        self.is_told_after = False

    async def commit(self, turn: Turn) -> None:
        if self.is_away:
            raise AWAY
        await super().commit(turn)
        self.commits.append(turn)
        if self.is_told_after:
            raise AWAY

    async def seqs(self) -> list[int]:
        return [entry.seq async for entry in self.journal()]


@pytest.fixture
async def store() -> Noting:
    found = Noting()
    assert await lead(found, "first", FIRST.open_at)
    return found


async def account_of(store: Noting) -> LiveAccount:
    account = LiveAccount(live.beginning(WORLD), Settings(policy=WORLD.policy), store, epoch=1, kept=None)
    await account.keep(SessionOpened(at=FIRST.open_at, session=FIRST), None)
    assert await store.seqs() == [1]
    return account


async def test_nothing_leaves_and_nobody_waits_before_every_turn_is_kept(store: Noting) -> None:
    course = live.course_of(WORLD)
    brought = waited = 0

    async def all_is_kept() -> bool:
        kept = await store.load()
        return (kept.seq if kept else 0) == trader.seq

    class Broker:
        def __init__(self, broker: PaperBroker) -> None:
            self._broker = broker

        def __getattr__(self, name: str) -> object:
            return getattr(self._broker, name)

        async def bring(self, errand: Errand, epoch: int) -> None:
            nonlocal brought
            brought += 1
            assert await all_is_kept()
            await self._broker.bring(errand, epoch)

    class Waiting(JumpingClock):
        async def until(self, at: datetime) -> None:
            nonlocal waited
            waited += 1
            assert await all_is_kept()
            await super().until(at)

    broker = Broker(live.paper(WORLD, InMemoryPaperMemory(), course))
    beginning, settings = live.beginning(WORLD), Settings(policy=WORLD.policy)
    trader = Trader(beginning, settings, store, broker, epoch=1, kept=None)  # type: ignore[arg-type]
    engine = LiveEngine(trader, Waiting(FIRST.open_at))
    await engine.run(course.driven_by(trader), [(course.rows[0], FIRST), (course.rows[1], SECOND)])

    assert await all_is_kept()
    assert await store.seqs() == list(range(1, trader.seq + 1))
    assert brought > 10 < waited
    together = sum(len(turn.looks) for turn in store.commits)
    assert len(store.commits) == trader.seq - together
    assert together > trader.seq / 4


async def test_a_look_waits_for_the_turn_after_it(store: Noting) -> None:
    account = await account_of(store)
    for _ in range(2):
        await account.keep(EntriesDue(at=FIRST.open_at), None)
    assert (account.seq, await store.seqs()) == (3, [1])
    await account.keep(SessionOpened(at=SECOND.open_at, session=SECOND), None)
    assert (account.seq, await store.seqs(), len(store.commits)) == (4, [1, 2, 3, 4], 2)
    await account.keep_looks()
    assert len(store.commits) == 2


async def test_looks_that_could_not_be_kept_are_kept_another_time(store: Noting) -> None:
    account = await account_of(store)
    store.is_away = True
    await account.keep(EntriesDue(at=FIRST.open_at), None)
    before = live.state_text(account.state)
    with pytest.raises(Unavailable):
        await account.keep(SessionOpened(at=SECOND.open_at, session=SECOND), None)
    assert (account.seq, live.state_text(account.state)) == (2, before)
    with pytest.raises(Unavailable):
        await account.keep_looks()
    store.is_away = False
    await account.keep_looks()
    assert await store.seqs() == [1, 2]


async def test_looks_of_which_nobody_could_say_that_they_were_kept_are_kept_once(store: Noting) -> None:
    account = await account_of(store)
    await account.keep(EntriesDue(at=FIRST.open_at), None)
    store.is_told_after = True
    with pytest.raises(Unavailable):
        await account.keep_looks()
    store.is_told_after = False
    await account.keep(EntriesDue(at=FIRST.open_at), None)
    await account.keep(SessionOpened(at=SECOND.open_at, session=SECOND), None)
    assert await store.seqs() == [1, 2, 3, 4]


async def test_a_crash_before_looks_are_kept_leaves_the_account_where_it_was(store: Noting) -> None:
    account = await account_of(store)
    before = live.state_text(account.state)
    await account.keep(EntriesDue(at=FIRST.open_at), None)
    kept = await store.load()
    assert kept
    assert (kept.seq, kept.state) == (1, before)
    after = LiveAccount(live.beginning(WORLD), account.settings, store, epoch=1, kept=kept)
    newer = EntriesDue(at=FIRST.open_at + timedelta(minutes=1))
    await after.keep(newer, None)
    await after.keep_looks()
    assert [entry.at async for entry in store.journal()] == [FIRST.open_at, newer.at]
