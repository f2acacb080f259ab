"""Files: do they lie where they can be trusted, is there room, and can nobody else read or write them?"""

import grp
import os
import pwd
import shlex
import socket
import stat
from pathlib import Path

from engine.adapters import door_place
from engine.errors import Unavailable
from stonks_tui import bootstrap
from stonks_tui.doctor import cures, mounted
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok, warning
from stonks_tui.reports.numbers import plural
from storage import kept_space, paper_store, restores

KEPT_BYTES = kept_space.KEPT_BYTES + paper_store.KEPT_BYTES
"""What the engine keeps aside for a full disk, and takes only where there is room for it twice."""
LITTLE_BYTES = 500 * 10**6
LOG_BYTES = 100 * 10**6
"""Four times what the engine's own log grows to (stonks_tui/engine_log.py)."""
_OURS = (
    "stonks.db",
    "paper.db",
    "market.db",
    "ui.json",
    "stonks.db-wal",
    "market.db-wal",
    "logs",
    "logs/stonks.log",
    "runs",
)
_ACCOUNT = frozenset({"stonks.db", "stonks.db-wal", "paper.db", "logs/stonks.log"})
"""These tell of somebody's money. The engine makes them so that nobody else may read them."""
_JOURNALS = ("stonks.db", "paper.db", "market.db")


def folder(c: Circumstances) -> Answer:
    """Is the data directory there, and may this user write in it?"""
    if not c.folder.exists():
        return note(f"{c.folder} is not there yet", cures.imported("bars", c.where, "to have it made"))
    owner = c.folder.stat().st_uid
    if owner != os.getuid() and os.getuid() != 0:
        words = f"{c.folder} belongs to {_user(owner)}, not to you ({_user(os.getuid())})"
        again = f"stonks doctor --data-dir {shlex.quote(str(c.folder.absolute()))}"
        return fault(words, f"use it as its owner: sudo -u {_user(owner)} {again}")
    if not os.access(c.folder, os.W_OK | os.X_OK):
        words = "the disk is mounted read-only" if _is_read_only(c.folder) else "you may not write there"
        cure = "remount the disk for writing" if _is_read_only(c.folder) else cures.modes("u+rwx", c.folder)
        return warning(f"{c.folder}: {words}: it can be looked at, but nothing can trade there", cure)
    return ok(f"{c.folder}, yours, may be written")


def disk_kind(c: Circumstances) -> Answer:
    """Does it lie on a disk of this machine?"""
    kind = mounted.kind_of(_existing(c.folder), c.mounts)
    if kind is None:
        return note("which kind of disk it lies on cannot be told here; it must be one of this machine")
    if mounted.is_remote(kind):
        return fault(
            f"{c.folder} lies on a disk of the kind {kind}: SQLite needs shared memory and locks, which hold only on "
            "a disk of this machine",
            "move it to a local disk: --data-dir, or STONKS_DATA_DIR",
        )
    return ok(f"on a disk of the kind {kind}")


def disk_space(c: Circumstances) -> Answer:
    """Is there room for the account, and for what the engine keeps aside?"""
    free = kept_space.free_bytes(_existing(c.folder))
    cure = f"make room on the disk of {c.folder}"
    if free <= 2 * KEPT_BYTES:
        return fault(
            f"{size(free)} free: the engine can keep no space aside (it takes {size(KEPT_BYTES)} where there is twice "
            "that), so on a full disk no exit could be written down",
            cure,
        )
    if free < LITTLE_BYTES:
        return warning(f"only {size(free)} free", cure)
    return ok(f"{size(free)} free; {size(KEPT_BYTES)} are kept aside while an engine runs")


def private(c: Circumstances) -> Answer:
    """Can nobody else write what belongs to the account, nor read it?"""
    if not c.folder.exists():
        return ok("there is nothing yet that others could read")
    entry = others(c.folder)
    if not entry & stat.S_IXOTH and not entry & stat.S_IWOTH:
        return ok(f"nobody else may enter {c.folder}")
    allowed = {path: others(path) for name in (".", *_OURS) if (path := c.folder / name).exists()}
    if written := [path for path, modes in allowed.items() if modes & stat.S_IWOTH]:
        names = ", ".join(_name(path, c.folder) for path in written)
        return fault(f"others may write {names}", cures.modes("go-w", *written))
    if read := [path for path, modes in allowed.items() if modes & stat.S_IROTH and path != c.folder]:
        names = ", ".join(_name(path, c.folder) for path in read)
        words, cure = f"other users of this machine may read {names}", cures.modes("700", c.folder)
        tells = any(_name(path, c.folder) in _ACCOUNT for path in read)
        return warning(words, cure) if tells else note(words, cure)
    return ok("nobody else may read or write what lies there")


