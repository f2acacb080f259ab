"""Serving: uvicorn, with a limit of time for what it waits for without one: the head of a request."""

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from stonks_tui.http.limits import CONNECTIONS, HEADER_BYTES, IDLE_SECONDS, REQUEST_SECONDS


class PromptProtocol(H11Protocol):
    """Ends a connection whose request has a head that does not come within some seconds."""

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._head = self.loop.call_later(REQUEST_SECONDS, self._late)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        waits = self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE
        if not waits:
            self._end_wait()
        elif self._head is None:
            self._head = self.loop.call_later(REQUEST_SECONDS, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._end_wait()
        super().connection_lost(exc)

    def _late(self) -> None:
        self._head = None
        if not self.transport.is_closing():
            self.transport.close()

    def _end_wait(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


def server_of(app: ASGIApp, **changed: Any) -> uvicorn.Server:
    """Return a server of `app`: no log of its own, no word of any proxy believed."""
    config: dict[str, Any] = {
        "http": PromptProtocol,
        "loop": "asyncio",
        "ws": "none",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "date_header": True,
        "limit_concurrency": CONNECTIONS,
        "timeout_keep_alive": IDLE_SECONDS,
        "timeout_graceful_shutdown": 1,
        "h11_max_incomplete_event_size": HEADER_BYTES,
        **changed,
    }
    return uvicorn.Server(uvicorn.Config(app, **config))
