"""PostgreSQL standbys: which engines stand by on an account, and since when?

An engine that stands by keeps a connection open whose name says so. The server itself lists it, as long as the engine
lives and no longer: nothing has to be cleaned up after one that was killed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from storage.answering import Connection
from storage.postgres import Postgres
from storage.postgres_bell import bell

_CHANNEL = "stonks_standbys"
_MOMENT = "%Y%m%dT%H%M%SZ"
_FOUND = text(
    "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
    "AND starts_with(application_name, :head) ORDER BY application_name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """An engine that stands by: `owner` is HOST:PID, cut when the host has a very long name."""

    owner: str
    since: datetime


@asynccontextmanager
async def standing_by(database: Postgres, owner: str, since: datetime) -> AsyncIterator[None]:
    """Be seen to stand by on the account in `database`, as long as the context lasts. Nothing is raised."""
    async with bell(database, _CHANNEL, name=f"{_head(database)}{since.astimezone(UTC):{_MOMENT}} {owner}"):
        yield


async def standbys(database: Postgres) -> tuple[Standby, ...]:
    """Return who stands by on the account in `database`, the longest first. Raises Unavailable."""
    async with database.reading() as connection:
        return await found(connection, database)


async def found(connection: Connection, database: Postgres) -> tuple[Standby, ...]:
    """Return the same, by a `connection` to `database` that is there."""
    names = (await connection.execute(_FOUND.bindparams(head=_head(database)))).scalars().all()
    return tuple(_standby(name.removeprefix(_head(database))) for name in names)


def _head(database: Postgres) -> str:
    return f"stonks standby {database.schema} "


def _standby(words: str) -> Standby:
    since, _, owner = words.partition(" ")
    return Standby(owner=owner, since=datetime.strptime(since, _MOMENT).replace(tzinfo=UTC))
