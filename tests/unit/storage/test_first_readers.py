"""Threads with event loops of their own that are the first to read a file, all at once: each is answered."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from storage.database import open_engine

READERS, FILES = 3, 5


async def read(path: Path) -> int:
    """Return what stands in the file."""
    async with open_engine(path, writes=False) as engine, engine.connect() as connection:
        found: int = (await connection.execute(text("SELECT value FROM things"))).scalar_one()
    return found


def test_whoever_reads_a_file_first_holds_up_nobody_in_another_thread(tmp_path: Path) -> None:
    for number in range(FILES):
        path = tmp_path / f"{number}.db"
        with closing(sqlite3.connect(path)) as file, file:
            file.execute("CREATE TABLE things AS SELECT 7 AS value")
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
