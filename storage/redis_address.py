"""Redis address: where is the server, as whom is it asked, and how long is an answer waited for?

An address never says its password: not in words, not in an error, not in a list of processes.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from engine.errors import BadInput
from storage.server_address import tls_context

SCHEMES = ("redis", "rediss", "unix")
PORT = 6379
_SSL_MODES = ("require", "verify-ca", "verify-full")
_HINT = "it is written like redis://USER@HOST:6379/0, rediss:// for TLS, or unix:///path/to/redis.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """Where a server is: a `host` with its port, or the `socket` of one on this machine.

    `prefix` stands before the names of all keys, so that several engines share a server. `connect_seconds` pass until a
    server counts as not there, `answer_seconds` until an answer counts as not coming, connecting included.
    """

    host: str = ""
    port: int = PORT
    socket: Path | None = None
    database: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    prefix: str = ""
    is_tls: bool = False
    ssl_mode: str = "verify-full"
    ssl_root: Path | None = None
    ssl_certificate: Path | None = None
    ssl_key: Path | None = field(default=None, repr=False)
    connect_seconds: float = 2.0
    answer_seconds: float = 3.0

    def __str__(self) -> str:
        where = str(self.socket) if self.socket else f"{self.host}:{self.port}" if self.port != PORT else self.host
        return f"Redis on {where}"

    def ssl(self) -> ssl.SSLContext | None:
        """Return how the wire is encrypted, None when it is not. Raises BadInput for a file that is none."""
        if not self.is_tls:
            return None
        return tls_context(self, self.ssl_mode, self.ssl_root, self.ssl_certificate, self.ssl_key)


_OPTIONS: Mapping[str, tuple[str, type[Any]]] = {
    "prefix": ("prefix", str),
    "db": ("database", int),
    "sslmode": ("ssl_mode", str),
    "sslrootcert": ("ssl_root", Path),
    "sslcert": ("ssl_certificate", Path),
    "sslkey": ("ssl_key", Path),
    "connect_timeout": ("connect_seconds", float),
    "answer_timeout": ("answer_seconds", float),
}
"""What may stand behind the `?`; times in seconds."""


def parse(url: str, password: str = "") -> RedisAddress:
    """Return the address that `url` says; `password` in place of one in it. Raises BadInput, without the password."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or PORT
    except ValueError:
        raise BadInput("the address of Redis has no host with a port", hint=_HINT) from None
    if parts.scheme not in SCHEMES:
        raise BadInput("that is no address of Redis", hint=_HINT)
    options = {_OPTIONS[name][0]: value for name, value in _options(parts.query).items()}
    if parts.scheme != "rediss" and any(name.startswith("ssl_") for name in options):
        raise BadInput("the address of Redis has options of TLS", hint="TLS is spoken with rediss://")
    place: dict[str, Any] = {"host": parts.hostname or "", "port": port, "database": 0}
    if parts.scheme == "unix":
        place = {"socket": Path(unquote(parts.path))}
    elif parts.path.strip("/"):
        place["database"] = _database(parts.path.strip("/"))
    if not (parts.hostname if parts.scheme != "unix" else parts.path):
        raise BadInput("the address of Redis lacks host", hint=_HINT)
    return RedisAddress(
        **{
            **place,
            "user": unquote(parts.username or ""),
            "password": password or unquote(parts.password or ""),
            "is_tls": parts.scheme == "rediss",
            **options,
        }
    )


def _options(query: str) -> dict[str, Any]:
    return {name: _option(name, text) for name, text in parse_qsl(query, keep_blank_values=True)}


def _option(name: str, text: str) -> Any:
    if name not in _OPTIONS:
        raise BadInput(f"the address of Redis has an option '{name}'", hint=f"there are {', '.join(_OPTIONS)}")
    if name == "db":
        return _database(text)
    kind = _OPTIONS[name][1]
    try:
        value = kind(text)
    except ValueError:
        raise BadInput(f"{name} of Redis is '{text}'", hint="it is a number") from None
    if kind is float and not 0 < value < 3_600:
        raise BadInput(f"{name} of Redis is {text}", hint="it is more than 0, and less than an hour")
    if name == "sslmode" and text not in _SSL_MODES:
        raise BadInput(f"sslmode of Redis is '{text}'", hint=f"it is one of {', '.join(_SSL_MODES)}")
    if name == "prefix" and not re.fullmatch(r"[A-Za-z0-9_.:-]{0,64}", text):
        raise BadInput(f"prefix of Redis is '{text}'", hint="it is at most 64 letters, digits and _ . : -")
    return value


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadInput(f"the database of Redis is '{text}'", hint="it is a number, 0 if none is said")
    return int(text)
