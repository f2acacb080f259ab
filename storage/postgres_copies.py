"""PostgreSQL copies: how does a whole account come into a database, or out of one, as of one instant, all or nothing?

Rows stream in pages, in the thread of whoever asks; the database's own thread sends or fetches the next page meanwhile.
"""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateSchema

from engine.errors import BadInput, BrokenInvariant, NotFound, Unavailable
from storage.copied_rows import PAGE, TABLES, Row
from storage.migrations.parts import Part
from storage.postgres import Postgres
from storage.postgres_address import PostgresAddress
from storage.postgres_schema import has_tables, hold_making, make_indexes, make_tables, require_version, use_schema
from storage.table_kinds import ALEMBIC_VERSION

_Answer = TypeVar("_Answer")
_LONG_SECONDS = 3_600.0
"""So long one step may take: an index over everything, or a page on its way over a slow line."""


@contextmanager
def opened(address: PostgresAddress) -> Iterator[Postgres]:
    """Give the database at `address`, with patience."""
    database = Postgres(replace(address, answer_seconds=_LONG_SECONDS, stuck_seconds=_LONG_SECONDS), name="stonks db")
    try:
        yield database
    finally:
        database.close()


def schema_of(address: PostgresAddress, part: Part) -> str:
    """Return the schema with the tables of `part`."""
    return address.schema if part is Part.ACCOUNT else address.broker_schema


class Source:
    """An account in a database as of one instant: `reading` gives it."""

    def __init__(self, database: Postgres, connection: asyncpg.Connection) -> None:
        self.address = database.address
        self._database = database
        self._connection = connection

    def value(self, query: str) -> Any:
        """Return the first value that answers `query`, None for no row."""
        return self._database.asked(lambda: self._connection.fetchval(query)).result()

    def require_account(self) -> None:
        """Raise NotFound or BadInput unless both parts of an account are there, in this program's version."""
        for part in Part:
            schema = schema_of(self.address, part)
            if not self.value(f"SELECT to_regclass('\"{schema}\".{ALEMBIC_VERSION.name}') IS NOT NULL"):
                raise NotFound(f"there is no account in {self.address}: no tables in the schema {schema}")
            require_version(schema, self.value(f'SELECT version_num FROM "{schema}".{ALEMBIC_VERSION.name}'))
        if self.value(f'SELECT account_id FROM "{self.address.schema}".account_ids') is None:
            raise NotFound(f"there is no account in {self.address}")

    def leader(self) -> str:
        """Return who leads on the account, '' for nobody."""
        words = f'SELECT owner FROM "{self.address.schema}".leases WHERE expires_at > clock_timestamp()'
        return str(self.value(words) or "")

    def pages(self, part: Part, table: Table) -> Iterator[Sequence[Row]]:
        """Yield the rows of `table` by its key, a page at a time."""
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        query = f'SELECT {columns} FROM "{schema_of(self.address, part)}".{table.name} ORDER BY {keys}'
        cursor = self._database.asked(lambda: _begun(self._connection, query)).result()
        coming = self._database.asked(lambda: cursor.fetch(PAGE))
        while page := coming.result():
            coming = self._database.asked(lambda: cursor.fetch(PAGE))
            yield page


@contextmanager
def reading(database: Postgres) -> Iterator[Source]:
    """Give what is in `database` now, whatever is written meanwhile."""
    connection = database.asked(database.connect).result()
    try:
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        database.asked(lambda: connection.execute(begin)).result()
        yield Source(database, connection)
    finally:
        database.asked(connection.close).result()


