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
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
)
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
        self._pools = _Pool(address), _Pool(address)
        self._asking, self._waiting = (Redis.from_pool(pool) for pool in self._pools)

    @classmethod
    @asynccontextmanager
    async def open(cls, address: RedisAddress) -> AsyncIterator["RedisLink"]:
        """Give a link with `address` until the end. Raises BadInput for certificates that are none."""
        link = cls(address)
        try:
            yield link
        finally:
            for pool in link._pools:
                pool.end()
            await asyncio.sleep(0)  # what was broken off is closed in the next round of its loop

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


class _Pool(ConnectionPool):
    """The connections of one group, known until all of them end."""

    def __init__(self, address: RedisAddress) -> None:
        super().__init__(**_place(address), **_options(address))
        self._made: list[_Abrupt] = []
        self._has_ended = False

    def make_connection(self) -> "_Abrupt":
        made: _Abrupt = super().make_connection()  # type: ignore[no-untyped-call]
        self._made.append(made)
        if self._has_ended:
            made.end()
        return made

    def end(self) -> None:
        """Break off every connection, at once: whoever ends may be called away, and end itself, at every wait."""
        self._has_ended = True
        for connection in self._made:
            connection.end()


class _Abrupt(AbstractConnection):
    """A connection that is broken off when it is left: what it has not sent, or not read, is for nobody any more.

    Were it closed in order, it would stay for as long as a server that stands still takes nothing of it.
    """

    _has_ended = False

    async def connect_check_health(self, *args: Any, **options: Any) -> None:
        """Connect and greet, whole or not at all: who is called away in the midst of it leaves no connection."""
        try:
            await self._require_link()
            await super().connect_check_health(*args, **options)
            await self._require_link()
        except BaseException:
            self._break_off()
            raise

    async def disconnect(self, *args: Any, **options: Any) -> None:
        self._break_off()
        await super().disconnect(*args, **options)

    async def _require_link(self) -> None:
        if self._has_ended:
            await asyncio.sleep(0)  # whoever asks on and on would never let another work, nor be called away
            raise ConnectionError("the link has ended")

    def end(self) -> None:
        """Break off, and never connect again."""
        self._has_ended = True
        self._break_off()

    def _break_off(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._close()  # type: ignore[no-untyped-call]


class _TcpConnection(_Abrupt, Connection):
    pass


class _SocketConnection(_Abrupt, UnixDomainSocketConnection):
    pass


class _TlsConnection(_Abrupt, SSLConnection):
    """A connection by rules of ours: what vouches for the server is said by the address alone."""

    def __init__(self, *, context: SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context.context = context


def _options(address: RedisAddress) -> dict[str, Any]:
    """Return how a client is made that tries nothing twice.

    With a time-out of its own it would, on Python 3.11, now and then not hear that whoever asked is to end.
    """
    return {
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


def _place(address: RedisAddress) -> dict[str, Any]:
    if address.socket is not None:
        return {"connection_class": _SocketConnection, "path": str(address.socket)}
    place = {"host": address.host, "port": address.port}
    if (context := address.ssl()) is not None:
        return place | {"connection_class": _TlsConnection, "context": context}
    return place | {"connection_class": _TcpConnection}
