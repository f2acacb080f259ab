"""HTTP endpoint: a server on this machine that answers as it is told, and plays what goes wrong on the way."""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Body = bytes | str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Its fields, of which each is there once."""
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What goes out."""

    status: int = 200
    body: Body = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    path: str
    reply: Reply | None = None
    hangs: bool = False
    takes: bool = False


class HttpEndpoint:
    """A server in threads of this process; others reach it at `url`. What it answers by itself is `reply`'s.

    What is told with `answer_with`, `hang`, `break_off` comes first, in the order in which it was told, each for the
    next request whose path begins with `path`.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.slow_seconds = 0.0
        self._plans: deque[_Plan] = deque()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.endpoint = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environment(self) -> dict[str, str]:
        """Return what a process needs to be pointed here."""
        return {}

    def reply(self, request: Request) -> Reply:
        """Answer `request`, when nothing else was told."""
        return Reply(status=404, body=f"there is nothing at {request.path}")

    def answer_with(
        self, status: int, body: Body = b"", *, headers: Mapping[str, str] | None = None, times: int = 1, path: str = ""
    ) -> None:
        """Answer the next `times` requests so; what they ask for is not done."""
        self._plan(_Plan(path=path, reply=Reply(status=status, body=body, headers=headers or {})), times)

    def hang(self, *, times: int = 1, path: str = "", takes: bool = False) -> None:
        """Read the next request, and never answer; with `takes` what it asks for is done."""
        self._plan(_Plan(path=path, hangs=True, takes=takes), times)

    def break_off(self, *, times: int = 1, path: str = "", takes: bool = False) -> None:
        """Read the next request, and reset the connection; with `takes` what it asks for is done before."""
        self._plan(_Plan(path=path, takes=takes), times)

    def let_go(self) -> None:
        """Reset the connections of those that hang until now."""
        over, self._over = self._over, threading.Event()
        over.set()

    def clear(self) -> None:
        """Forget what was told and what came in, and let go of those that hang."""
        self.let_go()
        with self._lock:
            self._plans.clear()
            self.requests.clear()
        self.slow_seconds = 0.0

    def close(self) -> None:
        """End. Those that hang are let go."""
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply | None:
        """Return what `request` is answered with; None: its connection is reset."""
        with self._lock:
            self.requests.append(request)
            plan = next((each for each in self._plans if request.path.startswith(each.path)), None)
            if plan is not None:
                self._plans.remove(plan)
        if self.slow_seconds:
            self._over.wait(self.slow_seconds)
        if plan is None:
            return self.reply(request)
        if plan.takes:
            self.reply(request)
        if plan.hangs:
            self._over.wait()
        return plan.reply

    def _plan(self, plan: _Plan, times: int) -> None:
        with self._lock:
            self._plans.extend([plan] * times)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    endpoint: HttpEndpoint

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked has gone, and that is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30.0
    wbufsize = -1  # one packet an answer: the second would wait for the first to be acknowledged

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): text for name, text in self.headers.items()}
        request = Request(method=self.command, path=parts.path, query=parse_qs(parts.query), headers=headers, body=body)
        reply = self.server.endpoint.answer(request)
        if reply is None:
            self._reset()
        else:
            self._send(reply)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is theirs
        """Say nothing."""

    def _send(self, reply: Reply) -> None:
        body = reply.body
        if isinstance(body, Mapping):
            body = json.dumps(body)
        content = body.encode() if isinstance(body, str) else body
        self.send_response(reply.status)
        for name, text in {"Content-Length": str(len(content)), **reply.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextmanager
def refusing_url() -> Iterator[str]:
    """Yield an address that refuses every connection: a port that is taken, and that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
