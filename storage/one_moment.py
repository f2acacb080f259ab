"""One moment: how are both files of a live account read as they were at one instant, while an engine writes?

An engine finds its way on from a kill at any instant, and from nothing else; so whoever copies or compares an account
needs its file and its broker's as of one instant. The account's is in WAL mode: a read transaction keeps what it saw
first, and holds up nobody. The broker's is copied into memory meanwhile, which holds up its writer for as long as that
takes. If nobody has committed to the account's in between, both are of the instant at which copying began; else it is
tried again.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from engine.errors import Unavailable
from storage import live_queries
from storage.database import BUSY_SECONDS, address_of, open_raw, require_file, translated

ACCOUNT_FILE, BROKER_FILE = "stonks.db", "paper.db"
PATIENCE_SECONDS = 30.0
"""So long it is tried: an engine commits some times a second, and a try takes some milliseconds."""

_PAUSES = (0.0, 0.002, 0.005, 0.013, 0.029, 0.05)
"""Seconds between two tries, the last again and again: not in step with an engine that commits at its own pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Both files as of one instant: a read transaction on the account's, and a copy in memory of its broker's.

    Of an account whose broker keeps its books elsewhere the copy is empty, and `has_broker` is not.
    """

    account: Connection
    broker: sqlite3.Connection
    has_broker: bool = True

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's own connection on the account's file, in the same transaction."""
        return raw_of(self.account)


@contextmanager
def at_one_moment(
    folder: Path, *, patience_seconds: float = PATIENCE_SECONDS, has_broker: bool = True
) -> Iterator[Moment]:
    """Give both files of the account in `folder` as of one instant, for as long as the context lasts.

    Without `has_broker` its own is all there is: its broker's books are elsewhere.

    Nothing is written. Raises NotFound without the files, BadInput or Unavailable when they cannot be read, Unavailable
    when an engine commits so often that it was not possible within `patience_seconds`.
    """
    account, broker = folder / ACCOUNT_FILE, folder / BROKER_FILE
    if not has_broker:
        with reading(account) as connection, closing(sqlite3.connect(":memory:")) as nothing:
            yield Moment(account=connection, broker=nothing, has_broker=False)
        return
    require_file(broker)
    with reading(account) as connection, closing(sqlite3.connect(":memory:")) as copy:
        until = time.monotonic() + patience_seconds
        tries = 0
        with open_raw(account) as watching, open_raw(broker) as source:
            while not _is_one_moment(folder, watching, connection, source, copy):
                connection.rollback()
                if time.monotonic() > until:
                    words = f"the engine on {folder} never paused for long enough within {patience_seconds:g} s"
                    raise Unavailable(words, hint="try again when it is less busy, or when it is stopped")
                time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
        yield Moment(account=connection, broker=copy)


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """Give a connection on the existing file `path` that only reads, in one transaction from its first question on.

    Raises NotFound, BadInput or Unavailable when it cannot be opened.
    """
    require_file(path)
    name, query = address_of(path, writes=False)
    engine = create_engine(URL.create("sqlite", database=name, query=query), poolclass=NullPool)
    event.listen(engine, "connect", lambda raw, _: _prepare(raw))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with translated(path):
        connection = engine.connect()
    with closing(connection):
        yield connection


def raw_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection below `connection`."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def begin_reading(connection: sqlite3.Connection) -> None:
    """Begin a transaction, and see that it reads from now on: nothing that is copied after this has to wait."""
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _is_one_moment(
    folder: Path,
    watching: sqlite3.Connection,
    connection: Connection,
    source: sqlite3.Connection,
    copy: sqlite3.Connection,
) -> bool:
    """Read both files, and return whether nobody has committed to the account's since it was read."""
    with translated(folder / ACCOUNT_FILE):
        before = _version(watching)
        connection.execute(live_queries.LAST_TURN).all()
    with translated(folder / BROKER_FILE):
        begin_reading(source)
        try:
            source.backup(copy)
        finally:
            source.rollback()
    with translated(folder / ACCOUNT_FILE):
        return _version(watching) == before


def _version(watching: sqlite3.Connection) -> int:
    """Return a number that is another one after every commit of somebody else."""
    return int(watching.execute("PRAGMA data_version").fetchone()[0])


def _prepare(raw: Any) -> None:
    raw.isolation_level = None
    raw.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    raw.execute("PRAGMA query_only = ON")
