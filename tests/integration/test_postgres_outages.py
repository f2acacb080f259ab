"""Outages: a whole engine trades on an account in a database that goes away for a while, in each way that one can.

A share falls through its stop while nothing can be written down, and another one is recommended. Meanwhile nothing
leaves; whoever asks is told what is missing and since when; and as soon as storage is back the exit is made, by itself.
"""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest

from engine.decision.events import OrderFilled
from engine.door import Door
from engine.errors import Unavailable
from engine.model.audit import Asked, Word
from engine.model.notices import NoticeKind
from engine.model.orders import OrderTag
from engine.model.tape import RecommendationTable
from engine.tape_course import Happenings, TapeCourse
from engine.trader import Trader
from stonks_tui.trading import Account, World, on_paper, trade
from storage import postgres_address
from storage.live_store import SqlLiveStore
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from storage.postgres_paper import PostgresPaper
from storage.postgres_reader import PostgresLiveReader
from tests.support import live
from tests.support.postgres_server import PostgresServer
from tests.support.samples import a_record
from tests.support.tapes import FREE, WARM_UP, Path, at, buy
from tests.support.trading_room import CAPITAL, SESSIONS, policy, quoted
from tests.support.wire import Wire

SPEED = 600.0
PATIENCE_SECONDS = 60.0
ANSWER_SECONDS = 1.0
OPTIONS = (
    f"sslmode=disable&connect_timeout={ANSWER_SECONDS}&statement_timeout={ANSWER_SECONDS}&idle_in_transaction_timeout=1"
)
FALLS, RECOMMENDED = 20, 22
OUTAGES_IN_A_ROW = 50
MISSING = "nothing can be written down since"
pytestmark = pytest.mark.timeout(120)


@dataclass(slots=True)
class CappedClock:
    """Runs `speed` times as fast as ours, whatever anybody waits for, up to the moment that it may come to."""

    begins: datetime
    may_come_to: datetime
    speed: float = SPEED
    since: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def now(self) -> datetime:
        """See `Clock.now`."""
        loop_now = asyncio.get_running_loop().time()
        reached = self.begins + timedelta(seconds=(loop_now - self.since) * self.speed)
        if reached > self.may_come_to:
            self.begins, self.since = self.may_come_to, loop_now
        return min(reached, self.may_come_to)

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        while self.now() < at:  # noqa: ASYNC110 time is all that there is to wait for
            await asyncio.sleep(0.002)

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        return 0.0


@dataclass(kw_only=True)
class Engine:
    """An engine that trades; the test says how far the day may go."""

    clock: CappedClock
    door: Door
    database: Postgres
    turns: list[object] = field(default_factory=list)
    trader: Trader | None = None
    gap_seconds: float = 0.0

    async def come_to(self, minute: float) -> None:
        """Let the day go on to `minute`."""
        self.clock.may_come_to = at(0, minute)
        await self.clock.until(at(0, minute))

    async def status(self) -> str:
        """Return what it says of its troubles."""
        answered = await self.door.ask(Asked(word=Word.STATUS))
        return "; ".join(words for name, words in answered.after.items() if name.startswith("trouble"))

    async def is_well(self) -> bool:
        """Has it no troubles?"""
        return not await self.status()

    def go_slowly(self) -> None:
        """Let the day go on to its last minutes, a minute a second: an engine that lost storage tries again in 5."""
        now = self.clock.now()
        self.clock.begins, self.clock.since = now, asyncio.get_running_loop().time()
        self.clock.speed, self.clock.may_come_to = 60.0, at(0, 58)

    def holds(self) -> set[str]:
        """Return the tickers that it holds."""
        return set(self.trader.state.positions) if self.trader else set()

    async def watch_its_loop(self) -> None:
        """Note how long the loop came to nothing, at most."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            self.gap_seconds = max(self.gap_seconds, loop.time() - before - 0.005)


async def until(is_so: Callable[[], Awaitable[bool] | bool], what: str) -> None:
    """Wait until it `is_so`."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = is_so()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"not within {PATIENCE_SECONDS:g} s: {what}")


