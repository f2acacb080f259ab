"""Database: how is a SQLite file opened, so that it is safe, ours and of this version?

Writers hold the file from the start of a transaction (BEGIN IMMEDIATE), so that none is refused half-way. Market data
is kept in WAL mode: an import never holds up a reader. A run's file is written twice in its life and then only read,
perhaps from a place where nothing can be written: it keeps the older journal, which leaves no files beside it.
"""

import errno
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, Table, event, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.errors import BadInput, BrokenInvariant, NotFound, OutOfSpace, StonksError, Unavailable
from storage.kept_space import free_bytes
from storage.table_kinds import ALEMBIC_VERSION, SCHEMA_VERSION

BUSY_SECONDS = 10
"""How long somebody waits for another process's transaction."""

WRITER_CACHE_KIB = 128 * 1024
"""Enough for the pages of a large run, so that indexes are built from memory."""

_TRIES = 50
_CHANCE = random.Random()

NO_ROOM_BYTES = 64 * 1024
"""With less than this free, what could not be read or written failed for want of room: SQLite does not always say."""

_FULL = (OutOfSpace, "cannot grow: the disk is full", "make room; nothing was half written")
_CODES: dict[int, tuple[type[StonksError], str, str]] = {
    sqlite3.SQLITE_NOTADB: (BadInput, "is not a SQLite database", ""),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: (Unavailable, "cannot be read or written", "is the disk full or failing?"),
    sqlite3.SQLITE_READONLY_ROLLBACK: (Unavailable, "was left half-written", "open it once where it may be written"),
    sqlite3.SQLITE_READONLY: (Unavailable, "may not be written", "check who owns it, or choose another place"),
    sqlite3.SQLITE_CANTOPEN: (Unavailable, "cannot be opened", "check that the folder exists and who owns it"),
    sqlite3.SQLITE_PERM: (Unavailable, "may not be opened", "check who owns it"),
    sqlite3.SQLITE_BUSY: (Unavailable, "is being written by another process", "wait for it and try again"),
    sqlite3.SQLITE_LOCKED: (Unavailable, "is being written by another process", "wait for it and try again"),
    sqlite3.SQLITE_CORRUPT: (Unavailable, "is damaged", "restore it from a copy, or remove it"),
}


@asynccontextmanager
async def open_engine(path: Path, *, wal: bool = False, spills: bool = True) -> AsyncIterator[AsyncEngine]:
    """Give an engine that writes the existing file `path`; its connections are closed at the end.

    One that never `spills` keeps what a transaction wrote in memory, so that others can read until it ends.

    Raises NotFound, BadInput or Unavailable, with the file's name, for whatever SQLite finds wrong.
    """
    with translated(path):
        require_file(path)
        name, query = address_of(path, writes=True)
        engine = create_async_engine(URL.create("sqlite+aiosqlite", database=name, query=query))
        settle = partial(_write_settings, wal=wal, spills=spills)
        prepare_connections(engine.sync_engine, settle, begin="BEGIN IMMEDIATE")
        try:
            yield engine
        finally:
            await engine.dispose()


@contextmanager
def open_raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Give the driver's own connection for reading `path` in this thread: for lists of files and for whole columns."""
    with translated(path):
        require_file(path)
        name, query = address_of(path, writes=False)
        address = name + "?" + "&".join(f"{k}={v}" for k, v in query.items())
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            yield connection


