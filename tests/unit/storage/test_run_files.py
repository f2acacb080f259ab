"""Runs as files: ids, locks, crashes and what lies in the folder that is no run."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import BadInput, NotFound, StonksError, Unavailable
from engine.model.runs import RunBooks, RunStatus
from engine.ports import RunState
from storage.run_files import RunFiles
from storage.run_repository import SqlRunStore
from tests.support.samples import a_decision, a_record, a_snapshot

ROOT = Path(__file__).parents[3]
BOOKS = RunBooks(decisions=(a_decision(1),), snapshots=(a_snapshot(),))

SETTING = """
import asyncio, os, resource, signal, sys
from pathlib import Path
from dataclasses import replace
from engine.errors import StonksError
from engine.model.runs import RunBooks
from storage import database, run_repository
from storage.run_repository import SqlRunStore
from tests.support.samples import a_decision, a_record
store = SqlRunStore(Path(sys.argv[1]))
books = RunBooks(decisions=tuple(a_decision(i) for i in range(3000)))
"""


def child(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `code` after SETTING in a process of its own and return what came of it."""
    return subprocess.run(
        [sys.executable, "-P", "-c", SETTING + code, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


async def make(folder: Path, books: RunBooks = BOOKS) -> int:
    async with SqlRunStore(folder) as store:
        run_id = await store.create(a_record())
        await store.finish(a_record(run_id=run_id), books)
        return run_id


async def test_a_finished_run_is_one_file_and_nothing_else(folder: Path) -> None:
    await make(folder)
    assert names_in(folder) == ["1.db"]


async def test_reading_leaves_nothing_beside_the_file(folder: Path) -> None:
    store = SqlRunStore(folder)
    await make(folder)
    await store.list()
    await store.decisions(1)
    assert names_in(folder) == ["1.db"]


async def test_two_stores_that_make_runs_at_once_never_get_the_same_id(folder: Path) -> None:
    code = "print(*[asyncio.run(store.create(a_record())) for _ in range(15)])"
    both = await asyncio.gather(*(asyncio.to_thread(child, code, folder) for _ in range(2)))
    ids = [int(word) for done in both for word in done.stdout.split()]
    assert [done.stderr for done in both] == ["", ""]
    assert sorted(ids) == list(range(1, 31))


async def test_an_id_that_somebody_took_since_one_looked_is_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(folder)
    monkeypatch.setattr(RunFiles, "ids", lambda _: ())
    assert await make(folder) == 2
    assert (await SqlRunStore(folder).get(1)).status is RunStatus.COMPLETED


async def test_a_run_of_a_living_process_is_running_for_everybody(folder: Path) -> None:
    worker = SqlRunStore(folder)
    run_id = await worker.create(a_record())
    onlooker = SqlRunStore(folder)
    assert (await onlooker.listing(run_id)).state is RunState.RUNNING
    with pytest.raises(BadInput, match="being worked on"):
        await onlooker.delete(run_id)
    worker.close()


async def test_a_run_that_its_store_left_is_interrupted_and_may_be_deleted(folder: Path) -> None:
    async with SqlRunStore(folder) as store:
        run_id = await store.create(a_record())
    listing = await store.listing(run_id)
    assert listing.state is RunState.INTERRUPTED
    assert listing.record is not None
    assert listing.record.status is RunStatus.RUNNING
    await store.delete(run_id)
    assert names_in(folder) == []


KILLED_IN_MID_WRITE = """
database.WRITER_CACHE_KIB = 64  # so that half of it has reached the file by then
async def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
run_repository.create_indexes = killed
async def main():
    await store.finish(a_record(run_id=await store.create(a_record())), books)
asyncio.run(main())
"""


async def test_a_process_killed_in_mid_write_leaves_a_readable_run_without_books(folder: Path) -> None:
    done = child(KILLED_IN_MID_WRITE, folder)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "1.db-journal").stat().st_size > 0
    half_written = (folder / "1.db").stat().st_size
    assert half_written > 200_000
    store = SqlRunStore(folder)
    listing = await store.listing(1)
    assert listing.state is RunState.INTERRUPTED
    assert listing.record == a_record(run_id=1, status=RunStatus.RUNNING)
    assert (await store.decisions(1)).decisions == ()
    assert (folder / "1.db").stat().st_size < half_written
    await store.delete(1)
    assert names_in(folder) == []


FULL_DISK = """
async def main():
    run_id = await store.create(a_record())
    resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))
    database.WRITER_CACHE_KIB = 64
    try:
        await store.finish(a_record(run_id=run_id), books)
    except StonksError as error:
        print(type(error).__name__, error.message)
    listing = await store.listing(run_id)
    print(listing.state, (await store.decisions(run_id)).decisions)
asyncio.run(main())
"""


async def test_a_full_disk_is_said_and_the_run_stays_as_it_was(folder: Path) -> None:
    done = child(FULL_DISK, folder)
    assert done.stderr == ""
    said, then = done.stdout.splitlines()
    assert said.startswith("Unavailable")
    assert str(folder / "1.db") in said
    assert then == "running ()"


async def test_what_is_no_run_is_listed_as_damaged_and_the_others_stay(folder: Path) -> None:
    await make(folder)
    (folder / "2.db").write_bytes(b"no database at all, but long enough to look at" * 100)
    (folder / "3.db").mkdir()
    (folder / "4.db").touch()
    with sqlite3.connect(folder / "5.db") as foreign:
        foreign.execute("CREATE TABLE somebody_elses (x)")
    foreign.close()
    (folder / "notes.txt").touch()
    (folder / "07.db").touch()
    listings = await SqlRunStore(folder).list()
    assert [(listing.run_id, listing.state) for listing in listings] == [
        *((number, RunState.DAMAGED) for number in (5, 4, 3, 2)),
        (1, RunState.COMPLETED),
    ]
    words = ["not one of stonks-tui", "is empty", "is a folder", "is not a SQLite database"]
    assert [word in listing.problem for listing, word in zip(listings, words, strict=False)] == [True] * 4


@pytest.mark.parametrize("damage", ["cut", "scrambled"])
async def test_a_damaged_run_raises_an_error_that_names_the_file(folder: Path, damage: str) -> None:
    await make(folder, RunBooks(decisions=tuple(a_decision(i) for i in range(2000))))
    path = folder / "1.db"
    content = path.read_bytes()
    path.write_bytes(content[:5000] if damage == "cut" else content[:4096] + os.urandom(len(content) - 4096))
    with pytest.raises(StonksError, match=r"1\.db"):
        await SqlRunStore(folder).decisions(1, limit=5000)
    assert [listing.state for listing in await SqlRunStore(folder).list()] == [RunState.DAMAGED]


async def test_a_run_of_another_version_names_both_versions(folder: Path) -> None:
    await make(folder)
    with sqlite3.connect(folder / "1.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0042'")
    raw.close()
    with pytest.raises(BadInput, match=r"1\.db has schema version 0042, but this program needs 0006"):
        await SqlRunStore(folder).get(1)


async def test_a_folder_that_is_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(Unavailable, match="runs"):
        await SqlRunStore(tmp_path / "runs").create(a_record())


async def test_odd_characters_in_the_path_are_no_matter(tmp_path: Path) -> None:
    folder = tmp_path / "a b?mode=ro#c%20é"
    assert await make(folder) == 1
    assert (await SqlRunStore(folder).decisions(1)).decisions == tuple(replace(d, trace=None) for d in BOOKS.decisions)


async def test_a_number_that_was_never_a_run_is_not_found(folder: Path) -> None:
    with pytest.raises(NotFound, match="no run 0"):
        await SqlRunStore(folder).get(0)
