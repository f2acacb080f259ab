"""Guard: what is looked at of a request before anything reads it: whence, by whom, how often, how large, how slow?"""

import asyncio
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stonks_tui.http.access import is_loopback
from stonks_tui.http.address import HttpPlan
from stonks_tui.http.limits import ANSWER_SECONDS, BODY_BYTES, REQUEST_SECONDS, Rates
from stonks_tui.http.problems import Code, Refusal

STREAMS = ("/api/trading/events",)
_PROBES = ("/health", "/ready")
_ALWAYS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Guard:
    """In front of the application. Who asks is put into the request's state as `caller`."""

    def __init__(self, app: ASGIApp, plan: HttpPlan) -> None:
        self._app = app
        self._plan = plan
        self._rates = Rates(plan.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            scope["root_path"] = self._plan.root_path
            self._admit(scope)
            limited = _Limited(receive, Headers(scope=scope))
            is_stream = _path(scope, self._plan.root_path) in STREAMS
            async with asyncio.timeout(None if is_stream else ANSWER_SECONDS):
                await self._app(scope, limited, answer)
        except Refusal as refusal:
            await answer.refuse(refusal)
        except TimeoutError:
            await answer.refuse(Refusal(503, Code.UNAVAILABLE, f"no answer was found within {ANSWER_SECONDS:g} s"))

    def _admit(self, scope: Scope) -> None:
        headers, peer = Headers(scope=scope), (scope.get("client") or ("", 0))[0]
        if not self._plan.access.tokens:
            self._require_own(headers)
        caller = self._plan.access.caller(_token_of(headers), peer)
        scope.setdefault("state", {})["caller"] = caller
        if _path(scope, self._plan.root_path) in _PROBES:
            return
        seconds = self._rates.wait(f"token {caller.name}" if caller and self._plan.access.tokens else f"peer {peer}")
        if seconds:
            words = f"more than {self._plan.rate} requests a second"
            headers_too = {"Retry-After": str(math.ceil(seconds))}
            raise Refusal(429, Code.TOO_MANY_REQUESTS, words, headers=headers_too)

    def _require_own(self, headers: Headers) -> None:
        """Without tokens nobody may ask whom a page of somebody else's has sent here."""
        host = headers.get("host", "")
        if not is_loopback(_host_of(host)):
            words = f"{host[:80]!r} is no name of this machine's own"
            raise Refusal(403, Code.STRANGE_HOST, words, hint="ask at 127.0.0.1 or localhost, or set tokens")
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", *self._plan.origins):
            words = f"{origin[:80]!r} may not ask from a browser"
            raise Refusal(403, Code.STRANGE_ORIGIN, words, hint="--http-origins names the pages that may")


class _Limited:
    """Receives a request as far as it is not too large, and comes in time."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive, self._read, self._ended = receive, 0, False
        length = headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length[:12]) > BODY_BYTES:
            raise _too_large()

    async def __call__(self) -> Message:
        if self._ended:  # nothing comes any more but that the other end has gone
            return await self._receive()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                message = await self._receive()
        except TimeoutError:
            words = f"the request has not come within {REQUEST_SECONDS:g} s"
            raise Refusal(408, Code.TOO_SLOW, words, headers={"Connection": "close"}) from None
        self._read += len(message.get("body", b""))
        if self._read > BODY_BYTES:
            raise _too_large()
        self._ended = not message.get("more_body", False)
        return message


class _Answer:
    """Sends an answer with what each of them carries."""

    def __init__(self, send: Send) -> None:
        self._send, self._begun = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            names = {name.lower() for name, _ in message.get("headers", ())}
            message["headers"] = [*message.get("headers", ()), *(pair for pair in _ALWAYS if pair[0] not in names)]
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer that it is refused, unless something was answered already."""
        if self._begun:
            return
        await self(start_of(refusal))
        await self._send({"type": "http.response.body", "body": refusal.body})


def start_of(refusal: Refusal) -> dict[str, Any]:
    """Return the head of the answer of a refusal."""
    return {"type": "http.response.start", "status": refusal.status, "headers": list(_headers(refusal))}


def _headers(refusal: Refusal) -> Iterator[tuple[bytes, bytes]]:
    yield b"content-type", b"application/json"
    yield b"content-length", str(len(refusal.body)).encode()
    for name, value in refusal.headers.items():
        yield name.lower().encode(), value.encode()


def _path(scope: Scope, root_path: str) -> str:
    path: str = scope["path"]
    return path.removeprefix(root_path) if root_path and path.startswith(root_path + "/") else path


def _host_of(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _token_of(headers: Headers) -> str | None:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def _too_large() -> Refusal:
    return Refusal(413, Code.TOO_LARGE, f"more than {BODY_BYTES:,} bytes came", headers={"Connection": "close"})
