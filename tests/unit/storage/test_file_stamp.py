"""File stamp: is every write into a database seen, without opening it?"""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage import file_stamp

LONG_AGO = 1_700_000_000
NOW = datetime.fromtimestamp(LONG_AGO + 60, UTC)


def settled(path: Path) -> object:
    """Return the stamp of a file that was last written long ago."""
    for name in (path, path.with_name(f"{path.name}-wal")):
        if name.exists():
            os.utime(name, (LONG_AGO, LONG_AGO))
    return file_stamp.of(path, NOW)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_write_is_seen_and_a_read_is_not(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "kept.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode = {mode}")
        writer.execute("CREATE TABLE t (a)")
        before = settled(path)
        assert before is not None
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
            assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert file_stamp.of(path, NOW) == before
        writer.execute("INSERT INTO t VALUES (1)")
        assert file_stamp.of(path, NOW) != before


def test_of_a_file_that_was_written_just_now_nothing_is_known(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    path.write_bytes(b"")
    os.utime(path, (LONG_AGO + 60, LONG_AGO + 60))
    assert file_stamp.of(path, NOW) is None


def test_a_file_that_is_not_there_has_a_stamp_too(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    none = file_stamp.of(path, NOW)
    path.write_bytes(b"")
    assert none != settled(path)
