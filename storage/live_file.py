"""Live file: how is the database of a live account made and opened, so that what was kept is kept for good?

It is in WAL mode, so that readers and the engine never wait for each other, and synced at every commit: a turn that was
kept survives a power cut. One connection writes, that of the engine which holds the lease.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, Index, Table, create_engine, event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from engine.model.runs import LIVE_RUN, RunRecord, RunStatus
from storage import bulk, database
from storage.command_tables import ENGINE_COMMANDS
from storage.live_tables import ACCOUNT_IDS, ENGINE_STATE, LIVE_TABLES
from storage.notification_tables import NOTIFICATIONS
from storage.record_mappers import record_columns
from storage.table_kinds import ALEMBIC_VERSION, BOOKS_SINCE, SCHEMA_VERSION
from storage.tables import BACKTEST_RUNS, BACKTEST_TRADES, TAX_LOTS

MANY, FEW, ALIKE = 1_000_000, 10_000, 1_000
"""Rows of a table, rows in an index on some of them, rows that share a word such as a ticker."""

_ADDED = (NOTIFICATIONS, ENGINE_COMMANDS, BACKTEST_TRADES, TAX_LOTS)
"""Tables that an account of an earlier version lacks, or that had fewer indexes then."""
_INDEXES = {str(index.name) for table in _ADDED for index in table.indexes}


async def prepare_live_file(path: Path, account: RunRecord, account_id: str = "") -> str:
    """Make the file `path` unless it is there, with `account` as its run 0, and return the account's id.

    That is `account_id` only for a file that is made now. A file that is none of ours, or of another version, raises a
    StonksError that says so.
    """
    database.make_file(path)
    if not _has_tables(path):  # it is new, or whoever made it was killed
        async with database.open_engine(path, wal=True) as engine, engine.begin() as connection:
            if not await database.has_tables(connection):
                await database.create_tables(connection, LIVE_TABLES)
                row = record_columns(replace(account, run_id=LIVE_RUN, status=RunStatus.RUNNING))
                await bulk.insert(connection, BACKTEST_RUNS, row)
                await connection.execute(ACCOUNT_IDS.insert().values(run_id=LIVE_RUN, account_id=account_id))
                await connection.exec_driver_sql("ANALYZE")  # makes the table of statistics
                await believe(connection, LIVE_TABLES)
    await add_what_is_new(path)
    with database.open_raw(path) as raw:
        database.check_version(path, raw, ENGINE_STATE)
        (kept,) = raw.execute("SELECT account_id FROM account_ids").fetchone()
    return str(kept)


async def add_what_is_new(path: Path) -> None:
    """Add the tables and indexes that an account of an earlier version lacks; all others are as they were then."""
    with database.open_raw(path) as raw:
        database.check_version(path, raw, ENGINE_STATE, since=BOOKS_SINCE)
        (version,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        indexes = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    if version == SCHEMA_VERSION and indexes >= _INDEXES:
        return
    async with database.open_engine(path, wal=True) as engine, engine.begin() as connection:
        for table in _ADDED:
            await connection.execute(CreateTable(table, if_not_exists=True))
        await database.create_indexes(connection, _ADDED)
        await believe(connection, _ADDED)
        await connection.execute(ALEMBIC_VERSION.update().values(version_num=SCHEMA_VERSION))


def live_engine(path: Path, *, busy_seconds: float) -> Engine:
    """Return an engine on the existing file `path`, for one thread.

    A transaction writes from its beginning when the connection has the execution option `writes`, else it only reads.
    """
    name, query = database.address_of(path, writes=True)
    engine = create_engine(URL.create("sqlite", database=name, query=query), poolclass=NullPool)
    event.listen(engine, "connect", lambda raw, _: _prepare(raw, busy_seconds))
    event.listen(
        engine,
        "begin",
        lambda connection: connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
        ),
    )
    return engine


async def believe(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    """Have SQLite believe what `statistics` says of `tables`, and nothing else."""
    for table in tables:
        await connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table.name,))
    await connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", statistics(tables))


def statistics(tables: Sequence[Table]) -> list[tuple[str, str, str]]:
    """Return what SQLite is to believe of the indexes: that there are many rows, and all of one account.

    It would believe that an account has ten, and read them all. Looking itself (ANALYZE) would have to be done again
    and again while the account grows. See https://sqlite.org/fileformat2.html#the_sqlite_stat1_table.
    """
    believed = []
    for table in tables:
        key = tuple(table.primary_key)
        if len(key) < 2:  # a row an account
            continue
        is_key_itself = not table.dialect_options["sqlite"]["with_rowid"]
        name = table.name if is_key_itself else f"sqlite_autoindex_{table.name}_1"
        believed.append((table.name, name, f"{MANY} {MANY} 1"))
        believed += [(table.name, str(index.name), _rows_of(index)) for index in table.indexes]
    return believed


def _rows_of(index: Index) -> str:
    """Return how many rows `index` has, and how many share its first column, its first two, and so on."""
    rows = FEW if index.dialect_options["sqlite"]["where"] is not None else MANY
    alike = ALIKE if len(index.columns) > 2 and not index.unique else 1  # rows of one word; else one row a key
    of_which = [rows, rows, alike] + [1] * (len(index.columns) - 2)
    if index.columns.keys()[1] == "channel":  # of which there are two
        of_which[2:-1] = [rows // 2, alike][: len(of_which[2:-1])]
    return " ".join(map(str, of_which))


def _has_tables(path: Path) -> bool:
    with database.open_raw(path) as raw:
        return raw.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _prepare(raw: Any, busy_seconds: float) -> None:
    raw.isolation_level = None
    for setting in (
        f"busy_timeout = {round(busy_seconds * 1000)}",
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "journal_mode = WAL",
        "synchronous = FULL",
    ):
        raw.execute(f"PRAGMA {setting}")
