"""PostgreSQL live: how does an engine keep its account in PostgreSQL, one thing after the other, as in a file?

Whoever writes holds the account's row from the beginning of its transaction to the end, so there is one writer at a
time, and none of an epoch that is over. A writer that falls silent in the middle is ended by the server
(`PostgresAddress.stuck_seconds`); one that is told nothing in time gives up.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, String, bindparam, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import BrokenInvariant
from engine.model.live import Lease
from engine.model.runs import RunRecord
from storage.live_tables import ACCOUNT_IDS
from storage.postgres import Postgres
from storage.postgres_errors import translated
from storage.postgres_news import CHANGES
from storage.postgres_schema import prepare_account
from storage.types import utc_now

_Answer = TypeVar("_Answer")
_LOCK_AND_TELL = select(
    ACCOUNT_IDS.c.run_id, func.pg_notify(bindparam("channel", String), bindparam("schema", String))
).with_for_update()
"""Nobody is told before the transaction is kept, whenever in it that is asked for."""
_NOW = select(utc_now())
_AS_OF_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_TO_WRITE = {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}


class PostgresLive:
    """A `LiveDatabase` (storage/live_connection.py) with a connection of its own on `database`.

    Leases go by the clock of the database, which all engines share; a test that has its own time says `own_time`.
    A connection on which something failed is not used again.
    """

    def __init__(self, database: Postgres, *, own_time: bool = False) -> None:
        self.database = database
        self._own_time = own_time
        self._open: AsyncConnection | None = None
        self._sync: Connection | None = None
        self._turn = asyncio.Lock()

    async def prepare(self, account: RunRecord, account_id: str) -> str:
        """See `LiveDatabase.prepare`. The tables are made by `stonks db upgrade`, or here when there are none."""
        return await self.database.answer(partial(prepare_account, self.database, account, account_id))

    def asked(self, work: Callable[..., _Answer], *about: Any) -> asyncio.Future[_Answer]:
        """See `LiveDatabase.asked`."""
        return asyncio.wrap_future(self.database.asked(partial(self._done, partial(work, *about))))

    async def open(self) -> None:
        """See `LiveDatabase.open`."""
        await self.asked(lambda: None)

    async def close(self) -> None:
        """See `LiveDatabase.close`."""
        await self.database.answer(self._forget)

    async def _done(self, work: Callable[[], _Answer]) -> _Answer:
        async with self._turn:
            if self._open is None:
                self._open = await self.database.engine.connect()
            try:
                return await self._open.run_sync(partial(self._with, work))
            except BaseException:
                if self._open.invalidated or not _is_sound(self._open):
                    await self._forget()
                raise

    def _with(self, work: Callable[[], _Answer], connection: Connection) -> _Answer:
        self._sync = connection
        try:
            return work()
        finally:
            self._sync = None

    async def _forget(self) -> None:
        open_, self._open = self._open, None
        if open_ is not None:
            with suppress(Exception):  # it is broken already
                await open_.invalidate()
            with suppress(Exception):
                await open_.close()

    def reading(self) -> AbstractContextManager[Connection]:
        """See `LiveDatabase.reading`: all that is read is of one moment."""
        return self._transaction(_AS_OF_ONE_MOMENT)

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[Connection]:
        """See `LiveDatabase.writing`."""
        with self._transaction(_TO_WRITE) as connection:
            if not synced:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            connection.execute(_LOCK_AND_TELL, {"channel": CHANGES, "schema": self.database.schema})
            yield connection

    @contextmanager
    def _transaction(self, kind: Mapping[str, Any]) -> Iterator[Connection]:
        assert self._sync is not None
        connection = self._sync.execution_options(**kind)  # they are said with its BEGIN
        try:
            with translated(self.database.address), connection.begin():
                yield connection
        except (OverflowError, UnicodeEncodeError) as error:
            raise BrokenInvariant(f"{self.database.address} cannot hold a value: {error}") from error

    def lease_time(self, connection: Connection, at: datetime) -> datetime:
        """See `LiveDatabase.lease_time`."""
        return at if self._own_time else connection.execute(_NOW).scalar_one()

    def lease_here(self, lease: Lease, at: datetime, seconds: float) -> Lease:
        """See `LiveDatabase.lease_here`: it was asked for at `at`, and began no earlier."""
        return lease if self._own_time else replace(lease, expires_at=at + timedelta(seconds=seconds))


def _is_sound(connection: AsyncConnection) -> bool:
    """May it be used again? Not one in whose transaction something failed half-way."""
    try:
        return not connection.closed and not connection.in_transaction()
    except DBAPIError:
        return False
