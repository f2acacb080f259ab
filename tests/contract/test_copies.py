"""Copies of a whole account, from SQLite into PostgreSQL and back: nothing is lost, added or changed."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, create_engine, select
from sqlalchemy.dialects import sqlite

from engine.errors import BadInput, BrokenInvariant, NotFound
from storage import bulk, copies, postgres_address
from storage.copied_rows import TABLES
from storage.database import open_engine
from storage.live_file import prepare_live_file
from storage.live_store import SqlLiveStore
from storage.live_tables import LIVE_TABLES
from storage.migrations.parts import Part
from storage.paper_store import PaperStore
from storage.paper_tables import PAPER_EPOCH, PAPER_TABLES
from storage.postgres import Postgres
from storage.postgres_address import PostgresAddress
from storage.postgres_live import PostgresLive
from storage.postgres_schema import use_schema
from storage.types import JsonType
from tests.support import postgres
from tests.support.every_table import rows_of
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT

NAMES = {Part.ACCOUNT: "stonks.db", Part.BROKER: "paper.db"}


async def filled(folder: Path, *, count: int = 5) -> Path:
    """Make an account in `folder` whose every table has some rows of every kind of value."""
    await prepare_live_file(folder / "stonks.db", ACCOUNT, "one")
    async with PaperStore.open(folder / "paper.db", account_id="one", kept_bytes=0):
        pass
    for part, tables in TABLES.items():
        async with open_engine(folder / NAMES[part]) as engine, engine.begin() as connection:
            for table in tables:
                if table.name not in ("account_ids", "paper_epoch"):
                    await bulk.insert(connection, table, rows_of(table, count))
    with closing(sqlite3.connect(folder / "stonks.db", isolation_level=None)) as raw:
        raw.execute("UPDATE leases SET owner = NULL")
    return folder


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(filled(tmp_path_factory.mktemp("full")))


@pytest.fixture
def empty() -> Iterator[PostgresAddress]:
    with postgres.fresh_url(empty=True) as url:
        yield postgres_address.parse(url)


def rows(path: Path, table: Table) -> list[str]:
    """Return the rows as they lie in the file, JSON as what it says: JSONB puts its keys in an order of its own."""
    texts = {n for n, column in enumerate(table.columns) if isinstance(column.type, JsonType)}
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute(str(select(table).compile(dialect=sqlite.dialect()))).fetchall()
    return sorted(
        told(json.loads(value) if n in texts and value is not None else value for n, value in enumerate(row))
        for row in found
    )


def typed(path: Path, table: Table) -> list[str]:
    """Return the rows as the program reads them."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = sorted(told(row) for row in connection.execute(select(table)))
    engine.dispose()
    return found


def told(row: Iterable[Any]) -> str:
    return json.dumps(list(row), sort_keys=True, default=repr)


def schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: " ".join(sql.split()) for name, sql in found}


def statistics(path: Path) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as raw:
        return set(raw.execute("SELECT * FROM sqlite_stat1 WHERE tbl != 'alembic_version'"))


def test_a_history_that_went_into_postgresql_and_back_is_identical(
    full: Path, empty: PostgresAddress, tmp_path: Path
) -> None:
    there = copies.to_postgres(full, empty)
    back = copies.to_files(empty, tmp_path)
    assert (there, there.account_id) == (back, "one")
    assert there.rows.keys() == {table.name for table in (*LIVE_TABLES, *PAPER_TABLES)}
    assert {name for name, count in there.rows.items() if count < 5} == {"account_ids", "paper_epoch"}
    for part, tables in TABLES.items():
        here, again = full / NAMES[part], tmp_path / NAMES[part]
        assert schema(again) == schema(here)
        for table in tables:
            assert typed(again, table) == typed(here, table), table.name
            assert rows(again, table) == rows(here, table), table.name
    assert statistics(tmp_path / "stonks.db") == statistics(full / "stonks.db")


def test_what_numbers_itself_goes_on_after_the_last_number(full: Path, empty: PostgresAddress) -> None:
    copies.to_postgres(full, empty)
    for schema_name, table, number in (
        ("stonks", "engine_commands", "id"),
        ("stonks_paper", "paper_orders", "seq"),
        ("stonks_paper", "paper_reports", "seq"),
    ):
        query = f"SELECT nextval(pg_get_serial_sequence('{schema_name}.{table}', '{number}'))"
        assert postgres.asked(empty, query) == 6, table


def test_a_database_that_has_an_account_is_refused_and_keeps_it(full: Path, empty: PostgresAddress) -> None:
    copies.to_postgres(full, empty)
    count = "SELECT count(*) FROM stonks.event_journal"
    assert postgres.asked(empty, count) == 5
    with pytest.raises(BadInput, match=r"there is an account in the database .* already, in the schema stonks"):
        copies.to_postgres(full, empty)
    assert postgres.asked(empty, count) == 5


def test_a_database_that_was_prepared_and_has_no_account_yet_takes_one(full: Path) -> None:
    with postgres.fresh_url() as url:
        assert copies.to_postgres(full, postgres_address.parse(url)).total > 100


