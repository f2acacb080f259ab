"""A front before a server that lets people in by TLS alone: the servers of the wheels know none."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_ASKS_FOR_TLS = (8).to_bytes(4, "big") + (80_877_103).to_bytes(4, "big")


@contextmanager
def tls_front(port: int, certificate: Path, *, is_asked: bool = True) -> Iterator[int]:
    """Give the port of a front of the server at `port` on loopback; `certificate` has its certificate and key.

    PostgreSQL is asked for TLS first; others (not `is_asked`) speak it from the first byte on.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    loop = asyncio.new_event_loop()
    wires: list[asyncio.WriteTransport] = []

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wires.append(writer.transport if is_asked else _below(writer.transport))
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            if not is_asked or await reader.readexactly(8) == _ASKS_FOR_TLS:
                if is_asked:
                    writer.write(b"S")
                    await writer.start_tls(context)
                beyond, to = await asyncio.open_connection("127.0.0.1", port)
                wires.append(to.transport)
                await asyncio.gather(_passed_on(reader, to), _passed_on(beyond, writer))
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(heard, "127.0.0.1", 0, ssl=None if is_asked else context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server, wires), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def _below(tls: Any) -> asyncio.WriteTransport:
    """Return what TLS is spoken over: TLS alone waits, when it is closed, for a client that may be gone."""
    wire: asyncio.WriteTransport = tls._ssl_protocol._transport
    return wire


async def _ended(server: asyncio.Server, wires: list[asyncio.WriteTransport]) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for wire in wires:
        wire.abort()
    await asyncio.sleep(0.01)  # they are closed in the next rounds


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()
