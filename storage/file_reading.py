"""File reading: how does an event loop ask a SQLite file a few questions, as of one moment?

SQLite answers in the thread that asks. A driver that hands every step of its own to a thread (connect, begin, execute,
fetch, close) changes threads some fifty times for one question, which takes longer than most answers. Here a question
is one change of thread: the first one opens the file too.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Executable, create_engine
from sqlalchemy.pool import NullPool

from storage.database import address_of, prepare_connections, require_file, translated

THREADS = 16
"""So many questions are answered at a time, and of so many files it is remembered how they are read."""

Check = Callable[[sqlite3.Connection], object]
"""Raises when the file, which is open, is not the one that is wanted."""
_Answer = TypeVar("_Answer")


class Reading:
    """A transaction that reads one file. It begins with the first question; one is answered after the other."""

    def __init__(self, path: Path, check: Check | None = None) -> None:
        self._path = path
        self._check = check
        self._one_by_one = Lock()  # who was cancelled has left a question behind
        self._open: Connection | None = None

    async def execute(self, query: Executable, /) -> Any:
        """Return the result of `query`, all of which is there."""
        return await _elsewhere(partial(self._execute, query))

    async def close(self, *, at_once: bool = False) -> None:
        """End it and let go of the file; `at_once`: without waiting for the answer to a question that was left."""
        if at_once and (connection := self._open) is not None:
            _driver(connection).interrupt()
        await _elsewhere(self._close)

    def _execute(self, query: Executable) -> Any:
        with self._one_by_one:
            if self._open is None:
                self._open = self._opened()
            return self._open.execute(query).freeze()()

    def _opened(self) -> Connection:
        require_file(self._path)
        name, options = address_of(self._path, writes=False)
        connection = _engine(URL.create("sqlite", database=name, query=options)).connect()
        try:
            if self._check:
                self._check(_driver(connection))
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        with self._one_by_one:
            if self._open is not None:
                self._open.close()
                self._open = None


@asynccontextmanager
async def reading(path: Path, check: Check | None = None) -> AsyncIterator[Reading]:
    """Give a transaction on the existing file `path`, after `check` on its connection has raised nothing.

    Raises NotFound, BadInput or Unavailable, with the file's name, for whatever SQLite finds wrong.
    """
    with translated(path):
        found = Reading(path, check)
        try:
            yield found
        except BaseException:
            await found.close(at_once=True)
            raise
        await found.close()


async def _elsewhere(work: Callable[[], _Answer]) -> _Answer:
    """Have `work` done in another thread, to its end, even if nobody waits for it any more."""
    answer = asyncio.get_running_loop().run_in_executor(_threads(), work)
    try:
        await asyncio.wait({answer})
    except asyncio.CancelledError:
        answer.add_done_callback(lambda done: done.exception())  # it was heard: nobody need be told of it
        raise
    return answer.result()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="reading")


@lru_cache(THREADS)
def _engine(url: URL) -> Engine:
    """Return the engine that reads there. It holds no connection, only the words into which queries were put once."""
    engine = create_engine(url, poolclass=NullPool)
    prepare_connections(engine, lambda cursor: cursor.execute("PRAGMA query_only = ON"), begin="BEGIN")
    return engine


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver
