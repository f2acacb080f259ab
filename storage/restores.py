"""Restores: how do the files of a backup take the place of those of an account, all of them or none?

The copies are gathered in a folder beside the account. With the name that it gets at the end it is decided: until then
the account is the old one, from then on it is the new one, and no engine begins before all of it is in its place.
Whoever is killed meanwhile is followed by one who goes on where that was.
"""

import errno
import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, update

from engine.errors import NotFound, StonksError, Unavailable
from storage import durable, live_turns, manifests
from storage.database import translated
from storage.durable import PART
from storage.leases import LeaseRow
from storage.live_file import live_engine
from storage.live_mappers import LEASE_ROWS
from storage.live_queries import LEASE
from storage.live_tables import LEASES
from storage.machine_lock import is_dead
from storage.manifests import Manifest
from storage.one_moment import ACCOUNT_FILE, BROKER_FILE, reading

GATHERED = "restoring"
"""The folder beside the account: while it is there, a restore has been decided and is not at its end."""
LOCK_FILE = f"{ACCOUNT_FILE}.lock"
_PLAN = "restore.json"
_BESIDE = ("-wal", "-shm", "-journal", "")
"""What belongs to a database; itself last, so that it is never there without what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A restore that has been decided: of the backup `source`; what was there before goes to the folder `replaced`."""

    source: Path
    replaced: Path


def require_none_begun(data_dir: Path) -> None:
    """Raise Unavailable when a restore of the account in `data_dir` was begun and is not at its end."""
    if (data_dir / GATHERED).exists():
        words = f"a backup is being put in the place of the account in {data_dir}, and not all of it is there yet"
        raise Unavailable(words, hint=f"stonks --data-dir {data_dir} db restore finishes it, if it was interrupted")


def begun(data_dir: Path) -> Restore | None:
    """Return the restore that was decided and is not at its end, None when there is none."""
    path = data_dir / GATHERED / _PLAN
    if not (data_dir / GATHERED).exists():
        return None
    with translated(path):
        plan = json.loads(path.read_text())
    return Restore(source=Path(plan["source"]), replaced=data_dir / plan["replaced"])


def who_lives(data_dir: Path, at: datetime, *, lock_too: bool) -> str:
    """Return in words what shows that an engine is at work on the account in `data_dir` at `at`, '' for nothing.

    Whoever holds the lock of the machine does not ask for that: `lock_too` is for all others.
    """
    if lock_too and _is_locked(data_dir / LOCK_FILE):
        return "an engine, or another restore, is at work on it"
    if any(_is_locked(data_dir / f"{name}.reserve") for name in (ACCOUNT_FILE, BROKER_FILE)):
        return "an engine stands by on it"
    lease = _lease(data_dir / ACCOUNT_FILE)
    if lease and lease.owner and at < lease.expires_at and not is_dead(lease.owner):
        return f"{lease.owner} leads on it until {lease.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    return ""


def gather(data_dir: Path, folder: Path, manifest: Manifest, replaced: str) -> None:
    """Copy the backup in `folder` beside the account, and decide. Raises Unavailable, OutOfSpace, and nothing is done.

    `replaced` is where in `data_dir` the files go that are there now.
    """

    def copied(part: Path) -> None:
        for file in manifest.files:
            (part / file.name).parent.mkdir(mode=0o700, exist_ok=True)
            durable.copy(folder / file.name, part / file.name)
            durable.sync((part / file.name).parent)
        for difference in manifests.differences(part, manifest):
            raise Unavailable(f"{folder} cannot be copied: {difference}", hint="is the disk failing?")

    gather_from(data_dir, copied, str(folder.absolute()), replaced)


def gather_from(data_dir: Path, fill: Callable[[Path], object], source: str, replaced: str) -> None:
    """Have the files of an account made by `fill` in a folder beside that in `data_dir`, and decide.

    `source` and `replaced` as in `Restore`. What `fill` raises is raised, and nothing is done.
    """
    part = data_dir / (GATHERED + PART)
    with translated(data_dir):
        data_dir.mkdir(parents=True, exist_ok=True)
        if part.exists():
            durable.remove(part)  # of one that was killed: only one is at work at a time
    with durable.new_folder(part), translated(part):
        fill(part)
        _end_lease(part / ACCOUNT_FILE, _lease(data_dir / ACCOUNT_FILE))
        durable.write(part / _PLAN, json.dumps({"source": source, "replaced": replaced}) + "\n")
        durable.sync(part)
        part.rename(data_dir / GATHERED)
        durable.sync(data_dir)


def call_off(data_dir: Path) -> None:
    """Let a restore be that was decided and of which nothing has been done yet."""
    durable.remove(data_dir / GATHERED)


def finish(data_dir: Path) -> Restore:
    """Put what was gathered in its place, or what of it is not there yet. Raises NotFound when nothing was decided."""
    restore = begun(data_dir)
    if restore is None:
        raise NotFound(f"no restore was begun in {data_dir}", hint="stonks db restore FOLDER begins one")
    gathered = data_dir / GATHERED
    with translated(data_dir):
        for path in sorted(gathered.rglob("*")):
            if path.is_file() and path.name != _PLAN:
                _put(data_dir, path, str(path.relative_to(gathered)), restore.replaced)
        durable.remove(gathered)
        durable.sync(data_dir)
    return restore


def _put(data_dir: Path, path: Path, name: str, replaced: Path) -> None:
    """Put the gathered file `path` in the place of `name`, what is there in the folder `replaced`."""
    there = data_dir / name
    for beside in _BESIDE:
        old = there.with_name(there.name + beside)
        if old.exists():
            _put_aside(old, (replaced / name).with_name(old.name))
    there.parent.mkdir(mode=0o700, exist_ok=True)
    path.rename(there)
    durable.sync(there.parent)


def _put_aside(old: Path, aside: Path) -> None:
    aside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = 1
    while aside.exists():  # something was made in its place meanwhile
        number += 1
        aside = aside.with_name(f"{old.name}.{number}")
    durable.move(old, aside)
    durable.sync(aside.parent)


def _end_lease(path: Path, there: LeaseRow | None) -> None:
    """End the lease in the copy: nobody leads on it. Its epoch is as high as any that was ever seen here.

    So whoever led on one or the other, and has not heard of all this, has lost the lead.
    """
    engine = live_engine(path, busy_seconds=0)
    with translated(path), engine.connect() as connection:
        with connection.execution_options(writes=True).begin():
            lease = _lease_in(connection)
            if lease:
                epoch = max(lease.epoch, there.epoch if there else 0)
                connection.execute(update(LEASES).values(owner=None, epoch=epoch))
        connection.connection.driver_connection.execute("PRAGMA journal_mode = DELETE")  # type: ignore[union-attr]
    engine.dispose()
    with translated(path):
        durable.sync(path)


def _lease(path: Path) -> LeaseRow | None:
    """Return the lease in the account's file, None when there is none, or no file that could be read."""
    try:
        with reading(path) as connection, translated(path):
            return _lease_in(connection)
    except StonksError:
        return None


def _lease_in(connection: Connection) -> LeaseRow | None:
    return next(map(LEASE_ROWS.value_of, live_turns.rows(connection, LEASE)), None)


def _is_locked(path: Path) -> bool:
    """Does anybody hold a lock on the file `path`? Where files cannot be locked nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EACCES)
    finally:
        os.close(descriptor)
    return False