def test_a_row_that_the_database_cannot_hold_leaves_it_as_it_was(
    full: Path, empty: PostgresAddress, tmp_path: Path
) -> None:
    for number, (table, change) in enumerate(
        {
            "outbox": "UPDATE outbox SET subject = 'a' || char(0) WHERE errand_id = 1",
            "event_journal": "UPDATE event_journal SET run_id = 3000000000 WHERE seq = 1",
            "live_metrics": "UPDATE live_metrics SET cash = 'much' WHERE trades = 0",
        }.items()
    ):
        folder = copied(full, tmp_path / str(number))
        with closing(sqlite3.connect(folder / "stonks.db", isolation_level=None)) as raw:
            assert raw.execute(change).rowcount > 0
        with pytest.raises(BrokenInvariant, match=table):
            copies.to_postgres(folder, empty)
        assert postgres.asked(empty, "SELECT to_regnamespace('stonks') IS NULL"), table
    assert copies.to_postgres(full, empty).total > 100


def test_nobody_leads_on_a_copy(full: Path, empty: PostgresAddress, tmp_path: Path) -> None:
    folder = copied(full, tmp_path / "led")
    with closing(sqlite3.connect(folder / "stonks.db", isolation_level=None)) as raw:
        raw.execute("DELETE FROM leases WHERE name NOT LIKE '0%'")
        raw.execute("UPDATE leases SET owner = 'somebody', epoch = 7, name = 'engine'")
    copies.to_postgres(folder, empty)
    assert postgres.asked(empty, "SELECT owner IS NULL AND epoch = 7 FROM stonks.leases WHERE name = 'engine'")


def test_an_account_that_is_put_aside_is_whole_in_schemas_of_its_own(full: Path, empty: PostgresAddress) -> None:
    copies.to_postgres(full, empty)
    postgres.asked(empty, "UPDATE stonks.leases SET epoch = 99 RETURNING 1")
    postgres.asked(empty, "DELETE FROM stonks.outbox RETURNING 1")
    copies.to_postgres(full, empty, aside="before")
    aside = (
        postgres.asked(empty, "SELECT count(*) FROM stonks_before.outbox"),
        postgres.asked(empty, "SELECT count(*) FROM stonks_before.event_journal"),
        postgres.asked(empty, "SELECT count(*) FROM stonks_paper_before.paper_orders"),
    )
    assert aside == (0, 5, 5)
    assert postgres.asked(empty, "SELECT count(*) FROM stonks.outbox") == 5
    assert postgres.asked(empty, "SELECT min(epoch) FROM stonks.leases") == 99


def test_where_there_is_no_account_nothing_is_copied(empty: PostgresAddress, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no tables in the schema stonks"):
        copies.to_files(empty, tmp_path)
    with pytest.raises(NotFound):
        copies.to_postgres(tmp_path, empty)
    with postgres.fresh_url() as url, pytest.raises(NotFound, match="there is no account in"):
        copies.to_files(postgres_address.parse(url), tmp_path)


def test_an_account_of_an_earlier_version_is_copied_as_one_of_this(
    full: Path, empty: PostgresAddress, tmp_path: Path
) -> None:
    folder = copied(full, tmp_path / "old")
    with closing(sqlite3.connect(folder / "stonks.db", isolation_level=None)) as raw:
        raw.execute("DROP TABLE notifications")
        raw.execute("DROP TABLE engine_commands")
        raw.execute("UPDATE alembic_version SET version_num = '0004'")
    found = copies.to_postgres(folder, empty).rows
    assert (found["notifications"], found["engine_commands"], found["event_journal"]) == (0, 0, 5)
    assert postgres.asked(empty, "SELECT version_num FROM stonks.alembic_version") == "0006"


async def test_a_copy_that_is_made_while_an_engine_writes_is_of_one_turn(tmp_path: Path) -> None:
    async with postgres.fresh() as database, SqlLiveStore(PostgresLive(database, own_time=True), ACCOUNT) as store:
        await database.answer(partial(broker_of, database))
        assert await store.take_lease("a", AT, 600)
        await store.commit(a_turn(1))
        written, made = 1, list[Path]()
        while len(made) < 3:
            folder = tmp_path / str(len(made))
            folder.mkdir()
            copying = asyncio.create_task(asyncio.to_thread(copies.to_files, database.address, folder))
            while not copying.done():
                written += 1
                await store.commit(a_turn(written))
            seen = written
            assert 1 <= (await copying).last_turn <= seen
            made.append(folder)
    assert written > 6, "turns were kept meanwhile"
    for folder in made:
        with closing(sqlite3.connect(folder / "stonks.db")) as raw:
            (last,) = raw.execute("SELECT seq FROM engine_state").fetchone()
            assert raw.execute("SELECT count(*), max(seq) FROM event_journal").fetchone() == (last, last)
            assert raw.execute("SELECT max(seq) FROM trading_decisions").fetchone() == (last,)


async def broker_of(database: Postgres) -> None:
    async with database.engine.begin() as connection:
        await use_schema(connection, "stonks_paper")
        await connection.execute(PAPER_EPOCH.insert().values(id=1, epoch=0, heard=0, account_id="one"))


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for name in NAMES.values():
        with closing(sqlite3.connect(folder / name)) as here, closing(sqlite3.connect(to / name)) as there:
            here.backup(there)
    return to
