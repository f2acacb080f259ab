"""File checks: is a database file sound, and does it have everything that this program asks it for?"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table

from engine.errors import BadInput, StonksError, Unavailable
from storage.command_tables import ENGINE_COMMANDS
from storage.database import check_version, open_raw, translated
from storage.notification_tables import NOTIFICATIONS

RESTORE = "stonks db restore FOLDER puts a backup in its place"
_ADDED = {NOTIFICATIONS: "0005", ENGINE_COMMANDS: "0006"}
"""Tables that files of earlier versions than these lack."""

_SAID = 3
"""So much of what SQLite finds is told: a damaged page is met again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found: of `what`, in `words`; when it `is_ok` there is nothing to do, else `hint` says what."""

    what: str
    is_ok: bool
    words: str
    hint: str = ""


def found(what: str, fault: str, otherwise: str, hint: str = RESTORE) -> Finding:
    """Return what a check found: `fault`, or that it is as in `otherwise` when that is empty."""
    return Finding(what=what, is_ok=not fault, words=fault or otherwise, hint=hint if fault else "")


def failed(what: str, error: StonksError) -> Finding:
    """Return that `what` could not be looked at."""
    return Finding(what=what, is_ok=False, words=error.message, hint=error.hint or RESTORE)


def file_finding(path: Path, connection: sqlite3.Connection, tables: Sequence[Table], since: str) -> Finding:
    """Look at every page of the open database `path`, at its version, and whether it has `tables` with their columns.

    It is of the version `since` or a later one. One of an earlier version than this program's lacks what was added
    since then, until an engine begins on it.
    """
    try:
        with translated(path):
            fault = damage(connection)
            if not fault:
                check_version(path, connection, tables[0], since=since)
                fault = _missing(connection, [table for table in tables if not _is_added_later(connection, table)])
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
    except StonksError as error:
        return failed(path.name, error)
    return found(path.name, fault, f"{pages:,} pages sound, every table there")


def damage(connection: sqlite3.Connection) -> str:
    """Return in words what is wrong with the pages, indexes and references of an open database, '' for nothing."""
    said = [str(line) for (line,) in connection.execute(f"PRAGMA integrity_check({_SAID})")]
    if said != ["ok"]:
        return "damaged: " + "; ".join(line.replace("\n", " ") for line in said)
    lost = connection.execute("PRAGMA foreign_key_check").fetchmany(_SAID)
    return "; ".join(f"a row of {table} refers to one of {parent} that is not there" for table, _, parent, _ in lost)


def require_sound(path: Path) -> None:
    """Raise Unavailable unless the database `path` is undamaged."""
    with open_raw(path) as connection, translated(path):
        fault = damage(connection)
    if fault:
        raise Unavailable(f"{path.name} is {fault}", hint="stonks db check says what is wrong with the original")


def account_id_of(path: Path) -> str:
    """Return the id of the account in the file `path`. Raises NotFound, BadInput, Unavailable when there is none."""
    with open_raw(path) as connection, translated(path):
        try:
            row = connection.execute("SELECT account_id FROM account_ids").fetchone()
        except sqlite3.OperationalError as error:
            raise BadInput(f"{path} is no account's: {error}") from None
    return str(row[0]) if row else ""


def _is_added_later(connection: sqlite3.Connection, table: Table) -> bool:
    (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return bool(version < _ADDED.get(table, version))


def _missing(connection: sqlite3.Connection, tables: Sequence[Table]) -> str:
    lacking = []
    for table in tables:
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        if not there:
            lacking.append(table.name)
        lacking += [f"{table.name}.{column.name}" for column in table.columns if there and column.name not in there]
    return f"lacks {', '.join(lacking)}" if lacking else ""
