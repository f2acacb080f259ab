"""Kept space: how does a database still get room for the last that must be written, when the disk is full?

Beside it lies a file that takes up space and holds nothing, for as long as somebody has the database open. When the
disk is full it is emptied. It is filled again once there is room for it twice.
"""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

KEPT_BYTES = 16 * 2**20
"""Enough to sell everything and to write down why: 4 MB for SQLite's log, the rest for hundreds of turns."""

_BLOCK = 512
"""What `st_blocks` counts, whatever the disk does: stat(2)."""

_CHUNK = 2**20


class KeptSpace:
    """The file `<name>.reserve` beside `path`. Several may have it open; the last one removes it.

    Nothing here raises: a database without kept space is better than none.
    """

    def __init__(self, path: Path, size: int = KEPT_BYTES) -> None:
        self._path = path.with_name(f"{path.name}.reserve")
        self._size = size
        self._file: int | None = None

    def take(self) -> None:
        """See that the space is taken up, if there is room. When it is, this costs next to nothing."""
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if not _taken(self._file) and free_bytes(self._path) > 2 * self._size:
                self._fill(self._file)

    def give_free(self) -> bool:
        """Empty the file for whoever needs the space now. Returns whether there was something to give."""
        with suppress(OSError):
            if self._file is not None and _taken(self._file):
                os.ftruncate(self._file, 0)
                return True
        return False

    def close(self) -> None:
        """Let go of it, and remove it unless somebody else has it open."""
        file, self._file = self._file, None
        if file is None:
            return
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path.unlink()
        os.close(file)

    def _fill(self, file: int) -> None:
        try:
            _allocate(file, self._size)
        except OSError:
            os.ftruncate(file, 0)


def free_bytes(path: Path) -> int:
    """Return how much may still be written on the disk of `path`. Raises OSError."""
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize


def _taken(file: int) -> bool:
    return os.fstat(file).st_blocks * _BLOCK > 0


def _allocate(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):  # not on macOS
        try:
            os.posix_fallocate(file, 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):  # else: not on this disk
                raise
        else:
            return
    for start in range(0, size, _CHUNK):
        os.pwrite(file, b"\0" * min(_CHUNK, size - start), start)
