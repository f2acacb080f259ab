"""Outages: a whole engine trades on an account in a database that goes away for a while, in each way that one can.

A share falls through its stop while nothing can be written down, and another one is recommended. Meanwhile nothing
leaves; whoever asks is told what is missing and since when; and as soon as storage is back the exit is made, by itself.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import partial

import pytest

from engine.decision.events import OrderFilled
from engine.errors import Unavailable
from engine.model.notices import NoticeKind
from engine.model.orders import OrderTag
from storage import postgres_address
from storage.live_store import SqlLiveStore
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from storage.postgres_reader import PostgresLiveReader
from tests.support import live
from tests.support.outages import (
    ANSWER_SECONDS,
    MISSING,
    OPTIONS,
    a_database,
    connections,
    told,
    trading,
    until,
)
from tests.support.postgres_server import PostgresServer
from tests.support.samples import a_record
from tests.support.tapes import at
from tests.support.wire import Wire

OUTAGES_IN_A_ROW = 50
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of these tests' own."""
    with closing(PostgresServer().start()) as server:
        yield server


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


@pytest.mark.parametrize(
    "outage", OUTAGES if ALL else ("restarted", pytest.param("half open", marks=pytest.mark.lengthy))
)
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


@pytest.mark.lengthy
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
