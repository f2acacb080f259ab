"""Whatever is brought, how often, and whoever dies of it: an order is executed at most once, and nothing is lost."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.adapters.paper_behaviour import PaperBehaviour
from engine.adapters.paper_broker import PaperBroker
from engine.errors import LostLease, Unavailable
from engine.live_ports import Broker, PaperBook, PaperMemory
from engine.model.live import Errand, OrderReport, Report
from engine.model.orders import TRANSITIONS, Order, OrderSide, OrderState
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support.desk import NOON, PlainMarket
from tests.support.faulty_broker import ALL_FAULTS, FaultyBroker
from tests.support.paper import a_buy, a_sale, bringing, cancelling, in_memory, on_sqlite, shares_in
from tests.support.tapes import FREE

ORDERS: tuple[Order, ...] = (
    a_buy("d1-1-1", 10, "AAA"),
    a_buy("d2-1-1", 7, "BBB"),
    a_sale("d3-1-1", 4, "AAA"),
    a_sale("d4-1-1", 3, "BBB"),
    a_sale("d5-1-1", 1, "CCC", trigger_price=900_000),
)
BY_ID: Mapping[str, Order] = {order.client_order_id: order for order in ORDERS}
NEVER = 10**9

quotes = st.none() | st.sampled_from((990_000, 1_000_000, 1_004_000, 1_010_000))
markets = st.builds(
    lambda **found: PlainMarket(prices={ticker: price for ticker, price in found.items() if price is not None}),
    AAA=quotes,
    BBB=quotes,
    CCC=quotes,
)
behaviours = st.builds(
    PaperBehaviour,
    seed=st.integers(0, 9),
    parts=st.integers(1, 4),
    rejected_pct=st.sampled_from((0, 0, 0.3)),
    fills=st.sampled_from((True, True, True, False)),
    day_orders_expire=st.booleans(),
)
Step = tuple[str, Any]
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("bring"), st.sampled_from(ORDERS)),
    st.tuples(st.just("bring"), st.sampled_from(ORDERS)),
    st.tuples(st.just("cancel"), st.sampled_from(sorted(BY_ID))),
    st.tuples(st.just("prices"), markets),
    st.tuples(st.just("prices"), markets),
    st.tuples(st.just("a late engine brings"), st.sampled_from(ORDERS)),
    st.tuples(st.just("listen"), st.none()),
    st.tuples(st.just("restart"), behaviours),
    st.tuples(st.just("dies soon"), st.integers(0, 12)),
    st.tuples(st.just("time passes"), st.sampled_from((1, 59, 60, 3600, 86_400))),
)


class Killed(Exception):
    """The process ends here."""


class MortalMemory:
    """A memory whose process dies after so many calls in transactions; the end of a transaction is a call too."""

    def __init__(self, memory: PaperMemory) -> None:
        self._memory = memory
        self.left = NEVER

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PaperBook]:
        """See `PaperMemory.reading`."""
        async with self._memory.reading() as book:
            yield cast(PaperBook, _MortalBook(book, self.lives_on))
            self.lives_on()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PaperBook]:
        """See `PaperMemory.transaction`."""
        async with self._memory.transaction() as book:
            yield cast(PaperBook, _MortalBook(book, self.lives_on))
            self.lives_on()
        self.lives_on()

    def lives_on(self) -> None:
        """One call less."""
        self.left -= 1
        if self.left < 0:
            raise Killed


class _MortalBook:
    def __init__(self, book: PaperBook, lives_on: Callable[[], None]) -> None:
        self._book = book
        self._lives_on = lives_on

    def __getattr__(self, name: str) -> Any:
        self._lives_on()
        return getattr(self._book, name)


class World:
    """A broker, whoever brings it orders, and everything that was heard of it."""

    def __init__(self, memory: PaperMemory) -> None:
        self.memory = MortalMemory(memory)
        self.at = NOON
        self.heard: list[list[Report]] = [[]]
        self.deaths = 0
        self.broker = self.made(PaperBehaviour())

    def made(self, behaviour: PaperBehaviour) -> PaperBroker:
        """A broker as it starts."""
        self.behaviour = behaviour
        return PaperBroker(self.memory, FREE, behaviour=behaviour)

    async def happens(self, step: Step) -> None:
        """Let `step` happen; whoever dies of it is started again, and listens no more."""
        try:
            await self._happens(*step)
        except Killed:
            self.deaths += 1
            self._restart(self.behaviour)

    def _restart(self, behaviour: PaperBehaviour) -> None:
        self.memory.left = NEVER
        self.heard.append([])
        self.broker = self.made(behaviour)

    async def _happens(self, what: str, about: Any) -> None:
        match what:
            case "bring":
                await self.broker.bring(bringing(about, self.at), 2)
            case "cancel":
                await self.broker.bring(cancelling(about, self.at), 2)
            case "prices":
                await self.broker.prices_changed(about, self.at)
            case "a late engine brings":
                await self._late(bringing(about, self.at))
            case "listen":
                self.heard[-1] += await self.broker.reports()
            case "restart":
                self._restart(about)
            case "dies soon":
                self.memory.left = about
            case _:
                self.at += timedelta(seconds=about)

    async def _late(self, errand: Errand) -> None:
        await self.broker.bring(cancelling("d0-1-1", self.at), 2)  # the broker knows the epoch of the one that leads
        with pytest.raises(LostLease):
            await self.broker.bring(errand, 1)


async def said_of_all(broker: Broker) -> dict[str, Sequence[OrderReport]]:
    """Everything that was said of the orders that the broker knows."""
    found = {client_order_id: await broker.reports_on(client_order_id) for client_order_id in BY_ID}
    return {client_order_id: reports for client_order_id, reports in found.items() if reports is not None}


def agree(said: Mapping[str, Sequence[OrderReport]], positions: Mapping[str, int]) -> None:
    """Hold what was said of each order, and the shares held, against what must be true of them."""
    held: dict[str, int] = {}
    for client_order_id, reports in said.items():
        order, state, filled = BY_ID[client_order_id], OrderState.SUBMITTED, 0
        assert [report.number for report in reports] == list(range(1, len(reports) + 1))
        for report in reports:
            assert report.state in TRANSITIONS[state]
            state, filled = report.state, filled + report.quantity
            assert report.filled == filled <= order.quantity
            assert (state is OrderState.FILLED) == (filled == order.quantity)
        moved = shares_in(reports)
        held[order.ticker] = held.get(order.ticker, 0) + (moved if order.side is OrderSide.BUY else -moved)
    assert dict(positions) == {ticker: shares for ticker, shares in held.items() if shares}


stories = st.lists(steps, min_size=10, max_size=60)


@settings(max_examples=80)
@given(story=stories)
async def test_p40_an_order_is_executed_at_most_once_and_shares_are_the_sum_of_what_was_filled(
    story: list[Step],
) -> None:
    async with in_memory() as memory:
        await lived_through(memory, story)


@settings(max_examples=15)
@given(story=stories)
async def test_p40_on_disk_too(story: list[Step]) -> None:
    async with on_sqlite() as memory:
        await lived_through(memory, story)


async def lived_through(memory: PaperMemory, story: list[Step]) -> None:
    """Let `story` happen, and hold everything that came of it against what must be true."""
    world = World(memory)
    await world.broker.prices_changed(PlainMarket(prices={"AAA": 1_000_000, "BBB": 1_000_000}), NOON)
    before: Mapping[str, Sequence[OrderReport]] = {}
    for step in story:
        await world.happens(step)
        left, world.memory.left = world.memory.left, NEVER
        said = await said_of_all(world.broker)
        world.memory.left = left
        assert all(list(said[order][: len(reports)]) == list(reports) for order, reports in before.items())
        before = said
    world.memory.left = NEVER
    agree(before, await world.broker.positions())
    event(f"deaths: {min(3, world.deaths)}, orders with a fill: {sum(map(bool, map(shares_in, before.values())))}")
    world.heard[-1] += await world.broker.reports()
    for life in world.heard:  # each life hears things in their order and once
        for client_order_id in BY_ID:
            numbers = [report.number for report in of_orders(life) if report.client_order_id == client_order_id]
            assert numbers == sorted(set(numbers))
    all_that_was_heard = {report for life in world.heard for report in of_orders(life)}
    assert all_that_was_heard >= {report for reports in before.values() for report in reports}


def of_orders(reports: Sequence[Report]) -> list[OrderReport]:
    """Return what was said of orders."""
    return [report for report in reports if isinstance(report, OrderReport)]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), story=stories)
async def test_through_a_faulty_wire_whoever_brings_again_and_asks_comes_to_the_same(
    seed: int, story: list[Step]
) -> None:
    plain = PaperBroker(InMemoryPaperMemory(), FREE)
    await plain.prices_changed(PlainMarket(prices={"AAA": 1_000_000, "BBB": 1_000_000}), NOON)
    broker = FaultyBroker(plain, ALL_FAULTS, seed=seed)
    at, heard = NOON, list[Report]()
    for what, about in story:
        match what:
            case "bring":
                await until_it_is_there(broker, bringing(about, at))
            case "cancel":
                await until_it_is_there(broker, cancelling(about, at))
            case "prices":
                await broker.prices_changed(about, at)
            case "time passes":
                at += timedelta(seconds=about)
            case _:
                heard += await broker.reports()
    said = await said_of_all(broker)
    agree(said, await broker.positions())
    assert said == await said_of_all(plain)
    assert set(heard) <= {report for reports in said.values() for report in reports}


async def until_it_is_there(broker: Broker, errand: Errand) -> None:
    """Bring `errand` until somebody says that it is there."""
    while True:
        try:
            await broker.bring(errand, 1)
        except Unavailable:
            continue
        return