@asynccontextmanager
async def trading(url: str) -> AsyncIterator[Engine]:
    """Give an engine that trades on the account at `url`, and has AAA by minute 10."""
    prices: dict[str, dict[int, Path]] = {"AAA": {0: {0: 100.0, FALLS: 80.0}}, "BBB": {0: {0: 100.0}}}
    tape = quoted(prices)
    recommended = (buy("AAA"), buy("BBB", generated_at=at(0, RECOMMENDED)))
    course = TapeCourse(tape, Happenings(recommendations=RecommendationTable.of(recommended)), [WARM_UP])
    account = Account(
        capital=CAPITAL, policy=policy(), costs=FREE, sessions=SESSIONS, start_on=tape.daily.dates[WARM_UP]
    )
    address = postgres_address.parse(url)
    with closing(Postgres(address)) as database, closing(Postgres(address, address.broker_schema)) as books:
        async with SqlLiveStore(PostgresLive(database), account.record()) as store, PostgresPaper.open(books) as memory:
            engine = Engine(clock=CappedClock(at(0, -1), at(0, 10)), door=Door(), database=database)

            def driven_by(trader: Trader) -> Any:
                engine.trader = trader
                return course.driven_by(trader)

            world = World(clock=engine.clock, course=driven_by, days=[(WARM_UP, course.session(WARM_UP))])
            on_turn = lambda *turn: engine.turns.append(turn[1])  # noqa: E731
            work = asyncio.create_task(trade(account, world, store, on_paper(memory), engine.door, on_turn=on_turn))
            watch = asyncio.create_task(engine.watch_its_loop())
            try:
                await until(lambda: engine.holds() == {"AAA"} or work.done(), "AAA is bought")
                yield engine
                engine.door.stop()
                assert await work is not None
            finally:
                watch.cancel()
                work.cancel()
                await asyncio.gather(watch, work, return_exceptions=True)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of these tests' own."""
    with closing(PostgresServer().start()) as server:
        yield server


async def told(server: PostgresServer, *words: str) -> None:
    """Have the server do as it is told."""
    connection = await asyncpg.connect(server.url(), ssl=False)
    try:
        for word in words:
            await connection.execute(word)
    finally:
        await connection.close()


@asynccontextmanager
async def a_database(server: PostgresServer, name: str) -> AsyncIterator[str]:
    """Give the name of a new database, on a server that runs."""
    if server.process is None:
        server.start()
    await told(server, f'CREATE DATABASE "{name}"')
    yield name


Break = Callable[[PostgresServer, Wire], Awaitable[None]]


async def _stop(server: PostgresServer, _: Wire) -> None:
    server.stop(signal.SIGQUIT)


async def _start(server: PostgresServer, _: Wire) -> None:
    server.start()


async def _cut(_: PostgresServer, wire: Wire) -> None:
    wire.refuse()
    wire.reset()


async def _accept(_: PostgresServer, wire: Wire) -> None:
    await wire.accept()


async def _fall_silent(_: PostgresServer, wire: Wire) -> None:
    wire.fall_silent()


async def _speak(_: PostgresServer, wire: Wire) -> None:
    wire.speak()


async def _delay(_: PostgresServer, wire: Wire, *, seconds: float) -> None:
    wire.delay_seconds = seconds


async def _read_only(server: PostgresServer, _: Wire, *, word: str) -> None:
    await told(server, f"ALTER SYSTEM SET default_transaction_read_only = {word}", "SELECT pg_reload_conf()")


async def _writable(server: PostgresServer, _: Wire) -> None:
    await told(
        server,
        "SET default_transaction_read_only = off",
        "ALTER SYSTEM RESET default_transaction_read_only",
        "SELECT pg_reload_conf()",
    )


OUTAGES: dict[str, tuple[Break, Break, str]] = {
    "restarted": (_stop, _start, "does not answer"),
    "cut off": (_cut, _accept, "does not answer"),
    "half open": (_fall_silent, _speak, "has not answered in time"),
    "slow": (partial(_delay, seconds=2.0), partial(_delay, seconds=0.0), "has not answered in time"),
    "read-only": (partial(_read_only, word="on"), _writable, "is read-only"),
}


