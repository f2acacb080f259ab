"""PostgreSQL address: where is the database, as whom is it asked, and how long is an answer waited for?

An address never says its password: not in words, not in an error, not in a list of processes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from engine.errors import BadInput
from storage.server_address import tls_context

SCHEMES = ("postgresql", "postgres")
PORT = 5432
_IN_THE_CLEAR = frozenset({"disable", "allow", "prefer"})
_SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
_HINT = "it is written like postgresql://USER@HOST:5432/DATABASE?sslmode=verify-full"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresAddress:
    """Where a database is. `hosts` with their ports are tried in order: one of them may be written to.

    `schema` holds our tables, `broker_schema` those of the broker on paper. All times are in seconds:
    `connect_seconds` until a server counts as not there, `answer_seconds` until an answer counts as not coming,
    `stuck_seconds` until the server ends a transaction of somebody who has fallen silent.
    """

    hosts: tuple[tuple[str, int], ...]
    database: str
    user: str
    password: str = field(default="", repr=False)
    schema: str = "stonks"
    broker_schema: str = "stonks_paper"
    ssl_mode: str = "prefer"
    ssl_root: Path | None = None
    ssl_certificate: Path | None = None
    ssl_key: Path | None = None
    connect_seconds: float = 3.0
    answer_seconds: float = 10.0
    stuck_seconds: float = 5.0
    connections: int = 4

    def __str__(self) -> str:
        hosts = ", ".join(f"{host}:{port}" if port != PORT else host for host, port in self.hosts)
        return f"the database {self.database} on {hosts}"

    def ssl(self) -> Any:
        """Return how the wire is encrypted, as asyncpg takes it. Raises BadInput for a file that is none."""
        if self.ssl_mode in _IN_THE_CLEAR:
            return self.ssl_mode
        return tls_context(self, self.ssl_mode, self.ssl_root, self.ssl_certificate, self.ssl_key)


_OPTIONS: Mapping[str, tuple[str, type[Any]]] = {
    "schema": ("schema", str),
    "broker_schema": ("broker_schema", str),
    "sslmode": ("ssl_mode", str),
    "sslrootcert": ("ssl_root", Path),
    "sslcert": ("ssl_certificate", Path),
    "sslkey": ("ssl_key", Path),
    "connect_timeout": ("connect_seconds", float),
    "statement_timeout": ("answer_seconds", float),
    "idle_in_transaction_timeout": ("stuck_seconds", float),
    "pool_size": ("connections", int),
}
"""What may stand behind the `?`, under the names that other programs use; times in seconds."""


def parse(url: str, password: str = "") -> PostgresAddress:
    """Return the address that `url` says; `password` in place of one in it. Raises BadInput, without the password."""
    parts = urlsplit(url.strip())
    if parts.scheme not in SCHEMES:
        raise BadInput("the database has no address of PostgreSQL", hint=_HINT)
    login, _, where = parts.netloc.rpartition("@")
    user, _, its_password = login.partition(":")
    database = unquote(parts.path.lstrip("/"))
    hosts = tuple(map(_host, where.split(","))) if where else ()
    if not (user and database and hosts):
        lacks = ", ".join(w for w, found in (("user", user), ("host", hosts), ("database", database)) if not found)
        raise BadInput(f"the address of the database lacks {lacks}", hint=_HINT)
    options = {name: _option(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    return PostgresAddress(
        hosts=hosts,
        database=database,
        user=unquote(user),
        password=password or unquote(its_password),
        **{_OPTIONS[name][0]: value for name, value in options.items()},
    )


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port or PORT
    except ValueError:
        raise BadInput(f"'{quote(text, safe='.:[]')}' is no host with a port", hint=_HINT) from None
    if not parts.hostname:
        raise BadInput("the address of the database lacks host", hint=_HINT)
    return parts.hostname, port


def _option(name: str, text: str) -> Any:
    if name not in _OPTIONS:
        raise BadInput(f"the address of the database has an option '{name}'", hint=f"there are {', '.join(_OPTIONS)}")
    kind = _OPTIONS[name][1]
    try:
        value = kind(text)
    except ValueError:
        raise BadInput(f"{name} of the database is '{text}'", hint="it is a number") from None
    if kind in (float, int) and not 0 < value < 86_400:
        raise BadInput(f"{name} of the database is {text}", hint="it is more than 0, and less than a day")
    if name == "sslmode" and text not in _SSL_MODES:
        raise BadInput(f"sslmode of the database is '{text}'", hint=f"it is one of {', '.join(_SSL_MODES)}")
    if name.endswith("schema") and not (text.isidentifier() and text.isascii() and text == text.lower()):
        raise BadInput(f"{name} is '{text}'", hint="it is a word of small letters, digits and _")
    return value
