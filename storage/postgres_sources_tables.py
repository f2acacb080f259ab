"""PostgreSQL source tables: how is a question put to tables of somebody else's, so that nothing there is held up?

In a transaction that may only read, one round trip a question, with a time-out; what the server cannot answer now is
Unavailable. Nothing of it is done in the loop of whoever asks.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, TypeVar

import asyncpg

from engine.errors import StonksError, Unavailable
from storage.postgres import Postgres
from storage.postgres_address import PostgresAddress
from storage.postgres_bell import bell
from storage.postgres_sources_layout import Layout, Layouts, Problem, look
from storage.postgres_sources_names import KINDS, InputTable, usual

ANSWER_SECONDS = 5.0
"""So long a look waits; the next one is not far."""
ARRIVALS = "stonks_arrivals"
"""The channel on which whoever fills the tables may say so: NOTIFY stonks_arrivals."""
COPY_SECONDS = 60.0
"""So long the history may take, once a day."""
_CONNECTIONS = 3
_BEGIN = """
    BEGIN READ ONLY; SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL extra_float_digits = 1; SET LOCAL timezone = 'UTC';
    SET LOCAL statement_timeout = {milliseconds}
"""
"""Whatever the server or the user have as their own: every cell is to read the same."""
T = TypeVar("T")
_Work = Callable[[asyncpg.Connection, "Question"], Awaitable[T]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a table, and with which values in place of `$1`, `$2`, …"""

    sql: str
    values: tuple[Any, ...] = ()


Ask = Callable[[Layout], Question]


class PostgresTables:
    """The tables at `address` from which an account hears, those of `tables` and the others under our names.

    The kinds of `elsewhere` come from somewhere else too, and need not be there. `close` ends the connections.
    """

    def __init__(
        self,
        address: PostgresAddress,
        tables: Mapping[str, InputTable] | None = None,
        *,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        self.address = replace(
            address, connections=_CONNECTIONS, answer_seconds=min(address.answer_seconds, ANSWER_SECONDS)
        )
        self.tables = {kind: (tables or {}).get(kind) or usual(kind) for kind in KINDS}
        self._needed = frozenset(kind for kind, about in KINDS.items() if about.is_needed) - elsewhere
        self._database = Postgres(self.address, "pg_catalog", name="stonks inputs")
        self._layouts: tuple[date, Layouts] | None = None
        self._looking = asyncio.Lock()  # in the database's own loop only

    def noticed(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Give what is set when somebody has told ARRIVALS that rows have come, whatever the payload; see `bell`."""
        return bell(self._database, ARRIVALS, payload="")

    def close(self) -> None:
        """End all connections."""
        self._database.close()

    async def problems(self) -> Sequence[Problem]:
        """Return all that keeps tables from being read, as of now. Raises Unavailable."""
        return (await self.layouts()).problems

    async def layouts(self) -> Layouts:
        """Return what is there, as of now. Raises Unavailable."""
        with unavailable():
            return await self._database.answer(self._looked)

    async def rows(self, kind: str, ask: Ask, on: date) -> tuple[Layout, Sequence[Any]] | None:
        """Return what the table of `kind` answers, None when there is none; on the day `on` it is looked for once.

        Raises Unavailable, saying what lacks.
        """

        async def fetched(connection: asyncpg.Connection, question: Question) -> Sequence[Any]:
            rows: Sequence[Any] = await connection.fetch(question.sql, *question.values)
            return rows

        return await self._answered(kind, ask, on, fetched, ANSWER_SECONDS)

    async def copied(self, kind: str, ask: Ask, on: date) -> tuple[Layout, bytes] | None:
        """Return very many rows as CSV, without a heading; else as `rows`. The question has no values."""

        async def copied(connection: asyncpg.Connection, question: Question) -> bytes:
            parts: list[bytes] = []

            async def take(part: bytes) -> None:
                parts.append(part)

            await connection.copy_from_query(question.sql, output=take, format="csv", timeout=COPY_SECONDS)
            return b"".join(parts)

        return await self._answered(kind, ask, on, copied, COPY_SECONDS)

    async def _answered(self, kind: str, ask: Ask, on: date, work: _Work[T], seconds: float) -> tuple[Layout, T] | None:
        with unavailable():
            return await self._database.answer(partial(self._asked, kind, ask, on, work, seconds))

    async def _asked(self, kind: str, ask: Ask, on: date, work: _Work[T], seconds: float) -> tuple[Layout, T] | None:
        was_known = self._layouts is not None and self._layouts[0] == on
        layout = await self._layout(kind, on)
        if layout is None:
            return None
        try:
            question = ask(layout)
            return layout, await self._read(lambda connection: work(connection, question), seconds)
        except asyncpg.SyntaxOrAccessError:  # it is not any more as it was
            self._layouts = None
            if was_known:
                return await self._asked(kind, ask, on, work, seconds)
            raise
        except BaseException:
            self._layouts = None
            raise

    async def _layout(self, kind: str, on: date) -> Layout | None:
        if not self.tables[kind].table:
            return None
        async with self._looking:
            layouts = self._layouts[1] if self._layouts is not None and self._layouts[0] == on else None
            if layouts is None or layouts.problem_of(kind):  # it may be over: the others may have looked before
                layouts = await self._looked()
                self._layouts = on, layouts
        if problem := layouts.problem_of(kind):
            raise Unavailable(problem.words, hint=problem.hint)
        return layouts.found.get(kind)

    async def _looked(self) -> Layouts:
        return await self._read(partial(look, tables=self.tables.values(), needed=self._needed), ANSWER_SECONDS)

    async def _read(self, work: Callable[[asyncpg.Connection], Awaitable[T]], seconds: float) -> T:
        async with self._reading(seconds) as connection:
            return await work(connection)

    @asynccontextmanager
    async def _reading(self, seconds: float) -> AsyncIterator[asyncpg.Connection]:
        async with self._database.engine.connect() as pooled:
            connection: Any = (await pooled.get_raw_connection()).driver_connection
            await connection.execute(_BEGIN.format(milliseconds=round(seconds * 1000)))
            try:
                yield connection
            finally:
                with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                    await connection.execute("ROLLBACK")


@contextmanager
def unavailable() -> Iterator[None]:
    """What is wrong with somebody else's tables now may be over at the next look."""
    try:
        yield
    except Unavailable:
        raise
    except StonksError as error:
        raise Unavailable(error.message, hint=error.hint) from error
