"""Account place: where is the account that is meant: in the files of a data directory, or in a database?

A database is named by $STONKS_DATABASE_URL, or by `--database`, which says it to the processes that follow too. Its
password comes from $STONKS_DATABASE_PASSWORD or the file that $STONKS_DATABASE_PASSWORD_FILE names.
"""

from __future__ import annotations

import atexit
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.errors import BadInput
from stonks_tui import data_dir

if TYPE_CHECKING:
    from storage.postgres import Postgres
    from storage.postgres_address import PostgresAddress

URL = "STONKS_DATABASE_URL"
PASSWORD = "STONKS_DATABASE_PASSWORD"
_ON_FILES: set[Path] = set()
_SAID: list[str] = []
_OPEN: dict[tuple[PostgresAddress, str], Postgres] = {}
_OPENING = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlace:
    """Where an account is. `folder` has its socket, log and cache, and its files unless it is in a `database`."""

    folder: Path
    database: PostgresAddress | None = None

    def __str__(self) -> str:
        return str(self.database or self.folder)


def place_of(folder: Path) -> AccountPlace:
    """Return where the account of the data directory `folder` is. Raises BadInput for an address that is none."""
    if folder in _ON_FILES or not os.environ.get(URL):
        return AccountPlace(folder=folder)
    return AccountPlace(folder=folder, database=address(os.environ))


def keep_on_files(folder: Path) -> None:
    """Have the account of `folder` in its files, whatever is said elsewhere: a demo is nobody's account."""
    _ON_FILES.add(folder)


def say(url: str) -> None:
    """Have the account be in the database at `url`, here and in the processes that are started from here.

    A password in it raises BadInput: everybody on the machine could read it in the list of processes.
    """
    if urlsplit(url).password is not None:
        raise BadInput(
            "a password on the command line is seen by everybody on this machine",
            hint=f"put it into ${PASSWORD}, or into a file that ${PASSWORD}_FILE names",
        )
    os.environ[URL] = url
    _SAID.append(url)


def is_said() -> bool:
    """Was a database named by `--database`?"""
    return bool(_SAID) and os.environ.get(URL) == _SAID[-1]


def option(folder: Path) -> str:
    """Return what a command line needs to mean this account, with a blank in front, or nothing for the usual one.

    A database is named where it was said by `--database`: what is in the environment need not be said again.
    """
    database = f" --database {shlex.quote(_SAID[-1])}" if is_said() and folder not in _ON_FILES else ""
    return f"{data_dir.option(folder)}{database}"


def address(environment: Mapping[str, str], *, url: str = URL, password: str = PASSWORD) -> PostgresAddress:
    """Return the address that the variable `url` says, with the password from its variable or file.

    Raises BadInput, without the password.
    """
    from storage import postgres_address

    return postgres_address.parse(environment[url], secret_of(environment, password))


def secret_of(environment: Mapping[str, str], name: str) -> str:
    """Return the secret in the variable `name`, or in the file that `name`_FILE names; empty when there is none.

    Raises BadInput for a file that cannot be read.
    """
    if said := environment.get(name):
        return said
    named = environment.get(f"{name}_FILE")
    if not named:
        return ""
    try:
        return Path(named).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise BadInput(f"{name}_FILE names {named}, which cannot be read: {error}") from error


def database_of(folder: Path) -> Postgres | None:
    """Return the database in which the account of `folder` is, None of one in files. Its connections are shared."""
    place = place_of(folder)
    return None if place.database is None else _opened(place.database, place.database.schema)


def broker_database_of(folder: Path) -> Postgres | None:
    """Return the same for the books of the broker on paper."""
    place = place_of(folder)
    return None if place.database is None else _opened(place.database, place.database.broker_schema)


def let_go() -> None:
    """End the connections to all databases; whoever asks again gets new ones."""
    while _OPEN:
        _OPEN.popitem()[1].close()


def _opened(where: PostgresAddress, schema: str) -> Postgres:
    with _OPENING:
        if (where, schema) not in _OPEN:
            from storage.postgres import Postgres

            if not _OPEN:
                atexit.register(let_go)
            _OPEN[where, schema] = Postgres(where, schema)
        return _OPEN[where, schema]
