"""PostgreSQL: how does a process speak with a database, so that nobody who asks is held up by it?

One thread with an event loop of its own has all connections of a database. Whoever asks, from whatever loop or thread,
waits for the answer without blocking its own; and an answer that does not come in time is an error.
"""

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import StonksError
from storage.postgres_address import PostgresAddress
from storage.postgres_errors import translated

_Answer = TypeVar("_Answer")
_ENDS_SECONDS = 5.0
_TLS_ENDS_SECONDS = 0.1
_WAITS_SECONDS = 10.0
"""So long whoever asks waits for a connection of the pool."""

_KEEPS = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""What is kept is kept, also by a server that is told to be quick."""


class Postgres:
    """The database at `address`, as seen from this process, with `schema` in front. `close` ends its connections."""

    def __init__(self, address: PostgresAddress, schema: str = "", *, name: str = "stonks") -> None:
        self.address = address
        self.schema = schema or address.schema
        self._name = name
        self._has_failed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"postgres-{self.schema}", daemon=True)
        self._thread.start()
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            pool_size=address.connections,
            max_overflow=0,
            pool_timeout=_WAITS_SECONDS,
            pool_pre_ping=True,
            pool_recycle=1_800,
        )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def connect(self) -> asyncpg.Connection:
        """Return a new connection of the driver. Only in the database's own loop."""
        try:
            return await self._connected()
        except BaseException:
            self._has_failed = True
            raise

    async def _connected(self) -> asyncpg.Connection:
        about = self.address
        milliseconds = round(about.answer_seconds * 1000)
        hosts, ports = zip(*about.hosts, strict=True)
        connection = await asyncpg.connect(
            host=list(hosts),
            port=list(ports),
            user=about.user,
            password=about.password or None,
            database=about.database,
            ssl=about.ssl(),
            target_session_attrs="read-write" if len(hosts) > 1 else "any",
            timeout=about.connect_seconds,
            command_timeout=about.answer_seconds + 1,
            server_settings={
                "application_name": self._name,
                "search_path": self.schema,
                "timezone": "UTC",
                "statement_timeout": str(milliseconds),
                "lock_timeout": str(milliseconds),
                "idle_in_transaction_session_timeout": str(round(about.stuck_seconds * 1000)),
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "3",
                "tcp_keepalives_count": "3",
            },
        )
        try:
            await connection.execute(_KEEPS)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def asked(self, work: Callable[[], Coroutine[Any, Any, _Answer]]) -> "Future[_Answer]":
        """Have `work` done in the database's own loop. It is done whatever becomes of whoever waits for it."""
        answer: Future[_Answer] = Future()
        answer.set_running_or_notify_cancel()

        async def done() -> None:
            try:
                with translated(self.address):
                    found = await work()
            except BaseException as error:  # noqa: BLE001 it is for whoever waits
                answer.set_exception(error)
            else:
                answer.set_result(found)

        asyncio.run_coroutine_threadsafe(done(), self._loop)
        return answer

    async def answer(self, work: Callable[[], Coroutine[Any, Any, _Answer]]) -> _Answer:
        """Return what `work` returns, done in the database's own loop."""
        return await asyncio.wrap_future(self.asked(work))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["Conversation"]:
        """Give a connection, for questions that are answered as of one moment: from any loop."""
        talk = await self._begun(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            yield talk
        finally:
            await self.answer(talk.end)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Conversation"]:
        """Give a connection, for a transaction that is kept unless the context is left with an error: from any loop."""
        talk = await self._begun()
        try:
            yield talk
            await self.answer(talk.keep)
        finally:
            await self.answer(talk.end)

    async def _begun(self, **options: Any) -> "Conversation":
        asked = self.asked(functools.partial(self._begin, options))
        try:
            return await asyncio.wrap_future(asked)
        except asyncio.CancelledError:
            asked.add_done_callback(self._end_unwanted)
            raise

    async def _begin(self, options: Mapping[str, Any]) -> "Conversation":
        connection = await self.engine.connect()
        try:
            await connection.execution_options(**options)
            await connection.begin()
        except BaseException:
            await connection.close()
            raise
        return Conversation(self, connection)

    def _end_unwanted(self, begun: "Future[Conversation]") -> None:
        if begun.exception() is None:
            self.asked(begun.result().end)

    def close(self) -> None:
        """End all connections, and the thread."""
        if self._loop.is_closed():
            return
        with suppress(StonksError, TimeoutError):  # what cannot be ended in order ends with the process
            self.asked(self._end).result(_ENDS_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ENDS_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.engine.dispose()
        if self._has_failed and self.address.ssl_mode != "disable":
            await asyncio.sleep(_TLS_ENDS_SECONDS)  # what could not be begun ends with a word of the other side


class Conversation:
    """A connection in a transaction, which is used in the loop of its database, and awaited in any."""

    def __init__(self, database: Postgres, connection: AsyncConnection) -> None:
        self._database = database
        self._connection = connection
        self._one_by_one = asyncio.Lock()  # who was cancelled may have left a question

    async def execute(self, query: Executable) -> Any:
        """Return the result of `query`, all of which is there."""
        return await self._database.answer(functools.partial(self._execute, query))

    async def _execute(self, query: Executable) -> Any:
        async with self._one_by_one:
            return await self._connection.execute(query)

    async def keep(self) -> None:
        """Commit. In the loop of the database."""
        async with self._one_by_one:
            await self._connection.commit()

    async def end(self) -> None:
        """Give the connection back; what was not kept is undone. In the loop of the database."""
        async with self._one_by_one:
            await self._connection.close()
