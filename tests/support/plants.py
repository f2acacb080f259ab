"""Plants: what may be wrong with an installation, each as a way to make it so."""

import json
import socket
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.model.intraday import to_micros
from stonks_tui.doctor import files
from stonks_tui.doctor.examination import SECTIONS
from stonks_tui.doctor.findings import Finding, Level, exit_code
from tests.support.installation import ENVIRONMENT, SECRETS, TOLD, changed, found, wrong

Plant = Callable[[Path], object]
"""Makes something wrong in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A fault: how it is planted in a folder, what is found of it, and what its words and its cure name.

    In the `environment`, which is laid over that of a healthy installation, {folder} is the folder.
    """

    plant: Plant = lambda _: None
    name: str
    level: Level
    cure: str
    words: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


def require_found(folder: Path, planted: Planted) -> Finding:
    """Plant it in the healthy `folder`, and require that it alone is found, and that nothing is changed by looking."""
    planted.plant(folder)
    before = _contents(folder)
    environment = {name: value.format(folder=folder) for name, value in planted.environment.items()}
    findings = found(folder, environment=ENVIRONMENT | environment)
    assert _contents(folder) == before
    finding = findings[planted.name]
    if planted.level is Level.NOTE:
        assert wrong(findings) == {}
    else:
        assert list(wrong(findings)) == [planted.name], wrong(findings)
    assert (finding.level, exit_code(findings.values())) == (planted.level, _CODES[planted.level])
    assert planted.words in finding.words
    assert planted.cure in finding.cure
    assert list(findings) == [name for section in SECTIONS for name in section.checks]
    _require_nothing_private(findings)
    return finding


_CODES = {Level.FAULT: 1, Level.WARNING: 3, Level.NOTE: 0}


def _contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return what lies in the files, but for what SQLite has of those that are open; of a log only its size."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, b"" if path.suffix == ".log" else path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def _require_nothing_private(findings: Mapping[str, Finding]) -> None:
    said = " ".join(f"{finding.words} {finding.cure}" for finding in findings.values())
    for private in (*SECRETS.values(), TOLD.gmail_recipient, TOLD.gmail_sender):
        assert private not in said


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


def secret(mode: int) -> Plant:
    """Return what writes a file with a secret in it."""

    def plant(folder: Path) -> None:
        (folder / "token").write_text("of-the-file\n")
        (folder / "token").chmod(mode)

    return plant


def said(text: str, *, mode: int = 0o600, folder_mode: int = 0o700) -> Plant:
    """Return what writes stonks.toml."""

    def plant(folder: Path) -> None:
        (folder / "stonks.toml").write_text(text)
        (folder / "stonks.toml").chmod(mode)
        folder.chmod(folder_mode)

    return plant


def settings(**values: object) -> Plant:
    """Return what sets settings of the account."""

    def plant(folder: Path) -> None:
        for name, value in values.items():
            statement = f"UPDATE engine_settings SET settings = json_set(settings, '$.{name}', json(?))"
            changed(folder / "stonks.db", statement, json.dumps(value))

    return plant


def state(**values: str) -> Plant:
    """Return what changes the account's state."""

    def plant(folder: Path) -> None:
        for name, value in values.items():
            statement = f"UPDATE engine_state SET state = json_set(state, '$.{name}', ?)"
            changed(folder / "stonks.db", statement, value)

    return plant


def notified(status: str, *moments: datetime, channel: str = "email", first: int = 1, **about: object) -> Plant:
    """Return what keeps a notification in `status` that came at each of `moments`; the first has the id `first`."""

    def plant(folder: Path) -> None:
        for number, at in enumerate(moments, start=first):
            row: dict[str, object] = {
                "run_id": 0,
                "notification_id": number,
                "channel": channel,
                "event_type": "test",
                "subject": "a test",
                "message": "a test",
                "delivery_status": status,
                "retry_count": 0,
                "error_message": "",
                "created_at": to_micros(at),
                "delivered_at": to_micros(at) if status == "delivered" else None,
                "dedupe_key": f"test {number}",
                "urgency": 2,
                "kind": "test",
                "in_doubt": 0,
                "provider_id": "",
            } | about
            places = ", ".join("?" * len(row))
            statement = f"INSERT INTO notifications ({', '.join(row)}) VALUES ({places})"
            changed(folder / "stonks.db", statement, *row.values())

    return plant


def modes(folder_mode: int, *, stonks_db: int = 0o600) -> Plant:
    """Return what sets the modes of the folder and of its account."""

    def plant(folder: Path) -> None:
        folder.chmod(folder_mode)
        (folder / "stonks.db").chmod(stonks_db)

    return plant


def of_an_earlier_version(folder: Path) -> None:
    """Make an account what it was before notifications were kept."""
    for name in ("stonks.db", "paper.db"):
        changed(folder / name, "UPDATE alembic_version SET version_num = '0004'")
    for table in ("notifications", "engine_commands"):
        changed(folder / "stonks.db", f"DROP TABLE {table}")


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
