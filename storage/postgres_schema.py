"""PostgreSQL schema: how do the tables of an account, and of the broker on paper, come into a database?"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

from engine.errors import BadInput
from engine.model.runs import LIVE_RUN, RunRecord, RunStatus
from storage import bulk
from storage.live_tables import ACCOUNT_IDS, LIVE_TABLES
from storage.paper_tables import PAPER_EPOCH, PAPER_TABLES
from storage.postgres import Postgres
from storage.record_mappers import record_columns
from storage.table_kinds import ALEMBIC_VERSION, SCHEMA_VERSION
from storage.tables import BACKTEST_RUNS

_MAKING = 7_460_192_305_871_146_112
"""The advisory lock of whoever makes tables: of two that start at once, one makes them."""


async def prepare_account(database: Postgres, account: RunRecord, account_id: str) -> str:
    """Make the account unless it is there; return its id. Tables of another version raise BadInput."""
    async with database.engine.begin() as connection:
        await prepare_tables(connection, database.schema, LIVE_TABLES)
        kept = (await connection.execute(select(ACCOUNT_IDS.c.account_id))).scalar()
        if kept is not None:
            return str(kept)
        row = record_columns(replace(account, run_id=LIVE_RUN, status=RunStatus.RUNNING))
        await bulk.insert(connection, BACKTEST_RUNS, row)
        await connection.execute(ACCOUNT_IDS.insert().values(run_id=LIVE_RUN, account_id=account_id))
    return account_id


async def prepare_paper(database: Postgres, account_id: str) -> str:
    """Make the tables of the broker on paper unless they are there; return of which account they are."""
    async with database.engine.begin() as connection:
        await prepare_tables(connection, database.schema, PAPER_TABLES)
        kept = (await connection.execute(select(PAPER_EPOCH.c.account_id))).scalar()
        if kept is None:
            await connection.execute(PAPER_EPOCH.insert().values(id=1, epoch=0, heard=0, account_id=account_id))
        elif not kept and account_id:
            await connection.execute(PAPER_EPOCH.update().values(account_id=account_id))
    return kept or account_id


async def prepare_tables(connection: AsyncConnection, schema: str, tables: Sequence[Table]) -> None:
    """Make `tables` in the schema when it has none of ours; raise BadInput when they are of another version."""
    if await make_tables(connection, schema, tables):
        await make_indexes(connection, tables)


async def make_tables(connection: AsyncConnection, schema: str, tables: Sequence[Table]) -> bool:
    """As `prepare_tables`, without indexes; return whether there are still none.

    Whoever makes tables is alone with that until its transaction ends.
    """
    await hold_making(connection)
    is_new = not await has_tables(connection, schema)
    if is_new:
        await make_schema(connection, schema)
        for table in (ALEMBIC_VERSION, *tables):
            await connection.execute(CreateTable(table))
        await connection.execute(ALEMBIC_VERSION.insert().values(version_num=SCHEMA_VERSION))
    require_version(schema, (await connection.execute(select(ALEMBIC_VERSION.c.version_num))).scalar())
    return is_new


async def make_indexes(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    """Make the indexes of `tables`: after many rows this is quicker than before them."""
    for table in tables:
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            await connection.execute(CreateIndex(index))


def require_version(schema: str, version: str | None) -> None:
    """Raise BadInput unless `version` is this program's."""
    if version != SCHEMA_VERSION:
        words = f"the schema {schema} has version {version or 'none'}, but this program needs {SCHEMA_VERSION}"
        hint = "stonks db upgrade brings it there (stonks broker upgrade that of a broker service)"
        raise BadInput(words, hint=f"{hint}, or use the version of stonks-tui that made it")


async def hold_making(connection: AsyncConnection) -> None:
    """Be the only one who makes or changes tables until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MAKING})


async def use_schema(connection: AsyncConnection, schema: str) -> None:
    """Have names without a schema mean those in `schema` until the transaction ends."""
    await connection.execute(text("SELECT set_config('search_path', :schema, true)"), {"schema": f'"{schema}"'})


async def make_schema(connection: AsyncConnection, schema: str) -> None:
    """Make `schema` unless it is there: who may not make one uses one that was made for it."""
    query = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    if (await connection.execute(query, {"schema": schema})).first() is None:
        await connection.execute(CreateSchema(schema))


async def has_tables(connection: AsyncConnection, schema: str) -> bool:
    """Are there tables of ours in `schema`?"""
    query = text("SELECT to_regclass(:name) IS NOT NULL")
    return bool((await connection.execute(query, {"name": f'"{schema}".{ALEMBIC_VERSION.name}'})).scalar())