class Target:
    """A database that gets an account, in one transaction: `writing` gives it."""

    def __init__(self, database: Postgres, connection: AsyncConnection) -> None:
        self.address = database.address
        self._database = database
        self._connection = connection
        self._raw: asyncpg.Connection | None = None
        self._sending: Future[Any] | None = None

    def do(self, work: Callable[[AsyncConnection], Coroutine[Any, Any, _Answer]]) -> _Answer:
        """Return what `work` returns, done in the transaction."""
        return self._database.asked(partial(work, self._connection)).result()

    def make(self, part: Part, tables: Sequence[Table]) -> bool:
        """Make `tables` unless they are there; return whether their indexes are still to be made."""
        schema = schema_of(self.address, part)
        self.do(partial(use_schema, schema=schema))
        return self.do(partial(make_tables, schema=schema, tables=tables))

    def index(self, part: Part, tables: Sequence[Table]) -> None:
        """Make the indexes of `tables`."""
        self.do(partial(use_schema, schema=schema_of(self.address, part)))
        self.do(partial(make_indexes, tables=tables))

    def put(self, part: Part, table: Table, pages: Iterator[list[Row]]) -> int:
        """Send the rows of `pages`, for the empty `table`; return how many."""
        sent = 0
        for page in pages:
            self._wait(table)
            self._sending = self._database.asked(partial(self._copy, schema_of(self.address, part), table, page))
            sent += len(page)
        self._wait(table)
        return sent

    def _wait(self, table: Table) -> None:
        sending, self._sending = self._sending, None
        if sending is None:
            return
        try:
            sending.result()
        except (ValueError, TypeError, OverflowError, BrokenInvariant) as error:
            raise BrokenInvariant(f"{self.address} cannot hold a row of {table.name}: {error}") from error

    async def _copy(self, schema: str, table: Table, page: list[Row]) -> None:
        if self._raw is None:
            self._raw = (await self._connection.get_raw_connection()).driver_connection
            assert self._raw is not None
        names = [column.name for column in table.columns]
        await self._raw.copy_records_to_table(table.name, schema_name=schema, columns=names, records=page)


@contextmanager
def writing(database: Postgres) -> Iterator[Target]:
    """Give `database` for one transaction: what is put there is there at the end, all of it, or nothing of it."""
    connection = database.asked(partial(_connected, database)).result()
    target = Target(database, connection)
    try:
        yield target
        database.asked(connection.commit).result()
    finally:
        database.asked(connection.close).result()


async def _connected(database: Postgres) -> AsyncConnection:
    return await database.engine.connect()


async def _begun(connection: asyncpg.Connection, query: str) -> Any:
    return await connection.cursor(query)


async def require_no_account(connection: AsyncConnection, address: PostgresAddress) -> None:
    """Raise BadInput when the tables, which are there, hold an account or what a broker remembers."""
    for part in Part:
        schema = schema_of(address, part)
        if await _holds(connection, schema, part):
            words = "an account" if part is Part.ACCOUNT else "a broker on paper"
            hint = "name another database or schema; stonks db restore puts a backup in its place"
            raise BadInput(f"there is {words} in {address} already, in the schema {schema}", hint=hint)


async def set_aside(connection: AsyncConnection, address: PostgresAddress, word: str) -> int:
    """Put the tables that hold an account into schemas whose names end in `word`; return the epoch of its lease.

    Raises Unavailable while an engine leads on it. Tables that hold nothing stay where they are.
    """
    await hold_making(connection)
    epoch = 0
    for part in Part:
        schema = schema_of(address, part)
        if not await has_tables(connection, schema) or not await _holds(connection, schema, part):
            continue
        if part is Part.ACCOUNT:
            epoch = await require_no_leader(connection, address)
        await connection.execute(CreateSchema(f"{schema}_{word}"))
        for table in (ALEMBIC_VERSION, *TABLES[part]):
            move = f'ALTER TABLE IF EXISTS "{schema}".{table.name} SET SCHEMA "{schema}_{word}"'
            await connection.execute(text(move))
    return epoch


async def require_no_leader(connection: AsyncConnection, address: PostgresAddress) -> int:
    """Raise Unavailable when an engine leads; return the last epoch, and see that nobody writes meanwhile."""
    if not await has_tables(connection, address.schema):
        return 0
    await connection.execute(text(f'SELECT 1 FROM "{address.schema}".account_ids FOR UPDATE'))
    words = f'SELECT owner, epoch, expires_at > clock_timestamp() AS lasts FROM "{address.schema}".leases'
    lease = (await connection.execute(text(words))).first()
    if lease is not None and lease.owner is not None and lease.lasts:
        words = f"the account in {address} is in use: {lease.owner} leads on it"
        raise Unavailable(words, hint="stonks stop ends an engine")
    return int(lease.epoch) if lease is not None else 0


async def _holds(connection: AsyncConnection, schema: str, part: Part) -> bool:
    table = "account_ids" if part is Part.ACCOUNT else "paper_epoch"
    return (await connection.execute(text(f'SELECT 1 FROM "{schema}".{table} LIMIT 1'))).first() is not None
