"""Paper store: how does the paper broker remember, whatever happens to its process?

One file of its own. For a moment two processes may write in it, an engine and the one that took over from it: so it
keeps the older journal (SQLite before 3.51.3 has a rare bug with several writers in WAL mode), and each transaction
is on the disk before anybody hears of it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, create_engine, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from engine.errors import OutOfSpace
from storage.database import (
    BUSY_SECONDS,
    address_of,
    check_version,
    create_tables,
    has_tables,
    make_file,
    open_engine,
    open_raw,
    translated,
)
from storage.kept_space import KeptSpace
from storage.paper_rows import PaperRows, other_account
from storage.paper_tables import PAPER_EPOCH, PAPER_ORDERS, PAPER_TABLES
from storage.table_kinds import BOOKS_SINCE

KEPT_BYTES = 4 * 2**20
"""Less than the engine keeps aside: it writes less of each order."""

_Answer = TypeVar("_Answer")


class PaperStore:
    """A `PaperMemory` (engine/live_ports.py) in one SQLite file. Open it with `open`."""

    def __init__(self, path: Path, space: KeptSpace) -> None:
        self._path = path
        self._space = space
        self._lock = asyncio.Lock()
        self._engine = _engine_on(path)
        self._open: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.name)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, account_id: str = "", account_file: Path | None = None, kept_bytes: int = KEPT_BYTES
    ) -> AsyncIterator[Self]:
        """Give the store of the file `path`, which is made when it is not there, for the account of `account_file`.

        A file that is none of ours, of another version, or of an account with another id than `account_id`, raises a
        StonksError that says so; an empty id fits everywhere. `kept_bytes` of the disk are kept aside.
        """
        make_file(path)
        async with open_engine(path) as engine:
            async with engine.begin() as connection:
                if not await has_tables(connection):  # new, or its maker was killed
                    await create_tables(connection, PAPER_TABLES)
                    await connection.execute(PAPER_EPOCH.insert().values(id=1, epoch=0, heard=0, account_id=account_id))
            with open_raw(path) as raw:
                check_version(path, raw, PAPER_ORDERS, since=BOOKS_SINCE)
            if account_id:
                async with engine.begin() as connection:
                    await _belong(connection, account_id, path, account_file)
        space = KeptSpace(path, kept_bytes)
        space.take()
        store = cls(path, space)
        try:
            yield store
        finally:
            space.close()
            await store._asked(store._close)
            store._thread.shutdown()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.transaction`.

        What may take long, waiting for another process or for the disk, happens in a thread.
        """
        async with self._lock:  # SQLite would wait too, but in its thread and by trying again and again
            try:
                with translated(self._path):
                    connection = await self._asked(self._begin)
                    try:
                        yield PaperRows(partial(_executed, connection))
                    except BaseException:
                        await self._asked(self._roll_back)
                        raise
                    await self._asked(self._commit)
            except OutOfSpace:
                self._space.give_free()
                raise
            self._space.take()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.reading`: here as in a transaction, for one at a time; without a change it is cheap."""
        async with self.transaction() as book:
            yield book

    def _asked(self, work: Callable[[], _Answer]) -> "asyncio.Future[_Answer]":
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _begin(self) -> Connection:
        if self._open is not None and self._open.in_transaction():  # whoever asked for its end did not wait for it
            self._open.rollback()
        try:
            if self._open is None:
                self._open = self._engine.connect()
            self._open.begin()
        except DBAPIError:
            self._forget()
            raise
        return self._open

    def _commit(self) -> None:
        assert self._open
        try:
            self._open.commit()
        except DBAPIError:
            self._forget()
            raise

    def _roll_back(self) -> None:
        if self._open is not None:
            with suppress(DBAPIError):
                self._open.rollback()
                return
            self._forget()

    def _forget(self) -> None:
        """Let go of a connection on which something failed: the next one finds the file as it is."""
        if self._open is not None:
            self._open.invalidate()
            self._open.close()
            self._open = None

    def _close(self) -> None:
        """Leave the file alone, without the journal that was kept beside it."""
        with suppress(DBAPIError, sqlite3.Error):  # somebody else is at work on it
            connection = self._open or self._engine.connect()
            driver = connection.connection.driver_connection
            assert driver
            driver.execute("PRAGMA journal_mode = DELETE")
            connection.close()
        self._open = None


def _engine_on(path: Path) -> Engine:
    name, query = address_of(path, writes=True)
    url = URL.create("sqlite", database=name, query=query)
    engine = create_engine(url, poolclass=NullPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", lambda raw, _: _prepare(raw))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(raw: Any) -> None:
    """Have each transaction wait for the disk. The journal stays and is blanked: no folder has to be synced for it."""
    raw.isolation_level = None
    busy = round(BUSY_SECONDS * 1000)
    for setting in (f"busy_timeout = {busy}", "foreign_keys = ON", "journal_mode = PERSIST", "synchronous = EXTRA"):
        raw.execute(f"PRAGMA {setting}").close()


async def _belong(connection: AsyncConnection, account_id: str, path: Path, account_file: Path | None) -> None:
    """See that the file is that of the account; one that is of none yet is so from now on."""
    kept = (await connection.execute(select(PAPER_EPOCH.c.account_id))).scalar_one()
    if not kept:
        await connection.execute(PAPER_EPOCH.update().values(account_id=account_id))
    elif kept != account_id:
        raise other_account(path, str(account_file or "the account"), f"move {path.name} away")


async def _executed(connection: Connection, query: Executable) -> CursorResult[Any]:
    """Return the result of `query`, from memory, or nearly so."""
    return connection.execute(query)
