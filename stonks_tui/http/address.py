"""Address: where does the interface listen, and by which rules does it answer there?"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.errors import BadInput, Unavailable
from stonks_tui.http import access
from stonks_tui.http.access import Access

REQUESTS_A_SECOND = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPlan:
    """Where it listens, `root_path` under which a proxy shows it, and who may ask how much.

    `rate` are requests a second of one token or address, 0 for as many as come; `origins` are the pages of other hosts
    that may ask from a browser, none if it is empty.
    """

    host: str
    port: int
    root_path: str = ""
    rate: int = REQUESTS_A_SECOND
    origins: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)


def plan(
    address: str,
    *,
    root_path: str = "",
    rate: int = REQUESTS_A_SECOND,
    origins: str = "",
    environment: Mapping[str, str] = os.environ,
) -> HttpPlan:
    """Return the plan for `address`, HOST:PORT. Raises BadInput when strangers could reach it without tokens."""
    host, port = parsed(address)
    known = access.read(environment)
    if not known.tokens and not access.is_loopback(host):
        raise BadInput(
            f"{address} can be reached from other machines, and no tokens are set",
            hint=f"name them in ${access.TOKENS_FILE} (docs/http.md), or listen at 127.0.0.1:{port}",
        )
    return HttpPlan(
        host=host,
        port=port,
        root_path="/" + root_path.strip("/") if root_path.strip("/") else "",
        rate=rate,
        origins=tuple(part for part in (text.strip().rstrip("/") for text in origins.split(",")) if part),
        access=known,
    )


def parsed(address: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT. Raises BadInput for anything else."""
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise BadInput(f"{address!r} is no address", hint="HOST:PORT, such as 127.0.0.1:8000")
    return host, int(port)


def listening(plan: HttpPlan) -> socket.socket:
    """Return a socket that listens there. Raises Unavailable, in words, when that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            plan.host, plan.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Unavailable(f"nothing can listen at {plan.host}:{plan.port}: {error.strerror or error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        hint = "another process has it: choose another port with --http"
        raise Unavailable(f"nothing can listen at {plan.host}:{plan.port}: {error.strerror}", hint=hint) from None
    return listener


def url_of(listener: socket.socket, root_path: str = "") -> str:
    """Return where `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}"