def door_permissions(c: Circumstances) -> Answer:
    """Can nobody else speak to the engine?"""
    path = bootstrap.door_path(c.folder)
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return ok("there is no door: no engine runs here")
    if not stat.S_ISSOCK(mode):
        return fault(f"{path} is no socket and in the way of the engine's", cures.moved_aside(path))
    if mode & 0o077:
        return fault(
            f"others may speak to the engine: {path} has mode {stat.S_IMODE(mode):04o}", cures.modes("600", path)
        )
    return ok("the engine's socket is for you alone")


def door_stale(c: Circumstances) -> Answer:
    """Does somebody listen at the door, if there is one?"""
    path = bootstrap.door_path(c.folder)
    if not path.is_socket():
        return ok("no socket was left behind")
    try:
        with door_place.opened(path) as opened, socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            probe.connect(door_place.address(opened, path))
    except (ConnectionRefusedError, FileNotFoundError):
        return note(
            f"nobody listens at {path}: its engine died", f"the next engine puts its own there: stonks run{c.where}"
        )
    except PermissionError:
        return fault(f"{path} belongs to somebody else", "sign in as its owner, or choose another --data-dir")
    except (OSError, Unavailable) as error:
        return note(f"whether somebody listens at {path} cannot be told: {error}")
    return ok("somebody listens at the engine's socket")


def half_written(c: Circumstances) -> Answer:
    """Was a file left in the middle of a change?"""
    left = [c.folder / f"{name}-journal" for name in _JOURNALS if is_half_written(c.folder / name)]
    if not left or c.account.is_led:
        return ok("none was left half-written")
    names = ", ".join(path.name for path in left)
    return warning(
        f"{names} was left behind: somebody was stopped in the middle of a change; who opens the file next undoes it",
        f"do not remove it; to have the change undone: stonks run{c.where}",
    )


def restored(c: Circumstances) -> Answer:
    """Is a backup that was to be put in the place of the account there as a whole?"""
    try:
        restores.require_none_begun(c.folder)
    except Unavailable as error:
        return fault(f"{error.message}: no engine begins", f"to finish it: stonks db restore{c.where}")
    return ok("no backup is half restored")


def logs(c: Circumstances) -> Answer:
    """Does the log stay as small as it should?"""
    path = bootstrap.log_path(c.folder).parent
    found = [file.stat().st_size for file in path.glob("*") if file.is_file()] if path.is_dir() else []
    if sum(found) > LOG_BYTES:
        words = f"{path} has {size(sum(found))} in {plural(len(found), 'file')}; the engine keeps 25 MB"
        return warning(words, f"remove what is old in {path}; let logrotate have what --log-file writes")
    return ok(f"{size(sum(found))} of log" if found else "no log yet")


def is_half_written(path: Path) -> bool:
    """Is there a journal beside the file `path` that says how a change is undone? An emptied one says nothing."""
    try:
        with path.with_name(f"{path.name}-journal").open("rb") as journal:
            return any(journal.read(8))
    except FileNotFoundError:
        return False


def size(count: int) -> str:
    """Return bytes in words."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if count >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count / 1000:,.0f} kB"


def may_be_reached(path: Path) -> int:
    """Return what others than its owner may do with `path`, nothing where they may not enter its folder."""
    return others(path) if others(path.absolute().parent) & stat.S_IXOTH else 0


def others(path: Path) -> int:
    """Return what others than its owner may do with `path`, as the last three bits of a mode.

    Its group counts as others, unless nobody but the owner is in it.
    """
    found = path.stat()
    return (found.st_mode | (0 if _is_alone(found) else found.st_mode >> 3)) & 0o7


def _is_alone(found: os.stat_result) -> bool:
    """Is the group of a file one that systems make for each user, with nobody else in it?"""
    try:
        owner, group = pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    return group.gr_name == owner and set(group.gr_mem) <= {owner}


def _user(number: int) -> str:
    """Return the name of a user, or the number in the way that sudo understands."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"


def _existing(path: Path) -> Path:
    """Return `path`, or the folder above it that is there."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())


def _is_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def _name(path: Path, folder: Path) -> str:
    return "the data directory" if path == folder else str(path.relative_to(folder))


SECTION = Section(
    name="files",
    checks={
        "data-dir": folder,
        "disk-kind": disk_kind,
        "disk-space": disk_space,
        "private": private,
        "door-permissions": door_permissions,
        "door-stale": door_stale,
        "half-written": half_written,
        "half-restored": restored,
        "logs": logs,
    },
)
