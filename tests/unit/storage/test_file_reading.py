"""A file is asked as of one moment, and let go of, whatever becomes of those who ask."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import BadInput, NotFound, StonksError, Unavailable
from storage.file_reading import reading

READERS, FILES = 3, 5
VALUE = text("SELECT value FROM things")
FOR_EVER = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in which 7 stands."""
    return filled(tmp_path / "things.db")


def filled(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("CREATE TABLE things AS SELECT 7 AS value")
    return path


def is_let_go(path: Path) -> bool:
    """Has nobody the file open? Only then does it leave the mode in which readers and a writer share it."""
    with closing(sqlite3.connect(path, timeout=0)) as file:
        try:
            return bool(file.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",))
        except sqlite3.OperationalError:
            return False


async def read(path: Path) -> int:
    """Return what stands in the file."""
    async with reading(path) as connection:
        found: int = (await connection.execute(VALUE)).scalar_one()
    return found


async def test_all_is_answered_as_of_one_moment(path: Path) -> None:
    async with reading(path) as connection:
        assert (await connection.execute(VALUE)).scalar_one() == 7
        with closing(sqlite3.connect(path)) as file, file:
            file.execute("UPDATE things SET value = 8")
        assert (await connection.execute(VALUE)).scalar_one() == 7
        assert not is_let_go(path)
    assert is_let_go(path)
    assert await read(path) == 8


async def test_who_asks_at_the_same_time_is_answered_in_turn(path: Path) -> None:
    async with reading(path) as connection:
        found = await asyncio.gather(*(connection.execute(VALUE) for _ in range(9)))
    assert [result.mappings().all() for result in found] == [[{"value": 7}]] * 9


async def test_nothing_is_written(path: Path) -> None:
    with pytest.raises(Unavailable, match=str(path)):
        async with reading(path) as connection:
            await connection.execute(text("DELETE FROM things"))
    assert is_let_go(path)
    assert await read(path) == 7


@pytest.mark.timeout(60)
async def test_a_question_of_which_nobody_waits_for_the_answer_is_broken_off(path: Path) -> None:
    async def ask() -> None:
        async with reading(path) as connection:
            await connection.execute(VALUE)
            begun.set()
            await connection.execute(FOR_EVER)

    begun = asyncio.Event()
    asked = asyncio.create_task(ask())
    await begun.wait()
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert is_let_go(path)


async def test_a_file_that_is_refused_is_let_go(path: Path) -> None:
    def refuse(file: sqlite3.Connection) -> None:
        assert file.execute(str(VALUE)).fetchone() == (7,)
        raise BadInput("not this one")

    with pytest.raises(BadInput, match="not this one"):
        async with reading(path, refuse) as connection:
            await connection.execute(VALUE)
    assert is_let_go(path)


@pytest.mark.parametrize(("content", "kind"), [(None, NotFound), (b"no database" * 100, BadInput)])
async def test_what_is_wrong_with_a_file_is_said_of_it(
    tmp_path: Path, content: bytes | None, kind: type[StonksError]
) -> None:
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(kind, match=str(path)):
        await read(path)


def test_threads_that_read_a_file_first_hold_up_nobody(tmp_path: Path) -> None:
    for number in range(FILES):
        path = filled(tmp_path / f"{number}.db")
        found: list[int] = []
        together = threading.Barrier(READERS)

        def answer(path: Path = path, together: threading.Barrier = together, found: list[int] = found) -> None:
            together.wait()
            found.append(asyncio.run(read(path)))

        threads = [threading.Thread(target=answer, daemon=True) for _ in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert found == [7] * READERS
