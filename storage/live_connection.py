"""Live connection: how is the file of a live account asked, one thing after the other, whatever happens to it?"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.errors import BrokenInvariant, OutOfSpace
from engine.model.live import Lease
from engine.model.runs import RunRecord
from storage.database import translated
from storage.kept_space import KEPT_BYTES, KeptSpace
from storage.live_file import live_engine, prepare_live_file

_Answer = TypeVar("_Answer")


class LiveDatabase(Protocol):
    """What a `SqlLiveStore` stands on. All that is asked of it happens one after the other.

    `reading` and `writing` are only for work that was handed to `asked`. One writes at a time.
    """

    async def prepare(self, account: RunRecord, account_id: str) -> str:
        """Make the account unless it is there, and return its id."""

    def asked(self, work: Callable[..., _Answer], *about: Any) -> asyncio.Future[_Answer]:
        """Have `work` done after all that was asked before, whatever becomes of whoever waits for it."""

    async def open(self) -> None:
        """Begin."""

    async def close(self) -> None:
        """End."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Give the connection for a transaction that reads."""

    def writing(self, *, synced: bool = True) -> AbstractContextManager[Connection]:
        """Give it for a transaction that writes. Unless it is `synced`, a power cut may undo it."""

    def lease_time(self, connection: Connection, at: datetime) -> datetime:
        """Return by which time leases begin and end, where it is `at` by the clock of whoever asks."""

    def lease_here(self, lease: Lease, at: datetime, seconds: float) -> Lease:
        """Return `lease`, taken at `at` for so many `seconds`, by the clock of whoever asked."""


class LiveConnection:
    """The one connection on the existing file `path`. All that is asked of it happens in one thread of its own.

    A file that cannot be used raises Unavailable, and is opened anew for whatever is asked next. When the disk is full
    that is OutOfSpace; the space that was kept aside is free then, for those who try again.
    """

    def __init__(self, path: Path, *, busy_seconds: float, kept_bytes: int = KEPT_BYTES) -> None:
        self.path = path
        self._space = KeptSpace(path, kept_bytes)
        self._engine = live_engine(path, busy_seconds=busy_seconds)
        self._open: Connection | None = None
        self._file: tuple[int, int] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.name)

    async def prepare(self, account: RunRecord, account_id: str) -> str:
        """See `LiveDatabase.prepare`."""
        return await prepare_live_file(self.path, account, account_id)

    def lease_time(self, connection: Connection, at: datetime) -> datetime:
        """See `LiveDatabase.lease_time`: all who share a file have one clock."""
        del connection
        return at

    def lease_here(self, lease: Lease, at: datetime, seconds: float) -> Lease:
        """See `LiveDatabase.lease_here`."""
        del at, seconds
        return lease

    def asked(self, work: Callable[..., _Answer], *about: Any) -> asyncio.Future[_Answer]:
        """Have `work` done in the thread, after all that was asked before."""
        return asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *about))

    async def open(self) -> None:
        """Keep space aside from now on."""
        await self.asked(self._space.take)

    async def close(self) -> None:
        """End connection and thread."""
        await self.asked(self._close)
        await self.asked(self._space.close)
        self._thread.shutdown()

    def reading(self) -> AbstractContextManager[Connection]:
        """Give the connection for a transaction that reads. Only in the thread."""
        return self._transaction(writes=False)

    def writing(self, *, synced: bool = True) -> AbstractContextManager[Connection]:
        """Give it for a transaction that writes. Unless it is `synced`, a power cut may undo it. Only in the thread."""
        return self._transaction(writes=True, synced=synced)

    @contextmanager
    def _transaction(self, *, writes: bool, synced: bool = True) -> Iterator[Connection]:
        try:
            with translated(self.path), self._on_open_file(writes, synced) as connection:
                yield connection
        except OutOfSpace as full:
            if not self._space.give_free():
                raise
            raise OutOfSpace(full.message, hint="make room; what was kept aside is being used up") from full
        if writes:
            self._space.take()

    @contextmanager
    def _on_open_file(self, writes: bool, synced: bool) -> Iterator[Connection]:
        connection = self._connection().execution_options(writes=writes)
        try:
            with _synced(connection, synced), connection.begin():
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, sqlite3.Error):
            self._forget()
            raise
        except (OverflowError, UnicodeEncodeError) as error:
            raise BrokenInvariant(f"{self.path} cannot hold a value: {error}") from error

    def _connection(self) -> Connection:
        if self._open and self._file != _identity(self.path):
            self._forget()  # it was moved or replaced: what is written to it would be lost
        if self._open is None:
            self._open = self._engine.connect()
            self._file = _identity(self.path)
        return self._open

    def _forget(self) -> None:
        """Let go of a connection on which something failed: the next one finds the file as it is."""
        if self._open:
            self._open.invalidate()
            self._close()

    def _close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


@contextmanager
def _synced(connection: Connection, synced: bool) -> Iterator[None]:
    """Have the next transaction wait for the disk or not; whatever comes after it does."""
    if synced:
        yield
        return
    driver = connection.connection.driver_connection
    assert driver
    driver.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        with suppress(sqlite3.ProgrammingError):  # closed meanwhile: the next connection waits
            driver.execute("PRAGMA synchronous = FULL")
