"""File stamp: was anything written into a database since somebody looked? Asked without opening it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

_COARSEST = timedelta(milliseconds=20)
"""File systems tell times no closer than that: what was written so lately may be written again within its time."""


def of(path: Path, now: datetime) -> object:
    """Return what differs after every write into the SQLite file `path`; None when one may just be going on."""
    found = []
    for name in (path, path.with_name(path.name + "-wal")):
        try:
            stat = name.stat()
        except OSError:
            continue
        if now - datetime.fromtimestamp(stat.st_mtime, UTC) < _COARSEST:
            return None
        found.append((name.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
