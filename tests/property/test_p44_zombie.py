"""Property 44: an engine that lost its lease executes nothing.

It stands still somewhere in its work, for longer than its lease lasts; another takes over and goes on. When it wakes,
it does what it was about to do: nothing of that is kept and nothing executed, and it hears that it has lost its lease.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from engine.adapters.paper_broker import PaperBroker
from engine.errors import LostLease
from engine.model.costs import CostModel
from engine.trader import Trader
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support import live
from tests.support.desk import NOON, PlainMarket
from tests.support.killed_engine import busy_world, live_under
from tests.support.markets import IntradayWorld
from tests.support.once import require_once
from tests.support.paper import a_buy, bringing
from tests.support.passings import Passing, Point, Tally, nothing

LEASE_SECONDS = 30.0
FIRST, SECOND = "the first engine", "the second engine"

places = st.tuples(st.sampled_from(Point), st.integers(1, 40))
seeds = st.integers(0, 2**32 - 1)


@dataclass(slots=True)
class Sleep:
    """Somebody sleeps until somebody else wakes them."""

    fell_asleep: asyncio.Event = field(default_factory=asyncio.Event)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def begin(self) -> None:
        """Sleep."""
        self.fell_asleep.set()
        await self.woken.wait()


@dataclass(slots=True, kw_only=True)
class Account:
    """One account that two engines want to trade."""

    world: IntradayWorld
    store: InMemoryLiveStore
    memory: InMemoryPaperMemory

    @classmethod
    def of(cls, world: IntradayWorld) -> "Account":
        """Return the account at its beginning."""
        return cls(world=world, store=InMemoryLiveStore(live.account_of(world)), memory=InMemoryPaperMemory())

    async def traded_by(self, owner: str, at: datetime, passing: Passing) -> "asyncio.Task[Trader]":
        """Let `owner` trade from `at` on."""
        lease = await self.store.take_lease(owner, at, LEASE_SECONDS)
        assert lease
        living = live_under(lease.epoch, self.world, self.store, self.memory, passing, since=at)
        return asyncio.create_task(living)

    async def last_turn(self) -> tuple[int, datetime]:
        """Return the number of the last turn, and when it was."""
        seq, at = 0, self.world.played[0].open_at
        async for entry in self.store.journal():
            seq, at = entry.seq, entry.at
        return seq, at

    async def taken_over(self, passing: Passing) -> "asyncio.Task[Trader]":
        """Let the second engine trade as soon as the lease of the first is over, which was renewed at the last turn."""
        _, at = await self.last_turn()
        lease = await self.store.take_lease(FIRST, at, LEASE_SECONDS)
        assert lease
        over = max(lease.expires_at, at)
        assert await self.store.take_lease(SECOND, over - timedelta(microseconds=1), LEASE_SECONDS) is None
        return await self.traded_by(SECOND, over, passing)

    async def known(self) -> tuple[int, object, object]:
        """Return what is kept and what is executed."""
        async with self.memory.transaction() as book:
            return (await self.last_turn())[0], await book.said_after(0), await book.positions()


async def asleep_or_done(engine: "asyncio.Task[Trader]", sleep: Sleep) -> None:
    """Wait until `engine` sleeps, or has come to an end before it could."""
    sleeping = asyncio.create_task(sleep.fell_asleep.wait())
    await asyncio.wait((engine, sleeping), return_when=asyncio.FIRST_COMPLETED)
    sleeping.cancel()


async def outcome(engine: "asyncio.Task[Trader]") -> str:
    """Return how `engine` came to its end: it lost its lease, or had nothing left to do."""
    try:
        await engine
    except LostLease:
        return "lost its lease"
    return "had nothing left to do"


@settings(max_examples=10)
@given(seed=seeds, place=places)
def test_p44_whoever_wakes_after_another_has_gone_on_keeps_and_executes_nothing(
    seed: int, place: tuple[Point, int]
) -> None:
    asyncio.run(_wake_late(Account.of(busy_world(seed, days=1)), *place))


async def _wake_late(account: Account, point: Point, number: int) -> None:
    sleep, tally = Sleep(), Tally(nothing)
    zombie = await account.traded_by(FIRST, account.world.played[0].open_at, Tally(sleep.begin, point, number))
    await asleep_or_done(zombie, sleep)
    await (await account.taken_over(tally))
    before = await account.known()
    sleep.woken.set()
    ended = await outcome(zombie)
    assert await account.known() == before
    assert ended == "lost its lease" or not sleep.fell_asleep.is_set() or not tally.passed[Point.BEFORE_COMMIT]
    event(f"{point}: {ended}")
    await require_once(account.world, account.store, account.memory, account.store)


@settings(max_examples=10)
@given(seed=seeds, place=places, meanwhile=places)
@example(seed=0, place=(Point.BEFORE_BRING, 3), meanwhile=(Point.BEFORE_BRING, 1))  # both are about to bring the same
@example(seed=0, place=(Point.AFTER_COMMIT, 12), meanwhile=(Point.FILL_KEPT, 1))  # prices come, for what the other has
@example(seed=1, place=(Point.AFTER_COMMIT, 30), meanwhile=(Point.FILL_KEPT, 1))
def test_p44_whoever_wakes_while_another_is_at_work_does_not_disturb_it(
    seed: int, place: tuple[Point, int], meanwhile: tuple[Point, int]
) -> None:
    asyncio.run(_wake_early(Account.of(busy_world(seed, days=1)), place, meanwhile))


async def _wake_early(account: Account, place: tuple[Point, int], meanwhile: tuple[Point, int]) -> None:
    sleep, pause = Sleep(), Sleep()
    zombie = await account.traded_by(FIRST, account.world.played[0].open_at, Tally(sleep.begin, *place))
    await asleep_or_done(zombie, sleep)
    second = await account.taken_over(Tally(pause.begin, *meanwhile))
    await asleep_or_done(second, pause)
    before = await account.known()
    sleep.woken.set()
    event(f"{await outcome(zombie)} while the other {'was done' if second.done() else 'was at work'}")
    assert await account.known() == before
    pause.woken.set()
    assert await outcome(second) == "had nothing left to do"
    await require_once(account.world, account.store, account.memory, account.store)


async def test_p44_prices_of_one_who_never_brought_anything_fill_nothing_for_another() -> None:
    memory = InMemoryPaperMemory()
    zombie, second = PaperBroker(memory, CostModel()), PaperBroker(memory, CostModel())
    await zombie.serve(1)
    await second.serve(2)
    await second.bring(bringing(a_buy()), 2)
    await zombie.prices_changed(PlainMarket(prices={"AAA": 900_000}), NOON)
    assert await second.positions() == {}
