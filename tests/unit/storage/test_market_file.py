"""Market data as a file: whose it is, who may write it, and what a crash leaves."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import BadInput, StonksError, Unavailable
from engine.model.imports import ImportCounts, ImportSource
from engine.model.market import Security
from storage.market_data import MarketStore

ROOT = Path(__file__).parents[3]
SOURCE = ImportSource(path="sectors.csv", digest="ab12", rows=1)
APPLE = Security(ticker="AAPL", name="Apple", sector="Information Technology")


async def put(path: Path, security: Security = APPLE) -> ImportCounts:
    async with MarketStore.open(path) as store:
        return await store.put_securities([security], SOURCE)


async def test_a_file_and_its_folder_are_made_when_they_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "data" / "market.db"
    assert await put(path) == ImportCounts(new=1)
    assert await put(path) == ImportCounts(same=1)


async def test_what_was_put_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await put(path)
    async with MarketStore.open(path) as store:
        assert await store.load_securities() == (APPLE,)


async def test_two_that_open_a_new_file_at_once_both_get_it(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    others = [Security(ticker=ticker) for ticker in ("A", "B", "C", "D")]
    assert await asyncio.gather(*(put(path, other) for other in others)) == [ImportCounts(new=1)] * 4
    async with MarketStore.open(path) as store:
        assert await store.load_securities() == tuple(others)
        assert len(await store.imports()) == 4


async def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("no database at all\n" * 100)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as raw:
        raw.execute("CREATE TABLE somebody_elses (x)")
    raw.close()
    for path, words in (
        (text, r"text\.db is not a SQLite database"),
        (foreign, r"foreign\.db is a database, but not one of stonks-tui"),
        (tmp_path, "is a folder, not a database"),
    ):
        with pytest.raises(BadInput, match=words):
            await put(path)
    assert text.read_text() == "no database at all\n" * 100


async def test_a_file_of_another_version_names_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await put(path)
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0042'")
    raw.close()
    with pytest.raises(BadInput, match=r"market\.db has schema version 0042, but this program needs 0006"):
        await put(path)


async def test_a_file_of_a_version_with_the_same_tables_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await put(path)
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0003'")
    raw.close()
    await put(path)
    async with MarketStore.open(path) as store:
        assert await store.load_securities() == (APPLE,)


async def test_a_reader_needs_no_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "market.db"
    await put(path)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere, so it is only said
    async with MarketStore.open(path) as store:
        assert await store.load_securities() == (APPLE,)
        assert not path.with_name("market.db-shm").exists()


async def test_a_reader_sees_the_market_as_it_was_while_an_import_is_under_way(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await put(path)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM securities")
    async with MarketStore.open(path) as store:
        assert await store.load_securities() == (APPLE,)
    writer.execute("ROLLBACK")
    writer.close()


async def test_a_second_import_is_told_that_one_is_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "market.db"
    await put(path)
    monkeypatch.setattr("storage.database.BUSY_SECONDS", 0)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match=r"market\.db is being written by another process"):
        await put(path)
    writer.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from engine.model.imports import ImportSource
from engine.model.market import Security
from storage import digests
from storage.market_data import MarketStore
async def main():
    async with MarketStore.open(Path(sys.argv[1])) as store:
        digests.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        await store.put_securities([Security(ticker="B")], ImportSource(path="", digest="", rows=1))
asyncio.run(main())
"""


async def test_a_process_killed_in_the_middle_of_an_import_leaves_the_market_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await put(path)
    done = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-P", "-c", KILLED, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    async with MarketStore.open(path) as store:
        assert await store.load_securities() == (APPLE,)
        assert len(await store.imports()) == 1
    assert await put(path, Security(ticker="B")) == ImportCounts(new=1)


async def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    await put(path)
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(StonksError, match=r"market\.db"):
        await put(path)
