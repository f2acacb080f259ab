"""The broker service in this process, on a real server of Redis: whose broker it is, and what it does with the rest."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.adapters import clock
from engine.broking import wire
from engine.broking.messages import AccountMode, Job, JobKind
from engine.broking.queue_broker import QueueBroker
from engine.errors import BadInput, NotFound, Unavailable
from engine.model.live import Errand, ErrandKind
from engine.model.orders import Order, OrderSide, OrderState, OrderTag, OrderType, TimeInForce
from engine.model.sessions import Session, SessionTable
from stonks_tui import broker_adopting, broker_books, broker_dead, broker_presence, broker_service, broker_status
from stonks_tui.broker_books import BrokerBooks
from stonks_tui.broker_presence import BrokerLife, Presence
from stonks_tui.broker_service import BrokerPlan
from stonks_tui.broker_settings import BROKER_SETTINGS, BrokerSettings
from storage import postgres_address, redis_address, redis_keys
from storage.machine_lock import MachineLock
from storage.paper_store import PaperStore
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue
from tests.support import postgres
from tests.support.redis_server import RedisServer

NOW = clock.now()
SETTINGS = BrokerSettings(values={name: setting.default for name, setting in BROKER_SETTINGS.items()})
SESSIONS = SessionTable.of(
    [Session(on=NOW.date(), open_at=NOW - timedelta(hours=1), close_at=NOW + timedelta(hours=1))]
)


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    """A server for all of these."""
    made = RedisServer()
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    """The same, with nothing in it."""
    running.flush()
    return running


def plan(server: RedisServer, folder: Path, account: str = "") -> BrokerPlan:
    """Return what a service without prices is told."""
    return BrokerPlan(
        redis=redis_address.parse(server.url()),
        books=BrokerBooks(path=folder / "broker.db"),
        account=account,
        settings=SETTINGS,
        sessions=SESSIONS,
        inlets=(),
    )


@asynccontextmanager
async def serving(made: BrokerPlan) -> AsyncIterator[RedisLink]:
    """Serve it, and give a link for whoever is at the other end; what breaks the service is raised at the end."""
    stopping = asyncio.Event()
    async with RedisLink.open(made.redis) as link:
        service = asyncio.create_task(broker_service.serve(made, stopping))
        try:
            yield link
        finally:
            stopping.set()
            await service


@asynccontextmanager
async def asking(link: RedisLink, account: str, mode: AccountMode = AccountMode.PAPER) -> AsyncIterator[QueueBroker]:
    """Give the engine's side, for `account`."""
    queues = (RedisQueue(link, name) for name in broker_dead.QUEUES)
    async with QueueBroker.open(*queues, account_id=account, mode=mode, now=lambda: NOW) as broker:
        yield broker


async def answered(broker: QueueBroker, epoch: int = 1) -> None:
    """Wait until it answers: it may just be beginning."""
    for _ in range(200):
        try:
            await broker.serve(epoch)
            return
        except Unavailable:
            await asyncio.sleep(0.05)
    await broker.serve(epoch)


async def until(link: RedisLink, waiting: int, dead: int) -> None:
    """Wait until so many jobs wait, and so many messages are kept apart."""
    found = None
    for _ in range(1_500):
        found = await broker_dead.counts(link)
        if found == (waiting, dead):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def lives(link: RedisLink) -> None:
    """Wait until somebody takes jobs of an account that is known."""
    jobs = RedisQueue(link, redis_keys.BROKER_ORDERS)
    for _ in range(1_500):
        if (words := await jobs.life()) and broker_presence.life_of(words).account:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(words)


def order(name: str) -> Errand:
    """Return one that has to wait, for there are no prices."""
    made = Order(
        client_order_id=name,
        decision_id="d1",
        recommendation_id="r1",
        limit_price=None,
        ticker="AAA",
        side=OrderSide.SELL,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        quantity=5,
        tag=next(iter(OrderTag)),
        created_at=NOW,
    )
    return Errand(errand_id=1, kind=ErrandKind.ORDER, subject=name, at=NOW, order=made)


