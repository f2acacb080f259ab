"""Plants: what may be wrong with an installation, each as a way to make it so."""

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stonks_tui.doctor import files
from stonks_tui.doctor.findings import Level
from tests.support.installation import changed

Plant = Callable[[Path], object]
"""Makes something wrong in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A fault: how it is planted in a folder, what is found of it, and what its cure names."""

    plant: Plant
    name: str
    level: Level
    cure: str


def in_account(statement: str, *about: Any) -> Plant:
    """Return what changes stonks.db."""
    return lambda folder: changed(folder / "stonks.db", statement, *about)


def in_paper(statement: str, *about: Any) -> Plant:
    """Return what changes paper.db."""
    return lambda folder: changed(folder / "paper.db", statement, *about)


def in_market(*statements: str, about: tuple[Any, ...] = ()) -> Plant:
    """Return what changes market.db."""

    def plant(folder: Path) -> None:
        for statement in statements:
            changed(folder / "market.db", statement, *about)

    return plant


def written(name: str, text: bytes) -> Plant:
    """Return what writes a file of the folder anew."""
    return lambda folder: (folder / name).write_bytes(text)


def modes(folder_mode: int, *, stonks_db: int = 0o600) -> Plant:
    """Return what sets the modes of the folder and of its account."""

    def plant(folder: Path) -> None:
        folder.chmod(folder_mode)
        (folder / "stonks.db").chmod(stonks_db)

    return plant


def removed(name: str) -> Plant:
    """Return what removes a file."""
    return lambda folder: (folder / name).unlink()


def damaged(name: str, index: str) -> Plant:
    """Return what overwrites the page of a database where an index begins."""

    def plant(folder: Path) -> None:
        path = folder / name
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (page,) = file.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (index,)).fetchone()
            (size,) = file.execute("PRAGMA page_size").fetchone()
        with path.open("r+b") as raw:
            raw.seek((page - 1) * size)
            raw.write(b"\xff" * size)

    return plant


def stopped_half_way(folder: Path) -> None:
    """Leave paper.db as a process leaves it that is killed in the middle of a change."""
    path, journal = folder / "paper.db", folder / "paper.db-journal"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA cache_size = 1")  # so that it writes before the end
        file.execute("BEGIN IMMEDIATE")
        file.execute("UPDATE paper_epoch SET account_id = ?", ("x" * 100_000,))
        half = path.read_bytes(), journal.read_bytes()
        file.execute("ROLLBACK")
    path.write_bytes(half[0])
    journal.write_bytes(half[1])


def large_log(folder: Path) -> None:
    """Leave a log that is far too large."""
    (folder / "logs").mkdir(mode=0o700)
    with (folder / "logs" / "other.log").open("wb") as log:
        log.truncate(2 * files.LOG_BYTES)


def open_door(folder: Path) -> None:
    """Leave a socket that everybody may open."""
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(folder / "stonks.sock"))
    (folder / "stonks.sock").chmod(0o666)


def days_deleted(ticker: str, count: int) -> str:
    """Return what deletes so many days of `ticker`, but for its first and its last."""
    days = f"SELECT start_at FROM price_bars WHERE ticker = '{ticker}' ORDER BY start_at"
    return f"DELETE FROM price_bars WHERE ticker = '{ticker}' AND start_at IN ({days} LIMIT {count} OFFSET 100)"
