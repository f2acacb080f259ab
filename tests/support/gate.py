"""A gate: a way to a server that is shut, and opened again, in the middle of whatever goes through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """A way to a server that can be shut: what goes through is cut off, and nobody comes through."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._is_open = True
        self._ends: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[int]:
        """Give the port of the gate."""
        server = await asyncio.start_server(self._come, "127.0.0.1", 0)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            await self.shut()
            server.close()

    def open(self) -> None:
        """Let through again."""
        self._is_open = True

    async def shut(self) -> None:
        """Cut off whatever goes through."""
        self._is_open = False
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        await asyncio.sleep(0)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry what one client says to the server, and back."""
        if not self._is_open:
            writer.transport.abort()
            return
        theirs, ours = await asyncio.open_connection(*self._to)
        self._ends += [writer, ours]
        await asyncio.gather(_carry(reader, ours), _carry(theirs, writer), return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
