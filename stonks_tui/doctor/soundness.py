"""Soundness: is a database of ours whole?"""

from pathlib import Path

from stonks_tui.doctor.files import is_half_written, size
from stonks_tui.doctor.findings import Answer, fault, note, ok
from storage import database

READ_BYTES = 250 * 10**6
"""Larger files are not read through: it would take longer than somebody waits."""


def of(path: Path, cure: str) -> Answer:
    """Return whether the pages of the file `path` hold together; `cure` is for one that is damaged.

    Raises a StonksError for one that cannot be opened.
    """
    bytes_there = path.stat().st_size if path.exists() else 0
    if bytes_there > READ_BYTES:
        return note(
            f"{path.name} has {size(bytes_there)} and was not read through",
            f"sqlite3 {path} 'PRAGMA quick_check' does, in some minutes",
        )
    if is_half_written(path):
        return note(f"{path.name} was left half-written and is not opened here")
    with database.open_raw(path) as raw, database.translated(path):
        (said,) = raw.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        return fault(f"{path.name} is damaged: {said.splitlines()[-1]}", cure)
    return ok(f"{path.name} is whole, {size(bytes_there)}")
