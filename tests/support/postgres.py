"""Databases of their own for tests, on one real server for each process that runs tests."""

import asyncio
import atexit
import itertools
import os
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import cache, partial
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from sqlalchemy import Table

from stonks_tui import account_place
from storage import postgres_address
from storage.live_tables import LIVE_TABLES
from storage.paper_tables import PAPER_TABLES
from storage.postgres import Postgres
from storage.postgres_address import PostgresAddress
from storage.postgres_schema import prepare_tables
from tests.support.postgres_server import PostgresServer

_Answer = TypeVar("_Answer")
_NAMED = os.environ.get("STONKS_TEST_POSTGRES_URL", "")
_SSL = None if _NAMED else False  # to look for certificates takes longer than all the rest
_NUMBERS = itertools.count()


@cache
def server_url() -> str:
    """Return where the tests' server is: the one that is named, or one that ends with this process."""
    if _NAMED:
        return _NAMED
    server = PostgresServer().start()
    atexit.register(server.close)
    return server.url()


async def _template() -> str:
    """Make a database with all tables, of which the others are copies."""
    name = f"stonks_template_{os.getpid()}"
    await _told(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"')
    for schema, tables in (("stonks", LIVE_TABLES), ("stonks_paper", PAPER_TABLES)):
        database = Postgres(address_of(name), schema)
        try:
            await database.answer(partial(_prepared, database, tables))
        finally:
            database.close()
    return name


async def _prepared(database: Postgres, tables: Sequence[Table]) -> None:
    async with database.engine.begin() as connection:
        await prepare_tables(connection, database.schema, tables)


@cache
def template() -> str:
    """Return the name of a database with all tables."""
    return _apart(_template())


def _apart(work: Coroutine[Any, Any, _Answer]) -> _Answer:
    """Run `work` in a loop of its own, whatever loop runs here."""
    server_url()  # begun in this thread: it would end with the other
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _told(*words: str, at: str = "") -> None:
    connection = await asyncpg.connect(at or server_url(), ssl=_SSL)
    try:
        for word in words:
            await connection.execute(word)
    finally:
        await connection.close()


def asked(address: PostgresAddress, query: str) -> Any:
    """Return the first value that answers `query`."""

    async def answer() -> Any:
        connection = await asyncpg.connect(url_of(address.database))
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return _apart(answer())


def url_of(name: str) -> str:
    """Return where the database `name` is."""
    parts = urlsplit(server_url())
    return urlunsplit(parts._replace(path=f"/{name}", query=parts.query or "sslmode=disable"))


def address_of(name: str) -> PostgresAddress:
    """Return the address of the database `name`."""
    return postgres_address.parse(url_of(name))


@contextmanager
def fresh_url(*, empty: bool = False) -> Iterator[str]:
    """Give the address of a new database: with all tables, or `empty`."""
    name = f"stonks_{os.getpid()}_{next(_NUMBERS)}"
    copied = "" if empty else f' TEMPLATE "{template()}" STRATEGY file_copy'
    _apart(_told(f'CREATE DATABASE "{name}"{copied}'))
    try:
        yield url_of(name)
    finally:
        _apart(_told(f'DROP DATABASE "{name}" WITH (FORCE)'))


_FREE: list[str] = []
"""Databases with all tables and no row."""

_EMPTIED = ";".join(
    f"DELETE FROM {schema}.{table.name}"
    for schema, tables in (("stonks", LIVE_TABLES), ("stonks_paper", PAPER_TABLES))
    for table in reversed(tables)
)


@contextmanager
def emptied_url() -> Iterator[str]:
    """Give the address of a database with all tables, for those who leave nothing but rows: others had it before."""
    if _FREE:
        name = _FREE.pop()
    else:
        name = f"stonks_{os.getpid()}_{next(_NUMBERS)}"
        _apart(_told(f'CREATE DATABASE "{name}" TEMPLATE "{template()}" STRATEGY file_copy'))
    yield url_of(name)
    _apart(_told(_EMPTIED, at=url_of(name)))
    _FREE.append(name)


@asynccontextmanager
async def emptied(schema: str = "") -> AsyncIterator[Postgres]:
    """Give such a database, open."""
    with emptied_url() as url:
        database = Postgres(postgres_address.parse(url), schema)
        try:
            yield database
        finally:
            database.close()


@asynccontextmanager
async def fresh(*, empty: bool = False) -> AsyncIterator[Postgres]:
    """Give a new database, open."""
    with fresh_url(empty=empty) as url:
        database = Postgres(postgres_address.parse(url))
        try:
            yield database
        finally:
            database.close()


@contextmanager
def account_in_postgres() -> Iterator[str]:
    """Have the account of every data directory be in a new database; give its address."""
    before = os.environ.get(account_place.URL)
    with fresh_url() as url:
        os.environ[account_place.URL] = url
        try:
            yield url
        finally:
            account_place.let_go()
            if before is None:
                del os.environ[account_place.URL]
            else:
                os.environ[account_place.URL] = before
