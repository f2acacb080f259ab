"""Outages that somebody has to end: the server's disk is full, or it refuses the engine's password."""

from collections.abc import Iterator
from contextlib import closing

import asyncpg
import pytest

from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from engine.model.runs import LIVE_RUN
from engine.model.views import DecisionFilter
from storage.postgres_reader import PostgresLiveReader
from tests.integration.test_full_disk import OWN_DISK, may_have_a_disk
from tests.support import live
from tests.support.outages import MISSING, OPTIONS, Engine, a_database, told, trading, until
from tests.support.postgres_server import PostgresServer
from tests.support.tapes import at
from tests.support.wire import Wire

MIB = 2**20
DISK = 24 * MIB
ROWS_AT_FIRST = 1024
HBA = "host all trader all scram-sha-256\nhost all all all trust\n"
pytestmark = [pytest.mark.lengthy, pytest.mark.timeout(120)]


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test's own."""
    with closing(PostgresServer()) as server:
        yield server


async def is_missing(engine: Engine) -> bool:
    return MISSING in await engine.status()


async def is_decided(engine: Engine, ticker: str) -> bool:
    page = await PostgresLiveReader(engine.database).decisions(LIVE_RUN, DecisionFilter(ticker=ticker))
    return bool(page.decisions)


async def fill(server: PostgresServer) -> None:
    """Leave not a page free on the small disk: a row takes one."""
    connection = await asyncpg.connect(server.url(), ssl=False)
    try:
        await connection.execute("CREATE TABLE filler (words text) TABLESPACE small")
        await connection.execute("ALTER TABLE filler ALTER words SET STORAGE PLAIN")
        rows = ROWS_AT_FIRST
        while rows:
            try:
                await connection.execute(f"INSERT INTO filler SELECT repeat('x', 7000) FROM generate_series(1, {rows})")
            except asyncpg.DiskFullError:
                rows //= 2
    finally:
        await connection.close()


@pytest.mark.skipif(not may_have_a_disk(), reason="a process may not mount a disk of its own here")
async def test_on_a_full_disk_of_the_server_nothing_leaves_and_once_there_is_room_exits_only(
    server: PostgresServer,
) -> None:
    disk = server.root / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size={DISK} tmpfs "$0" && exec "$@"'
    server.within = [*OWN_DISK, "sh", "-c", mount, str(disk)]
    server.start()
    await told(server, f"CREATE TABLESPACE small LOCATION '{disk}'", "CREATE DATABASE narrow TABLESPACE small")
    async with trading(f"{server.url('narrow')}?{OPTIONS}") as engine:
        await fill(server)
        engine.clock.may_come_to = at(0, 35)
        await until(lambda: is_missing(engine), "it is said what is missing")
        turns = len(engine.turns)
        await engine.come_to(35)
        assert "cannot grow: the disk is full" in await engine.status()
        assert engine.holds() == {"AAA"}
        assert len(engine.turns) == turns
        await told(server, "DROP TABLE filler")
        engine.go_slowly()
        await until(lambda: not engine.holds(), "AAA is sold")
        await until(lambda: is_decided(engine, "BBB"), "BBB is judged")
        assert engine.trader is not None
        assert engine.trader.state.trading is TradingState.REDUCING
        books = await live.books_of(PostgresLiveReader(engine.database), engine.trader.state)
        assert [d.skip_reason for d in books.decisions if d.ticker == "BBB"] == ["not_active"]
        kinds = [notice.kind for notice in books.notices]
        assert (kinds.count(NoticeKind.STORE_FAILED), kinds.count(NoticeKind.STORE_BACK)) == (1, 1)


async def test_a_password_that_is_changed_under_an_engine_ends_no_connection_and_once_it_is_set_back_all_is_made_up(
    server: PostgresServer,
) -> None:
    server.put("pg_hba.conf", HBA.encode())
    server.start()
    await told(server, "CREATE ROLE trader LOGIN PASSWORD 'first'")
    async with a_database(server, "refused") as name, Wire(server.port) as wire:
        await told(server, f"ALTER DATABASE {name} OWNER TO trader")
        async with trading(f"postgresql://trader:first@127.0.0.1:{wire.port}/{name}?{OPTIONS}") as engine:
            turns = len(engine.turns)
            await told(server, "ALTER ROLE trader PASSWORD 'second'")
            await engine.come_to(15)
            await until(lambda: len(engine.turns) > turns, "it goes on by the connection that it has")
            assert await engine.is_well()
            wire.reset()
            engine.clock.may_come_to = at(0, 35)
            await until(lambda: is_missing(engine), "it is said what is missing")
            turns = len(engine.turns)
            await engine.come_to(35)
            said = await engine.status()
            assert "refuses the user or the password" in said
            assert "second" not in said
            assert "first" not in said
            assert engine.holds() == {"AAA"}
            assert len(engine.turns) == turns
            await told(server, "ALTER ROLE trader PASSWORD 'first'")
            engine.go_slowly()
            await until(lambda: engine.holds() == {"BBB"}, "AAA is sold, and BBB bought")
            await until(engine.is_well, "all is well again")
