"""Door place: where does the socket of a running engine lie, and whose is it?

Nobody but its owner may open it, from its first moment. One that a dead engine left is replaced, never one that
somebody listens on; of two engines that start at once one gets it.
"""

import asyncio
import fcntl
import os
import socket
import stat
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from engine.errors import Unavailable

OPEN_FOLDERS = Path("/proc/self/fd")
"""Where Linux shows what a process has open: a short name for a folder with a long one."""
_LOCK_SECONDS = 5.0
_NAME_BYTES = 100
"""Longer addresses are not taken by every system; Linux takes 107, macOS 103."""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Give the folder of `path`, open: it is locked, and makes a long name short. Raises Unavailable without one."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Unavailable(f"{path.parent} cannot be opened: {error.strerror}") from None
    try:
        yield folder
    finally:
        os.close(folder)


@asynccontextmanager
async def alone_in(folder: int, path: Path) -> AsyncIterator[None]:
    """Keep others from replacing or removing the socket meanwhile: of two that start at once, one gets it."""
    until = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise Unavailable(f"{path.parent} is locked by another engine that starts or ends") from None
            await asyncio.sleep(0.05)
    try:
        yield
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)


def make_way(folder: int, path: Path, *, leads: bool = False) -> None:
    """Remove a socket that nobody listens on; whoever `leads` removes that of an engine which does so no more."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Unavailable(f"{path} is in the way: it is no socket", hint="move it elsewhere")
    if leads:
        path.unlink(missing_ok=True)
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address(folder, path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except PermissionError:
            raise Unavailable(f"{path} belongs to somebody else") from None
        except OSError:  # its queue is full: somebody is there
            pass
    raise Unavailable(f"an engine already listens at {path}", hint="stonks status shows it, stonks stop ends it")


def bound(folder: int, path: Path) -> socket.socket:
    """Return a socket at `path` that only its owner may open; nobody can before it listens."""
    made = socket.socket(socket.AF_UNIX)
    try:
        with suppress(OSError):  # Linux takes the mode of the file from here; others are told below
            os.fchmod(made.fileno(), 0o600)
        made.bind(address(folder, path))
        path.chmod(0o600)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise Unavailable(f"the socket {path} cannot be made: {error.strerror or error}") from None
    except Unavailable:
        made.close()
        raise
    return made


def address(folder: int, path: Path) -> str:
    """Return what to bind or connect to: a long name by way of its open folder, where the system has one."""
    if len(os.fsencode(path)) <= _NAME_BYTES:
        return str(path)
    by_folder = OPEN_FOLDERS / str(folder)
    if not by_folder.is_dir():
        raise Unavailable(
            f"the name {path} is longer than the {_NAME_BYTES} bytes that a socket may have",
            hint="choose a shorter data directory",
        )
    return str(by_folder / path.name)


def file_at(path: Path) -> tuple[int, int] | None:
    """Return which file `path` is, None when there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove(path: Path, file: tuple[int, int] | None) -> None:
    """Remove `path` if it is still `file`: another engine may have put its own there."""
    if file is not None and file_at(path) == file:
        path.unlink(missing_ok=True)