ALL = "STONKS_POSTGRES_KILLS" in os.environ
"""The long form has every outage; each takes as long as servers and clients take to give up."""


@pytest.mark.parametrize("outage", OUTAGES if ALL else ("restarted", "half open"))
async def test_nothing_leaves_in_an_outage_and_the_exit_is_made_as_soon_as_it_is_over(
    outage: str, server: PostgresServer
) -> None:
    breaks, mends, words = OUTAGES[outage]
    async with (
        a_database(server, outage) as name,
        Wire(server.port) as wire,
        trading(f"postgresql://postgres@127.0.0.1:{wire.port}/{name.replace(' ', '%20')}?{OPTIONS}") as engine,
    ):
        await engine.come_to(10)
        engine.gap_seconds = 0.0
        await breaks(server, wire)

        async def is_said() -> bool:
            return MISSING in await engine.status()

        engine.clock.may_come_to = at(0, 35)
        await until(is_said, "it is said what is missing")
        turns = len(engine.turns)
        await engine.come_to(35)
        gap_seconds = engine.gap_seconds
        said = await engine.status()
        assert MISSING in said
        assert words in said
        assert engine.holds() == {"AAA"}
        assert len(engine.turns) == turns
        await mends(server, wire)
        since = asyncio.get_running_loop().time()
        engine.go_slowly()
        await until(lambda: "AAA" not in engine.holds(), "AAA is sold")
        seconds = asyncio.get_running_loop().time() - since
        await until(lambda: "BBB" in engine.holds(), "BBB is bought")
        await until(engine.is_well, "all is well again")
        assert engine.trader is not None
        books = await live.books_of(PostgresLiveReader(engine.database), engine.trader.state)
        tags = [execution.tag for execution in books.executions if execution.fill.ticker == "AAA"]
        assert tags == [OrderTag.ENTRY, OrderTag.STOP_LOSS]
        kinds = [notice.kind for notice in books.notices]
        assert (kinds.count(NoticeKind.STORE_FAILED), kinds.count(NoticeKind.STORE_BACK)) == (1, 1)
        assert len([turn for turn in engine.turns if isinstance(turn, OrderFilled)]) == len(books.executions)
    print(f"{outage}: sold {seconds:.2f} s after it was over; the loop stood still for {gap_seconds * 1000:.0f} ms")
    if outage in ("half open", "slow"):
        assert gap_seconds < ANSWER_SECONDS  # one that waited for an answer would have stood still for longer


async def test_an_engine_goes_on_with_the_other_host_of_an_address_when_the_first_is_gone(
    server: PostgresServer,
) -> None:
    async with a_database(server, "hosts") as name, Wire(server.port) as first, Wire(server.port) as second:
        hosts = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
        async with trading(f"postgresql://postgres@{hosts}/{name}?{OPTIONS}") as engine:
            await engine.come_to(10)
            first.refuse()
            first.reset()
            await engine.come_to(21)
            engine.go_slowly()
            await until(lambda: engine.holds() == {"BBB"}, "AAA is sold and BBB bought")


async def test_fifty_outages_leave_no_connection_and_no_thread_behind(server: PostgresServer) -> None:
    async with a_database(server, "leaks") as name, Wire(server.port) as wire:
        address = postgres_address.parse(f"postgresql://postgres@127.0.0.1:{wire.port}/{name}?{OPTIONS}")
        with closing(Postgres(address)) as database:
            async with SqlLiveStore(PostgresLive(database), a_record()) as store:
                threads = threading.active_count()
                for _ in range(OUTAGES_IN_A_ROW):
                    await store.last_heartbeat()
                    wire.reset()
                    with pytest.raises(Unavailable):
                        await store.last_heartbeat()
                await store.last_heartbeat()
                assert threading.active_count() <= threads
                assert await connections(server, name) <= address.connections


async def connections(server: PostgresServer, name: str) -> int:
    """Return how many connections the server has to the database `name`."""
    connection = await asyncpg.connect(server.url(), ssl=False)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name))
    finally:
        await connection.close()
