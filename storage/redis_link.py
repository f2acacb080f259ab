"""Redis link: how does a process speak with a Redis server, so that it never waits longer than it was told?

Two groups of connections: one for questions that are answered at once, one for waiting until something comes. What was
asked and not answered may have been done, or not; nothing is asked twice here.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from storage.redis_address import RedisAddress
from storage.redis_errors import said, translated

Command = Sequence[str | bytes | int | float]
_CONNECTIONS = 16


class RedisLink:
    """A server at `address`. Open it with `open`; nothing is connected before something is asked.

    All of it raises Unavailable when the server cannot be reached, does not answer in time, or takes nothing, and
    BadInput when it lets this user not in, or not do this.
    """

    def __init__(self, address: RedisAddress) -> None:
        self.address = address
        self._asking, self._waiting = _client(address), _client(address)

    @classmethod
    @asynccontextmanager
    async def open(cls, address: RedisAddress) -> AsyncIterator["RedisLink"]:
        """Give a link with `address` until the end. Raises BadInput for certificates that are none."""
        link = cls(address)
        try:
            yield link
        finally:
            await link._asking.aclose()
            await link._waiting.aclose()
            await asyncio.sleep(0)  # a connection that broke is closed in the next round of its loop

    def key(self, name: str) -> str:
        """Return the key `name` as it is called on this server."""
        return self.address.prefix + name

    async def ask(self, *command: str | bytes | float) -> Any:
        """Return what the server answers to `command`: its name, and then what it takes."""
        return (await self.ask_all(command))[0]

    async def ask_all(self, *commands: Command, whole: bool = False) -> list[Any]:
        """Return the answers to `commands`, asked in one go; `whole`: all of them are done at once, or none."""
        return await self._answers(self._asking, 0.0, commands, whole=whole)

    async def wait(self, seconds: float, *commands: Command) -> list[Any]:
        """The same for commands of which the first may take `seconds` until something comes."""
        return await self._answers(self._waiting, seconds, commands, whole=False)

    async def _answers(self, client: "Redis", seconds: float, commands: Sequence[Command], *, whole: bool) -> list[Any]:
        with translated(self.address):
            async with (
                asyncio.timeout(seconds + self.address.answer_seconds),
                client.pipeline(transaction=whole) as pipeline,
            ):
                for command in commands:
                    pipeline.execute_command(*command)
                answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception):
                raise said(self.address, answer)
        return answers


class _TlsConnection(SSLConnection):
    """A connection by rules of ours: what vouches for the server is said by the address alone."""

    def __init__(self, *, context: SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context.context = context


def _client(address: RedisAddress) -> "Redis":
    """Return a client that tries nothing twice. How long it waits for an answer is up to whoever asks it.

    With a time-out of its own it would, on Python 3.11, now and then not hear that whoever asked is to end.
    """
    options: dict[str, Any] = {
        "db": address.database,
        "username": address.user or None,
        "password": address.password or None,
        "socket_connect_timeout": address.connect_seconds,
        "socket_timeout": None,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "decode_responses": True,
        "encoding_errors": "surrogateescape",  # what others put there comes back as it is
        "driver_info": None,  # nothing is asked that the ACL of an old server may not know
        "max_connections": _CONNECTIONS,
    }
    return Redis.from_pool(ConnectionPool(**_place(address), **options))


def _place(address: RedisAddress) -> dict[str, Any]:
    if address.socket is not None:
        return {"connection_class": UnixDomainSocketConnection, "path": str(address.socket)}
    place = {"host": address.host, "port": address.port}
    if (context := address.ssl()) is not None:
        return place | {"connection_class": _TlsConnection, "context": context}
    return place | {"connection_class": Connection}