async def test_a_broker_belongs_to_the_account_of_its_first_job_for_ever(server: RedisServer, tmp_path: Path) -> None:
    async with serving(plan(server, tmp_path)) as link:
        async with asking(link, "first") as first:
            await answered(first)
        async with asking(link, "second") as second:
            with pytest.raises(Unavailable, match="this broker has the books of first"):
                await second.positions()
    async with serving(plan(server, tmp_path)) as link, asking(link, "second") as second:
        await lives(link)
        with pytest.raises(Unavailable, match="this broker has the books of first"):
            await second.positions()
    with pytest.raises(BadInput, match="they are of two accounts"):
        await broker_service.serve(plan(server, tmp_path, account="second"), asyncio.Event())


async def test_neither_rubbish_nor_a_job_that_is_meant_binds_a_broker(server: RedisServer, tmp_path: Path) -> None:
    job = Job(
        job_id="j1",
        kind=JobKind.QUERY_POSITIONS,
        account_id="live",
        mode=AccountMode.LIVE,
        epoch=1,
        created_at=NOW,
    )
    async with serving(plan(server, tmp_path)) as link:
        jobs, answers = (RedisQueue(link, name) for name in broker_dead.QUEUES)
        await jobs.send("rubbish", wire.job_text(job))
        async with asyncio.timeout(30):
            while not (said := await answers.take(0.1)):
                pass
        assert "this broker trades paper, the job is live" in said[0]
        await until(link, 0, 1)
        async with asking(link, "paper") as broker:
            await answered(broker)
            found = await broker_status.read(link.address)
            assert found.dead == 1
            assert "1 message that nobody can use lies in the queue: stonks broker dead shows it" in found.troubles


async def test_what_was_refused_is_listed_sent_again_and_forgotten(server: RedisServer) -> None:
    async with RedisLink.open(redis_address.parse(server.url())) as link:
        jobs, answers = (RedisQueue(link, name) for name in broker_dead.QUEUES)
        await jobs.send("one", "two")
        await answers.send("three")
        for queue, message in ((jobs, "one"), (jobs, "two"), (answers, "three")):
            await queue.take(0)
            await queue.refuse(message, f"{message} is nothing")
        found = await broker_dead.letters(link)
        assert [(d.number, d.queue, d.refused.message, d.refused.reason) for d in found] == [
            (1, redis_keys.BROKER_ORDERS, "one", "one is nothing"),
            (2, redis_keys.BROKER_ORDERS, "two", "two is nothing"),
            (3, redis_keys.BROKER_RESULTS, "three", "three is nothing"),
        ]
        await broker_dead.send_again(link, await broker_dead.letter(link, 1))
        await broker_dead.drop(link, await broker_dead.letter(link, 1))
        assert [d.refused.message for d in await broker_dead.letters(link)] == ["three"]
        assert await jobs.take(0) == ["one"]
        with pytest.raises(NotFound, match="there is no dead letter 2"):
            await broker_dead.letter(link, 2)


async def test_an_order_waits_through_an_end_of_the_service_and_is_known_by_the_next(
    server: RedisServer, tmp_path: Path
) -> None:
    for _ in range(2):
        async with serving(plan(server, tmp_path)) as link, asking(link, "me") as broker:
            await answered(broker)
            await broker.bring(order("o1"), 1)
            (report,) = await broker.reports_on("o1") or ()
            assert report.state is OrderState.ACCEPTED
    with closing(sqlite3.connect(tmp_path / "broker.db")) as file:
        assert file.execute("SELECT client_order_id, filled FROM paper_orders").fetchall() == [("o1", 0)]


async def test_of_two_services_on_one_queue_the_second_says_whose_it_is(
    server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_presence, "LIFE_SECONDS", -2.0)  # nobody is waited for
    async with RedisLink.open(redis_address.parse(server.url())) as link:
        jobs = RedisQueue(link, redis_keys.BROKER_ORDERS)
        await jobs.show_life(BrokerLife(owner="elsewhere:7", since="2026-01-05T10:00:00Z").words(), 600)
        with pytest.raises(BadInput, match="another broker service takes from this queue: elsewhere:7 since 2026"):
            await broker_service.serve(plan(server, tmp_path), asyncio.Event())
        assert broker_presence.life_of(await jobs.life() or "").owner == "elsewhere:7"


