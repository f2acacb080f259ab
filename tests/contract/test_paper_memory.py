"""What every memory of the paper broker promises: in memory, on SQLite, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInput, BrokenInvariant, StonksError
from engine.live_ports import PaperBook, PaperMemory
from engine.model.live import OrderReport, Report, TickerReport
from engine.model.orders import TRANSITIONS, Order, OrderSide, OrderState, OrderTag, OrderType, TimeInForce
from engine.model.paper import WAITING, PaperOrder
from storage.paper_store import PaperStore
from tests.support import strategies
from tests.support.desk import NOON
from tests.support.paper import MEMORIES, Opened, a_buy, a_sale

orders = st.builds(
    Order,
    client_order_id=strategies.ids,
    decision_id=strategies.ids,
    recommendation_id=st.none() | strategies.ids,
    ticker=strategies.tickers,
    side=st.sampled_from(OrderSide),
    quantity=strategies.quantities,
    order_type=st.sampled_from(OrderType),
    limit_price=st.none() | strategies.prices,
    time_in_force=st.sampled_from(TimeInForce),
    tag=st.sampled_from(OrderTag),
    created_at=strategies.moments,
    tranche=st.integers(1, 9),
    tranche_count=st.integers(1, 9),
    attempt=st.integers(1, 99),
    trigger_price=st.none() | strategies.prices,
)


@st.composite
def paper_orders(draw: st.DrawFn) -> PaperOrder:
    """An order as it may be put down, with or without what was brought."""
    order = draw(st.none() | orders)
    return PaperOrder(
        client_order_id=order.client_order_id if order else draw(strategies.ids),
        brought_at=draw(strategies.moments),
        state=OrderState.ACCEPTED,
        order=order,
        filled=draw(strategies.quantities),
        reports=draw(st.integers(1, 99)),
    )


@dataclass(frozen=True)
class Words:
    """Something that is noted in a transaction; `holds` says whether the transaction is kept."""

    orders: tuple[PaperOrder, ...]
    said: tuple[Report, ...]
    moved: tuple[tuple[str, int], ...]
    epoch: int
    heard: int
    holds: bool


@st.composite
def transactions(draw: st.DrawFn) -> list[Words]:
    """Transactions over a few orders, which come again as they get on."""
    pool = draw(st.lists(paper_orders(), min_size=1, max_size=4, unique_by=lambda paper: paper.client_order_id))
    found, numbers = [], dict.fromkeys((paper.client_order_id for paper in pool), 0)
    reached: dict[str, OrderState] = {}
    for _ in range(draw(st.integers(1, 5))):
        holds = draw(st.booleans())
        put, here, counted = [], dict(reached), dict(numbers)
        for paper in draw(st.lists(st.sampled_from(pool), max_size=3)):
            before = here.get(paper.client_order_id, OrderState.SUBMITTED)
            after = draw(st.sampled_from(sorted(TRANSITIONS[before] - {OrderState.UNKNOWN} or {before})))
            put.append(replace(paper, state=after))
            here[paper.client_order_id] = after
        said: list[Report] = []
        for _ in range(draw(st.integers(0, 4))):
            about = draw(st.none() | st.sampled_from(sorted(here))) if here else None
            if about is None:
                halted = draw(st.booleans())
                said.append(
                    TickerReport(ticker=draw(strategies.tickers), at=draw(strategies.moments), is_halted=halted)
                )
            else:
                counted[about] += 1
                said.append(draw(order_reports(about, counted[about])))
        moved = draw(st.lists(st.tuples(st.sampled_from(("AAA", "BBB")), st.integers(-5, 5)), max_size=3))
        epoch, heard = draw(st.integers(1, 2**40)), draw(st.integers(1, 99))
        found.append(Words(tuple(put), tuple(said), tuple(moved), epoch, heard, holds))
        if holds:
            numbers, reached = counted, here
    return found


@st.composite
def order_reports(draw: st.DrawFn, client_order_id: str, number: int) -> OrderReport:
    """Report `number` of an order."""
    return OrderReport(
        client_order_id=client_order_id,
        number=number,
        state=draw(st.sampled_from(OrderState)),
        at=draw(strategies.moments),
        filled=draw(strategies.quantities),
        quantity=draw(strategies.quantities),
        price=draw(strategies.prices),
        commission=draw(strategies.prices),
        reason=draw(strategies.texts),
    )


class GivenUp(Exception):
    """A test ends a transaction."""


async def note(memory: PaperMemory, words: Words) -> None:
    async with memory.transaction() as book:
        for paper in words.orders:
            await book.put_order(paper)
        for report in words.said:
            await book.say(report)
        for ticker, shares in words.moved:
            await book.move_shares(ticker, shares)
        await book.set_epoch(words.epoch)
        await book.set_heard(words.heard)
        if not words.holds:
            raise GivenUp


async def seen(book: PaperBook, ids: Sequence[str]) -> object:
    """All that the book answers."""
    return (
        [await book.order(client_order_id) for client_order_id in ids],
        [tuple(await book.said_of(client_order_id)) for client_order_id in ids],
        await book.waiting(),
        [tuple(await book.said_after(seq)) for seq in range(4)],
        dict(await book.positions()),
        await book.epoch(),
        await book.heard(),
    )


def expected(kept: Sequence[Words], ids: Sequence[str]) -> object:
    """The same, from the words."""
    latest: dict[str, PaperOrder] = {}
    for words in kept:
        for paper in words.orders:
            first = latest.get(paper.client_order_id, paper)
            latest[paper.client_order_id] = replace(paper, brought_at=first.brought_at, order=first.order)
    said = [report for words in kept for report in words.said]
    held: dict[str, int] = {}
    for ticker, shares in (move for words in kept for move in words.moved):
        held[ticker] = held.get(ticker, 0) + shares
    return (
        [latest.get(client_order_id) for client_order_id in ids],
        [
            tuple(r for r in said if isinstance(r, OrderReport) and r.client_order_id == client_order_id)
            for client_order_id in ids
        ],
        tuple(paper for paper in latest.values() if paper.state in WAITING),
        [tuple(enumerate(said[seq:], start=seq + 1)) for seq in range(4)],
        {ticker: shares for ticker, shares in held.items() if shares},
        kept[-1].epoch if kept else 0,
        kept[-1].heard if kept else 0,
    )


@pytest.mark.parametrize("opened", MEMORIES)
@settings(max_examples=16)
@given(story=transactions())
async def test_p45_what_was_kept_is_there_in_its_order_and_nothing_else(opened: Opened, story: list[Words]) -> None:
    ids = sorted({paper.client_order_id for words in story for paper in words.orders})
    async with opened() as memory:
        for words in story:
            try:
                await note(memory, words)
            except GivenUp:
                assert not words.holds
        async with memory.transaction() as book:
            assert await seen(book, ids) == expected([words for words in story if words.holds], ids)


@pytest_asyncio.fixture(params=MEMORIES)
async def memory(request: pytest.FixtureRequest) -> AsyncIterator[PaperMemory]:
    async with request.param() as opened:
        yield opened


def known(order: Order, state: OrderState = OrderState.ACCEPTED, reports: int = 1) -> PaperOrder:
    return PaperOrder(client_order_id=order.client_order_id, brought_at=NOON, state=state, order=order, reports=reports)


def report(order_id: str, number: int) -> OrderReport:
    return OrderReport(client_order_id=order_id, number=number, state=OrderState.ACCEPTED, at=NOON)


async def test_a_new_memory_knows_nothing(memory: PaperMemory) -> None:
    async with memory.transaction() as book:
        assert await seen(book, ["d1-1-1"]) == ([None], [()], (), [(), (), (), ()], {}, 0, 0)


async def test_within_a_transaction_what_was_noted_is_seen(memory: PaperMemory) -> None:
    async with memory.transaction() as book:
        await book.put_order(known(a_sale()))
        await book.say(report("d1-1-1", 1))
        await book.move_shares("AAA", 7)
        assert await book.order("d1-1-1") == known(a_sale())
        assert await book.waiting() == (known(a_sale()),)
        assert await book.said_after(0) == ((1, report("d1-1-1", 1)),)
        assert await book.said_of("d1-1-1") == (report("d1-1-1", 1),)
        assert await book.positions() == {"AAA": 7}


async def test_shares_that_were_bought_and_sold_again_are_not_held(memory: PaperMemory) -> None:
    async with memory.transaction() as book:
        await book.move_shares("AAA", 7)
        await book.move_shares("BBB", -2)
    async with memory.transaction() as book:
        await book.move_shares("AAA", -7)
        assert await book.positions() == {"BBB": -2}


async def test_orders_wait_in_the_order_in_which_they_came_whatever_becomes_of_them(memory: PaperMemory) -> None:
    first, second, third = (known(a_sale(f"d{number}-1-1")) for number in (3, 1, 2))
    async with memory.transaction() as book:
        for paper in (first, second, third):
            await book.put_order(paper)
    partly = replace(first, state=OrderState.PARTIALLY_FILLED, filled=4, reports=2)
    async with memory.transaction() as book:
        await book.put_order(partly)
        await book.put_order(replace(second, state=OrderState.FILLED, filled=10, reports=2))
    async with memory.transaction() as book:
        assert await book.waiting() == (partly, third)


@pytest.mark.parametrize("number", [1, 3])
async def test_a_report_whose_number_does_not_follow_is_refused(memory: PaperMemory, number: int) -> None:
    async def say() -> None:
        async with memory.transaction() as book:
            await book.put_order(known(a_sale()))
            await book.say(report("d1-1-1", 1))
            await book.say(report("d1-1-1", number))

    with pytest.raises(BrokenInvariant):
        await say()
    async with memory.transaction() as book:
        assert await book.order("d1-1-1") is None


async def test_a_report_of_an_order_that_never_came_is_refused(memory: PaperMemory) -> None:
    with pytest.raises(BrokenInvariant):
        async with memory.transaction() as book:
            await book.say(report("d1-1-1", 1))


async def test_one_transaction_waits_for_the_other(memory: PaperMemory) -> None:
    async def add() -> None:
        async with memory.transaction() as book:
            before = (await book.positions()).get("AAA", 0)
            await asyncio.sleep(0)
            await book.move_shares("AAA", 1)
            assert await book.positions() == {"AAA": before + 1}

    await asyncio.gather(*(add() for _ in range(10)))
    async with memory.transaction() as book:
        assert await book.positions() == {"AAA": 10}


# On SQLite alone: the file


async def test_what_is_in_the_file_is_there_again_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "books" / "paper.db"
    async with PaperStore.open(path) as store, store.transaction() as book:
        await book.put_order(known(a_buy()))
        await book.set_epoch(4)
    async with PaperStore.open(path) as store, store.transaction() as book:
        assert await book.order("d1-1-1") == known(a_buy())
        assert await book.epoch() == 4
    assert [file.name for file in path.parent.iterdir()] == ["paper.db"]


async def test_two_processes_may_write_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    async with PaperStore.open(path) as one, PaperStore.open(path) as other:
        for memory in (one, other, one):
            async with memory.transaction() as book:
                await book.move_shares("AAA", 1)
        async with other.transaction() as book:
            assert await book.positions() == {"AAA": 3}


async def test_an_empty_file_whose_maker_was_killed_is_made_after_all(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    path.touch()
    async with PaperStore.open(path) as store, store.transaction() as book:
        assert await book.epoch() == 0


async def test_a_file_that_is_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    path.write_text("buy low, sell high\n" * 99)
    with pytest.raises(BadInput, match="is not a SQLite database"):
        async with PaperStore.open(path):
            pass
    assert path.read_text() == "buy low, sell high\n" * 99


async def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "paper.db").mkdir()
    with pytest.raises(StonksError, match="is a folder"):
        async with PaperStore.open(tmp_path / "paper.db"):
            pass


async def test_every_transaction_is_on_the_disk_before_anybody_hears_of_it(tmp_path: Path) -> None:
    async with PaperStore.open(tmp_path / "paper.db") as store:
        with store._engine.connect() as connection:
            modes = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]
    assert modes == [3, "persist"]
