"""Broker books: where does the broker service remember, and of which account are its books?

In a file of its own in the data directory, or in PostgreSQL. Whoever's job it takes first is its account for ever.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import Unavailable
from engine.live_ports import PaperMemory
from storage.machine_lock import MachineLock

if TYPE_CHECKING:
    from storage.postgres import Postgres
    from storage.postgres_address import PostgresAddress

FILE = "broker.db"
_log = logging.getLogger("stonks")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerBooks:
    """Where the books are: the file `path`, or a `database`, whose schema for the broker has them then."""

    path: Path
    database: "PostgresAddress | None" = None

    def __str__(self) -> str:
        return f"{self.database}, schema {self.database.broker_schema}" if self.database else str(self.path)

    @property
    def is_shared(self) -> bool:
        """May a second service, on another machine, go on with the same books?"""
        return self.database is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBooks:
    """Books that this process alone has, or that are in a database."""

    books: BrokerBooks
    postgres: "Postgres | None" = None

    async def account(self) -> str:
        """Return the id of the account that the books are of, empty while they are of none."""
        if self.postgres is not None:
            from storage.postgres_schema import prepare_paper

            return await self.postgres.answer(partial(prepare_paper, self.postgres, ""))
        from storage.database import open_raw
        from storage.paper_store import PaperStore

        async with PaperStore.open(self.books.path):  # made, unless it is there
            with open_raw(self.books.path) as raw:
                return str(raw.execute("SELECT account_id FROM paper_epoch").fetchone()[0])

    @asynccontextmanager
    async def of(self, account_id: str) -> AsyncIterator[PaperMemory]:
        """Give the books of an account, which they are of from now on; an empty id leaves that open.

        Raises BadInput when they are of another one.
        """
        if self.postgres is not None:
            from storage.postgres_paper import PostgresPaper

            async with PostgresPaper.open(self.postgres, account_id=account_id) as memory:
                yield memory
            return
        from storage.paper_store import PaperStore

        async with PaperStore.open(self.books.path, account_id=account_id) as store:
            yield store


@asynccontextmanager
async def opened(books: BrokerBooks) -> AsyncIterator[OpenBooks]:
    """Give the books to this process. Raises Unavailable when another one of this machine has the file."""
    if books.database is not None:
        from storage.postgres import Postgres

        database = Postgres(books.database, books.database.broker_schema)
        try:
            yield OpenBooks(books=books, postgres=database)
        finally:
            database.close()
        return
    books.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = lock_of(books.path)
    if not lock.take():
        raise Unavailable(
            f"another broker service has the books {books.path}",
            hint="stonks broker status says which; two on one queue would take each other's jobs",
        )
    try:
        yield OpenBooks(books=books)
    finally:
        lock.let_go()


def lock_of(path: Path) -> MachineLock:
    """Return the lock that whoever works on the books in the file `path` holds."""
    return MachineLock(path.with_name(f"{path.name}.lock"))
