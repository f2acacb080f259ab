"""PostgreSQL reader: how does anybody, from any machine, read the books of a live account while it trades?"""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Select, select, text

from engine.errors import NotFound
from engine.model.runs import LIVE_RUN, RunRecord
from storage import live_queries, postgres_standbys
from storage.answering import Connection
from storage.live_reader import HAPPENED, SqlLiveReader
from storage.live_tables import ACCOUNT_IDS, LEASES
from storage.postgres import Postgres
from storage.postgres_news import News
from storage.record_mappers import record_of
from storage.run_reader import SqlRunReader
from storage.tables import BACKTEST_RUNS
from storage.types import utc_now

_RECORD = select(BACKTEST_RUNS).where(BACKTEST_RUNS.c.id == LIVE_RUN)
_HAPPENED = text(HAPPENED.format(after=":after"))


class PostgresLiveReader(SqlLiveReader):
    """A `LiveReader` (engine/live_reading.py) over the account in `database`."""

    def __init__(self, database: Postgres) -> None:
        SqlRunReader.__init__(self, _nowhere)
        self._database = database
        self._news: News | None = None

    def stamp(self, now: datetime) -> object:
        """See `SqlLiveReader.stamp`. Whoever asks has the database say when something is kept."""
        del now
        if self._news is None:
            self._news = News(self._database)
        return self._news.stamp()

    async def get(self, run_id: int) -> RunRecord:
        """See `RunStore.get`."""
        async with self._reading(run_id) as connection:
            row = (await connection.execute(_RECORD)).mappings().first()
        if row is None:
            raise NotFound(f"there is no account in {self._database.address}")
        return record_of(row)

    async def last_turn(self) -> int:
        """See `LiveReader.last_turn`."""
        row = await self._first(live_queries.LAST_TURN)
        return int(row["seq"]) if row else 0

    def has_happened(self, after: int) -> bool:
        """See `LiveReader.has_happened`. It waits for the answer: not in an event loop."""
        query = _HAPPENED.bindparams(after=after)
        return self._database.asked(functools.partial(self._one, query)).result() is not None

    async def standbys(self) -> tuple[tuple[str, datetime], ...]:
        """See `SqlLiveReader.standbys`."""
        async with self._reading(LIVE_RUN) as connection:
            found = await postgres_standbys.found(connection, self._database)
        return tuple((standby.owner, standby.since) for standby in found)

    async def _one(self, query: Executable) -> Any:
        async with self._database.engine.connect() as connection:
            return (await connection.execute(query)).first()

    async def _told(self, query: Select[Any]) -> Any:
        return await self._rows(LIVE_RUN, query)

    def place_of(self, run_id: int) -> object:
        """See `SqlRunReader.place_of`."""
        if run_id != LIVE_RUN:
            raise NotFound(f"there is no run {run_id} in {self._database.address}")
        return self._database

    @asynccontextmanager
    async def connected(self, run_id: int) -> AsyncIterator[Connection]:
        """See `SqlRunReader.connected`."""
        self.place_of(run_id)
        async with self._database.reading() as connection:
            yield connection


def _nowhere(run_id: int) -> Any:
    raise NotFound(f"run {run_id} is in no file")


async def has_account(database: Postgres) -> bool:
    """Is there an account in the schema of `database`?"""
    query = text("SELECT to_regclass(:table)")
    async with database.engine.connect() as connection:
        if (await connection.execute(query, {"table": ACCOUNT_IDS.name})).scalar() is None:
            return False
        return (await connection.execute(select(ACCOUNT_IDS.c.run_id))).first() is not None


async def is_led(database: Postgres) -> bool:
    """Does an engine lead on the account in the schema of `database`, by the clock that they all go by?"""
    held = LEASES.c.owner.is_not(None), LEASES.c.expires_at > utc_now()
    async with database.engine.connect() as connection:
        return (await connection.execute(live_queries.LEASE.where(*held))).first() is not None
