"""Machine lock: is a process that had the lead on an account dead?

Whoever holds the lock knows that nobody else of this machine does, in a container or not: the system lets go of a lock
with the process that held it, never before, also when that is suspended. Who leads without it (it took over from one
that was suspended) is known by its process.
"""

import fcntl
import hashlib
import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path


class MachineLock:
    """A lock on a file beside the account's. It is held until it is let go, or the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Return whether it is held now. Where files cannot be locked it never is."""
        if self._descriptor is not None:
            return True
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
            else:
                self._descriptor = descriptor
        return self._descriptor is not None

    def let_go(self) -> None:
        """Let others have it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def owner_here() -> str:
    """Return the name under which this process leads: no other that runs has the same, wherever it runs."""
    return f"{_here()}:{os.getpid()}"


@cache
def _here() -> str:
    """Return the name of what numbers this process: the host, and letters for its boot and its name space of processes.

    Two containers on one host may both have its name, and each a process 1; so may two hosts.
    """
    told = ""
    with suppress(OSError):
        told += Path("/proc/sys/kernel/random/boot_id").read_text()
    with suppress(OSError):
        told += str(Path("/proc/self/ns/pid").stat().st_ino)
    digest = hashlib.sha256(told.encode()).digest()[:5]
    return f"{socket.gethostname()}-{''.join(chr(ord('a') + byte % 26) for byte in digest)}"


def is_dead(owner: str) -> bool:
    """Was `owner` a process of this machine that has ended? Of one elsewhere nobody knows."""
    host, _, process = owner.rpartition(":")
    if host != _here() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_only_a_name(int(process))


def _is_only_a_name(process: int) -> bool:
    """Has it ended, and its parent not asked how? In a container nobody may ever do. Only Linux says so."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in ("Z", "X")
    return False
