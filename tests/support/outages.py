"""Outages: a whole engine trades on an account in a database that goes away for a while.

AAA falls through its stop at minute 20, and BBB is recommended at 22; the test says how far the day may go, and what
becomes of the database meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from engine.decision.events import OrderFilled
from engine.door import Door
from engine.model.audit import Asked, Word
from engine.model.tape import RecommendationTable
from engine.tape_course import Happenings, TapeCourse
from engine.trader import Trader
from stonks_tui.trading import Account, World, on_paper, trade
from storage import postgres_address
from storage.live_store import SqlLiveStore
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from storage.postgres_paper import PostgresPaper
from tests.support.postgres_server import PostgresServer
from tests.support.tapes import FREE, WARM_UP, Path, at, buy
from tests.support.trading_room import CAPITAL, SESSIONS, policy, quoted

SPEED = 600.0
PATIENCE_SECONDS = 60.0
ANSWER_SECONDS = 1.0
OPTIONS = (
    f"sslmode=disable&connect_timeout={ANSWER_SECONDS}&statement_timeout={ANSWER_SECONDS}&idle_in_transaction_timeout=1"
)
FALLS, RECOMMENDED = 20, 22
MISSING = "nothing can be written down since"


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

    def has_kept_its_buy(self) -> bool:
        """Is it written down that it holds AAA? A turn that could not be kept is undone."""
        return self.holds() == {"AAA"} and any(isinstance(turn, OrderFilled) for turn in self.turns)

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
                await until(lambda: engine.has_kept_its_buy() or work.done(), "AAA is bought")
                yield engine
                engine.door.stop()
                assert await work is not None
            finally:
                watch.cancel()
                work.cancel()
                await asyncio.gather(watch, work, return_exceptions=True)


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


async def connections(server: PostgresServer, name: str) -> int:
    """Return how many connections the server has to the database `name`."""
    connection = await asyncpg.connect(server.url(), ssl=False)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name))
    finally:
        await connection.close()
