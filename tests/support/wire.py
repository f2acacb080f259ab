"""Wire: a way to a server that can be slow, silent, cut or refused, as networks are."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)


class Wire:
    """Listens on a port of loopback and carries bytes to and from the server at `port`. An async context manager."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.delay_seconds = 0.0  # of each answer
        self._to = port
        self._is_silent = False
        self._listens: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.refuse()
        self.reset()

    async def accept(self) -> None:
        """Take connections, on the same port as before."""
        self._listens = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._listens.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Take no new connections."""
        if self._listens:
            self._listens.close()
            self._listens = None

    def reset(self) -> None:
        """Cut the connections that there are."""
        for writer in list(self._open):
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            writer.transport.abort()

    def fall_silent(self) -> None:
        """Lose all bytes from now on, and say so to nobody: connections are half open."""
        self._is_silent = True

    def speak(self) -> None:
        """Carry new connections again. Those from before the silence have lost bytes, and stay as they are."""
        self._is_silent = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            there, to = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._open.add(to)
        await asyncio.gather(self._pump(reader, to), self._pump(there, writer, is_answer=True))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        is_lost = False
        with suppress(OSError):
            while words := await reader.read(65_536):
                is_lost |= self._is_silent
                if is_lost:
                    continue
                if is_answer and self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                writer.write(words)
        self._open.discard(writer)
        with suppress(OSError):
            writer.close()