async def has_tables(connection: AsyncConnection) -> bool:
    """Has anybody made tables in the file yet?"""
    return bool(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def create_tables(connection: AsyncConnection, tables: Sequence[Table], *, indexes: bool = True) -> None:
    """Make `tables` in an empty file and stamp it with the schema's version."""
    for table in (ALEMBIC_VERSION, *tables):
        await connection.execute(CreateTable(table))
    await connection.execute(ALEMBIC_VERSION.insert().values(version_num=SCHEMA_VERSION))
    if indexes:
        await create_indexes(connection, tables)


async def create_indexes(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    """Make the indexes of `tables`: after many rows this is quicker than before them."""
    for table in tables:
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            await connection.execute(CreateIndex(index, if_not_exists=True))


async def analyse(connection: AsyncConnection) -> None:
    """Have SQLite look how the rows are spread: it would believe that a run has ten of them, and take no index."""
    await connection.exec_driver_sql("PRAGMA analysis_limit = 1000")
    await connection.exec_driver_sql("ANALYZE")


def check_version(path: Path, connection: sqlite3.Connection, needed: Table, *, since: str = SCHEMA_VERSION) -> None:
    """Raise BadInput unless the open file is ours, of version `since` to this one, and has the table `needed`."""
    with translated(path):
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if ALEMBIC_VERSION.name not in tables:
            words = "is a database, but not one of stonks-tui" if tables else "is empty"
            raise BadInput(f"{path} {words}", hint="choose another file, or remove this one")
        versions = [version for (version,) in connection.execute("SELECT version_num FROM alembic_version")]
    if len(versions) != 1 or not since <= versions[0] <= SCHEMA_VERSION:
        found = ", ".join(versions) or "none"
        hint = "use the version of stonks-tui that made it, or make it anew"
        raise BadInput(f"{path} has schema version {found}, but this program needs {SCHEMA_VERSION}", hint=hint)
    if needed.name not in tables:
        raise BadInput(f"{path} is a database of stonks-tui, but has no {needed.name}", hint="choose another file")


def make_file(path: Path) -> bool:
    """Make the empty file `path`, and the folder around it, unless it is there. Returns whether it was made.

    Nobody else may read it: it is about somebody's money. Of two processes that try at once, one makes it; an empty
    file counts as not there.
    """
    with translated(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size:
            return False
        if not path.is_dir():
            path.touch(mode=0o600)
        return True


def require_file(path: Path) -> None:
    """Raise NotFound or BadInput unless `path` is a file."""
    if not path.exists():
        raise NotFound(f"there is no file {path}")
    if not path.is_file():
        raise BadInput(f"{path} is a folder, not a database" if path.is_dir() else f"{path} is not a file")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what the driver or the system says about `path` into a StonksError that names it."""
    try:
        yield
    except IntegrityError as error:
        raise BrokenInvariant(f"{path} refused contradicting rows: {error.orig}") from error
    except DBAPIError as error:
        raise _said(path, error.orig) from error
    except sqlite3.Error as error:
        raise _said(path, error) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _error(path, _FULL) from error
        raise Unavailable(f"{path} cannot be used: {error.strerror or error}") from error


def address_of(path: Path, *, writes: bool) -> tuple[str, dict[str, str]]:
    """Return under which name and with which options SQLite opens `path`."""
    query = {"mode": "rw" if writes else "ro", "uri": "true"}
    beside = {suffix for suffix in ("-wal", "-journal") if path.with_name(path.name + suffix).exists()}
    may_write = os.access(path.parent, os.W_OK)
    if not writes and not beside and not may_write:
        # WAL mode wants to make files beside it. Nobody who could is writing: there would be one already.
        query["immutable"] = "1"
    if not writes and "-journal" in beside and may_write:
        # A crash may have left it: then whoever comes next must be able to undo the half-written part.
        query["mode"] = "rw"
    return f"file:{quote(str(path.absolute()))}", query


def _said(path: Path, error: BaseException | None) -> StonksError:
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_IOERR and _has_no_room(path):
        return _error(path, _FULL)
    unknown = (Unavailable, f"cannot be used: {error}", "")
    return _error(path, _CODES.get(code) or _CODES.get(code & 0xFF, unknown))


def _error(path: Path, found: tuple[type[StonksError], str, str]) -> StonksError:
    kind, words, hint = found
    return kind(f"{path} {words}", hint=hint)


def _has_no_room(path: Path) -> bool:
    try:
        return free_bytes(path.parent) < NO_ROOM_BYTES
    except OSError:
        return False


def prepare_connections(engine: Engine, settle: Callable[[Any], object], *, begin: str) -> None:
    """Have `settle` called with a cursor of each new connection, and transactions begin with `begin`."""

    def connected(raw: Any, _: object) -> None:
        raw.isolation_level = None
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA foreign_keys = ON")
        settle(cursor)
        cursor.close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))


def _write_settings(cursor: Any, *, wal: bool, spills: bool) -> None:
    cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    cursor.execute("PRAGMA temp_store = MEMORY")
    if not spills:
        cursor.execute("PRAGMA cache_spill = OFF")
    _set_journal_mode(cursor, "WAL" if wal else "DELETE")
    cursor.execute(f"PRAGMA synchronous = {'NORMAL' if wal else 'FULL'}")


def _set_journal_mode(cursor: Any, mode: str) -> None:
    """Switch the file to `mode`. Two that do so at once wait for each other: each lets go after a while by chance."""
    for _ in range(_TRIES):
        cursor.execute(f"PRAGMA busy_timeout = {_CHANCE.randint(20, 200)}")
        try:
            cursor.execute(f"PRAGMA journal_mode = {mode}")
        except (DBAPIError, sqlite3.Error) as error:
            if "locked" not in str(error):
                raise
        else:
            break
    else:
        cursor.execute(f"PRAGMA journal_mode = {mode}")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
