"""Migrations on SQLite and on PostgreSQL: they make what the program makes, and lose nothing on the way."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateSchema

from storage import bulk, database
from storage.live_tables import LIVE_TABLES
from storage.migrate import migrate, version_of, versions
from storage.migrations.parts import Part
from storage.notification_tables import NOTIFICATIONS
from storage.paper_tables import PAPER_TABLES
from storage.postgres_schema import prepare_tables
from storage.table_kinds import ALEMBIC_VERSION, SCHEMA_VERSION
from tests.support import postgres
from tests.support.every_table import rows_of

_Answer = TypeVar("_Answer")
TABLES = {Part.ACCOUNT: LIVE_TABLES, Part.BROKER: PAPER_TABLES}


class Place:
    """An empty database of one kind, and what is done in it, a transaction each."""

    def __init__(self, engine: AsyncEngine, asked: Callable[..., Any]) -> None:
        self._engine = engine
        self._asked = asked

    async def do(self, work: Callable[[Connection], _Answer]) -> _Answer:
        async def done() -> _Answer:
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

        answer: _Answer = await self._asked(done)
        return answer

    async def make(self, part: Part) -> None:
        """Make the tables as the program does."""

        async def made() -> None:
            async with self._engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    await database.create_tables(connection, TABLES[part])
                else:
                    await prepare_tables(connection, "stonks", TABLES[part])

        await self._asked(made)

    async def fill(self, tables: tuple[Table, ...]) -> None:
        """Put rows into `tables`."""

        async def filled() -> None:
            async with self._engine.begin() as connection:
                for table in tables:
                    await bulk.insert(connection, table, rows_of(table))

        await self._asked(filled)


@asynccontextmanager
async def on_sqlite(folder: Path) -> AsyncIterator[Place]:
    path = folder / "some.db"
    path.touch()
    async with database.open_engine(path) as engine:

        async def asked(work: Callable[[], Any]) -> Any:
            return await work()

        yield Place(engine, asked)


@asynccontextmanager
async def on_postgres(folder: Path) -> AsyncIterator[Place]:
    del folder
    async with postgres.fresh(empty=True) as opened:
        place = Place(opened.engine, opened.answer)
        await place.do(lambda connection: connection.execute(CreateSchema("stonks", if_not_exists=True)))
        yield place


PLACES = {"on_sqlite": on_sqlite, "on_postgres": on_postgres}


@pytest.fixture(params=PLACES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with PLACES[request.param](tmp_path) as opened:
        yield opened


def differences(tables: tuple[Table, ...], connection: Connection) -> list[Any]:
    metadata = MetaData()
    for table in tables:
        table.to_metadata(metadata)
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def schema(connection: Connection) -> dict[str, Any]:
    """Return all that the database says of its tables, partial indexes and their conditions too."""
    looking = inspect(connection)
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE name != 'alembic_version'")
        return {name: " ".join(str(sql).split()) for name, sql in found if not name.startswith("sqlite_autoindex_alem")}
    indexes = connection.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'stonks'")
    said: dict[str, Any] = {name: text for name, text in indexes if not name.startswith("alembic_version")}
    for table in looking.get_table_names():
        if table != "alembic_version":
            columns = [{**column, "type": str(column["type"])} for column in looking.get_columns(table)]
            said[table] = columns, looking.get_pk_constraint(table), looking.get_foreign_keys(table)
    return said


def contents(tables: tuple[Table, ...], connection: Connection) -> dict[str, Any]:
    rows = {table.name: connection.execute(select(table)).fetchall() for table in tables}
    return {name: sorted(map(repr, found)) for name, found in rows.items()}


@pytest.mark.parametrize("part", Part)
async def test_migrations_make_what_the_program_makes(place: Place, part: Part) -> None:
    await place.do(lambda connection: migrate(connection, part, SCHEMA_VERSION))
    assert await place.do(partial(differences, (ALEMBIC_VERSION, *TABLES[part]))) == []
    migrated = await place.do(schema)
    assert len(migrated) > len(TABLES[part])
    await place.do(lambda connection: migrate(connection, part, "base"))
    assert await place.do(schema) == {}
    await place.do(ALEMBIC_VERSION.drop)
    await place.make(part)
    assert await place.do(schema) == migrated


async def test_what_is_compared_would_be_seen(place: Place) -> None:
    await place.do(lambda connection: migrate(connection, Part.ACCOUNT, SCHEMA_VERSION))
    before = await place.do(schema)
    await place.do(lambda connection: connection.exec_driver_sql("DROP INDEX ix_outbox_waiting"))
    await place.do(lambda c: c.exec_driver_sql("CREATE INDEX ix_outbox_waiting ON outbox (run_id, errand_id)"))
    assert (await place.do(schema)).keys() == before.keys()
    assert await place.do(schema) != before
    await place.do(lambda connection: connection.exec_driver_sql("ALTER TABLE leases ADD COLUMN more INTEGER"))
    assert await place.do(partial(differences, TABLES[Part.ACCOUNT]))


async def test_an_account_goes_down_and_up_again_a_version_at_a_time_and_keeps_what_both_know(place: Place) -> None:
    old = tuple(table for table in LIVE_TABLES if table.name not in ("notifications", "engine_commands"))
    await place.make(Part.ACCOUNT)
    await place.fill(LIVE_TABLES)
    kept = await place.do(partial(contents, LIVE_TABLES))
    assert all(kept.values())
    there = await place.do(schema)
    for version in ("0005", "0004"):
        await place.do(lambda connection: migrate(connection, Part.ACCOUNT, version))  # noqa: B023
        assert await place.do(version_of) == version
        assert await place.do(partial(contents, old)) == {table.name: kept[table.name] for table in old}
    assert "notifications" not in await place.do(schema)
    await place.do(lambda connection: migrate(connection, Part.ACCOUNT, "0005"))
    assert (await place.do(partial(contents, (NOTIFICATIONS,)))) == {"notifications": []}
    await place.do(lambda connection: migrate(connection, Part.ACCOUNT, "0006"))
    assert await place.do(schema) == there
    assert await place.do(partial(contents, old)) == {table.name: kept[table.name] for table in old}


async def test_what_goes_wrong_on_the_way_leaves_everything_as_it_was(place: Place) -> None:
    await place.do(lambda connection: migrate(connection, Part.ACCOUNT, "0004"))
    await place.do(lambda connection: connection.exec_driver_sql("CREATE TABLE engine_commands (id INTEGER)"))
    before = await place.do(schema)
    with pytest.raises(Exception, match="engine_commands"):
        await place.do(lambda connection: migrate(connection, Part.ACCOUNT, "0006"))
    assert await place.do(schema) == before
    assert await place.do(version_of) == "0004"


def test_the_last_version_is_the_program_s() -> None:
    assert (versions()[0], versions()[-1]) == ("0004", SCHEMA_VERSION)
