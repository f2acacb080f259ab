"""Backups: how is an account copied while an engine trades on it, so that the copy is one from which it can go on?

A backup is a folder: the account's file and its broker's as of one instant (`storage/one_moment.py`), each complete in
itself, and a manifest. It gets its name when all of it is on the disk. Nothing is written to what is copied.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import BadInput, NotFound, OutOfSpace, StonksError, Unavailable
from storage import copies, durable, manifests, restores
from storage.database import open_raw, translated
from storage.durable import PART
from storage.file_checks import account_id_of, require_sound
from storage.kept_space import free_bytes
from storage.manifests import MANIFEST, KeptFile, Manifest
from storage.one_moment import (
    ACCOUNT_FILE,
    BROKER_FILE,
    PATIENCE_SECONDS,
    Moment,
    at_one_moment,
    begin_reading,
)
from storage.postgres_address import PostgresAddress
from storage.run_files import RunFiles

SETTINGS_FILE, MARKET_FILE, RUNS = "stonks.toml", "market.db", "runs"
SPARE_BYTES = 64 * 2**20
"""So much stays free: an engine that finds its disk full makes no more entries."""
_PAGES = 1_024
"""So many are copied at a time: in between somebody may say that it is to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A complete backup, and where it is."""

    folder: Path
    manifest: Manifest


def folder_of(data_dir: Path) -> Path:
    """Return where the backups of the account in `data_dir` are, unless somebody has named another place."""
    return data_dir / "backups"


def make(
    data_dir: Path,
    destination: Path | None,
    *,
    at: datetime,
    program_version: str,
    everything: bool = False,
    patience_seconds: float = PATIENCE_SECONDS,
    database: PostgresAddress | None = None,
    has_broker: bool = True,
) -> Backup:
    """Copy the account in `data_dir` to the new or empty folder `destination`, or to one that is called after `at`.

    Of one in a `database` the backup is the same: two files. With `everything` market data and backtests in `data_dir`
    are copied too; without `has_broker` no broker's books are, which are elsewhere. Raises NotFound without an account,
    BadInput for a folder that is not empty, Unavailable when a file cannot be copied or the engine never pauses,
    OutOfSpace when there is no room; then nothing is left behind.
    """
    if database is None:
        restores.require_none_begun(data_dir)
        _require_files(data_dir)
    _require_room(data_dir, destination or folder_of(data_dir), everything)
    with _new(data_dir, destination, at) as (part, folder):
        if database is not None:
            copies.to_files(database, part)
        else:
            with at_one_moment(data_dir, patience_seconds=patience_seconds, has_broker=has_broker) as moment:
                _copy_account(moment, part)
            restores.require_none_begun(data_dir)
        account = [ACCOUNT_FILE, BROKER_FILE] if (part / BROKER_FILE).exists() else [ACCOUNT_FILE]
        names = [*account, *_copy_others(data_dir, part, everything)]
        for name in names:
            if name.endswith(".db"):
                require_sound(part / name)
        manifest = _manifest(part, names, at, program_version)
        _finish(part, manifest, folder)
    return Backup(folder=folder, manifest=manifest)


def kept(data_dir: Path) -> list[Backup]:
    """Return the complete backups beside the account in `data_dir`, the oldest first."""
    found = []
    for folder in folder_of(data_dir).glob("*/"):
        if folder.name.endswith(PART) or not manifests.has_manifest(folder):
            continue
        try:
            found.append(Backup(folder=folder, manifest=manifests.read(folder)))
        except StonksError:
            continue  # of another version, or damaged: not for here to judge
    return sorted(found, key=lambda backup: (backup.manifest.made_at, backup.folder.name))


def keep_only(data_dir: Path, account_id: str, count: int) -> list[Path]:
    """Remove all but the last `count` complete backups of the account beside it; return those that are gone."""
    of_account = [backup for backup in kept(data_dir) if backup.manifest.account_id == account_id]
    gone = [backup.folder for backup in of_account[: max(0, len(of_account) - count)]]
    for folder in gone:
        with translated(folder):
            durable.remove(folder)
    return gone


@contextmanager
def _new(data_dir: Path, destination: Path | None, at: datetime) -> Iterator[tuple[Path, Path]]:
    """Give a folder to fill, and the name that it will have."""
    if destination is not None:
        _require_empty(destination)
        destination = destination.absolute()
    home = destination.parent if destination else folder_of(data_dir)
    with translated(home):
        if not home.exists():
            home.mkdir(parents=True, mode=0o700)
    if destination is None:
        durable.sweep(home)
    name, number = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}", 1
    while True:
        folder = destination or home / (name if number == 1 else f"{name}-{number}")
        part = folder.with_name(folder.name + PART)
        try:
            if destination is None and folder.exists():
                raise FileExistsError
            with durable.new_folder(part):
                yield part, folder
            return
        except FileExistsError:
            if destination is not None:
                raise Unavailable(
                    f"another backup is on its way to {folder}", hint=f"if none is, remove {part}"
                ) from None
            number += 1


def _require_files(data_dir: Path) -> None:
    if not (data_dir / ACCOUNT_FILE).exists():
        raise NotFound(f"there is no account in {data_dir}", hint="nothing was copied")


def _require_empty(folder: Path) -> None:
    with translated(folder):
        if folder.exists() and not folder.is_dir():
            raise BadInput(f"{folder} is a file", hint="name a folder that is empty or not there")
        if folder.exists() and any(folder.iterdir()):
            raise BadInput(f"{folder} is not empty", hint="name a folder that is empty or not there")


def _require_room(data_dir: Path, place: Path, everything: bool) -> None:
    names = [ACCOUNT_FILE, f"{ACCOUNT_FILE}-wal", BROKER_FILE, *(_others(data_dir) if everything else [])]
    needed = sum((data_dir / name).stat().st_size for name in names if (data_dir / name).exists())
    while not place.exists() and place != place.parent:
        place = place.parent
    with translated(place):
        free = free_bytes(place)
    if free < needed + SPARE_BYTES:
        words = f"a backup takes {_mb(needed)}, and {_mb(free)} are free where {place} is"
        raise OutOfSpace(words, hint=f"make room: {_mb(SPARE_BYTES)} are to stay free for the engine")


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _copy_account(moment: Moment, part: Path) -> None:
    _copy(moment.raw, part / ACCOUNT_FILE)
    if moment.has_broker:
        _copy(moment.broker, part / BROKER_FILE)


def _others(data_dir: Path) -> list[str]:
    runs = RunFiles(data_dir / RUNS)
    market = [MARKET_FILE] if (data_dir / MARKET_FILE).exists() else []
    return [*market, *(f"{RUNS}/{run_id}.db" for run_id in reversed(runs.ids()))]


def _copy_others(data_dir: Path, part: Path, everything: bool) -> Iterator[str]:
    """Copy what need not be of the same instant, and yield the names."""
    if (data_dir / SETTINGS_FILE).exists():
        with translated(part / SETTINGS_FILE):
            durable.copy(data_dir / SETTINGS_FILE, part / SETTINGS_FILE)
        yield SETTINGS_FILE
    for name in _others(data_dir) if everything else []:
        if not (data_dir / name).stat().st_size:
            continue  # a run that is just being made
        with translated(part / name):
            (part / name).parent.mkdir(mode=0o700, exist_ok=True)
        with open_raw(data_dir / name) as source:
            with translated(data_dir / name):
                begin_reading(source)
            _copy(source, part / name)
        yield name


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """Copy what `source` reads in its transaction to the new file `target`, which needs none beside it."""
    with translated(target):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(target, isolation_level=None)) as there:
            there.execute("PRAGMA synchronous = OFF")  # it is synced at the end
            source.backup(there, pages=_PAGES, progress=lambda *_: None)
            there.execute("PRAGMA journal_mode = DELETE")
        durable.sync(target)


def _manifest(part: Path, names: list[str], at: datetime, program_version: str) -> Manifest:
    with open_raw(part / ACCOUNT_FILE) as raw, translated(part / ACCOUNT_FILE):
        last = raw.execute("SELECT seq FROM engine_state").fetchone()
        (schema_version,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    files: list[KeptFile] = [manifests.kept_file(part, name) for name in names]
    return Manifest(
        made_at=at,
        account_id=account_id_of(part / ACCOUNT_FILE),
        last_turn=last[0] if last else 0,
        schema_version=schema_version,
        program_version=program_version,
        files=tuple(files),
    )


def _finish(part: Path, manifest: Manifest, folder: Path) -> None:
    with translated(folder):
        durable.write(part / MANIFEST, manifests.text_of(manifest))
        if (part / RUNS).exists():
            durable.sync(part / RUNS)
        durable.sync(part)
        part.rename(folder)
        durable.sync(folder.parent)