async def test_whoever_finds_another_in_its_place_lets_it_be(server: RedisServer) -> None:
    async with RedisLink.open(redis_address.parse(server.url())) as link:
        jobs = RedisQueue(link, redis_keys.BROKER_ORDERS)
        one, two = Presence(jobs, "one:1", NOW), Presence(jobs, "two:2", NOW)
        assert await one.begin() is None
        assert (other := await two.begin()) is not None
        assert other.owner == "one:1"
        await jobs.show_life(BrokerLife(owner="two:2").words(), 600)
        with pytest.raises(BadInput, match="two:2"):
            await one.show()
        await one.end()
        assert broker_presence.life_of(await jobs.life() or "").owner == "two:2"


async def test_two_services_never_have_the_same_books(server: RedisServer, tmp_path: Path) -> None:
    async with broker_books.opened(BrokerBooks(path=tmp_path / "broker.db")):
        with pytest.raises(Unavailable, match="another broker service has the books"):
            await broker_service.serve(plan(server, tmp_path), asyncio.Event())


async def test_a_service_goes_on_when_its_server_is_back(tmp_path: Path) -> None:
    server = RedisServer()
    try:
        server.start()
        async with serving(plan(server, tmp_path)) as link, asking(link, "me") as broker:
            await answered(broker)
            server.stop()
            with pytest.raises(Unavailable):
                await broker.positions()
            server.start()
            await answered(broker)
            await broker.bring(order("o1"), 1)
    finally:
        server.close()


async def test_with_books_in_postgres_a_second_service_stands_by_and_goes_on_with_the_orders(
    server: RedisServer, tmp_path: Path
) -> None:
    with postgres.fresh_url(empty=True) as url:
        books = BrokerBooks(path=tmp_path / "broker.db", database=postgres_address.parse(url))
        made = replace(plan(server, tmp_path), books=books)
        async with serving(made) as link, asking(link, "me") as broker:
            await answered(broker)
            await broker.bring(order("o1"), 1)
        async with RedisLink.open(made.redis) as link:
            other = BrokerLife(owner="elsewhere:7").words()
            await RedisQueue(link, redis_keys.BROKER_ORDERS).show_life(other, 0.5)
        async with serving(made) as link, asking(link, "me") as broker:
            await answered(broker)
            (report,) = await broker.reports_on("o1") or ()
            assert report.state is OrderState.ACCEPTED
    assert not (tmp_path / "broker.db").exists()


async def test_books_of_a_broker_inside_an_engine_are_taken_over_with_its_orders_and_its_account(
    server: RedisServer, tmp_path: Path
) -> None:
    inside, service = tmp_path / "account", tmp_path / "service"
    async with (
        PaperStore.open(inside / "paper.db", account_id="me") as memory,
        memory.transaction() as book,
    ):
        await book.set_epoch(4)
        await book.move_shares("AAA", 12)
    lock = MachineLock(inside / "stonks.db.lock")
    assert lock.take()
    with pytest.raises(Unavailable, match=r"an engine works with stonks\.db"):
        broker_adopting.adopt(inside, service / "broker.db")
    lock.let_go()
    assert broker_adopting.adopt(inside, service / "broker.db") == ("me", 0)
    async with serving(plan(server, service)) as link, asking(link, "me") as broker:
        await answered(broker, 5)
        assert await broker.positions() == {"AAA": 12}
        await broker.bring(order("o1"), 5)
    (inside / "paper.db.adopted").rename(inside / "paper.db")
    with pytest.raises(BadInput, match="has orders of its own"):
        broker_adopting.adopt(inside, service / "broker.db")
    with pytest.raises(NotFound, match="no books of a broker"):
        broker_adopting.adopt(tmp_path, service / "broker.db")
