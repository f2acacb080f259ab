"""Notices are only ever added to: a reader that has read them reads what is new of them, and still tells the truth."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from engine.decision.effects import RecordNotice
from engine.model.notices import Notice
from engine.model.runs import LIVE_RUN
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT, a_notice


def told(note: str) -> Notice:
    return a_notice(note=note)


async def keep(path: Path, *notes: str) -> None:
    async with SqlLiveStore(path, ACCOUNT) as store:
        await store.take_lease("a", AT, 60)
        kept = await store.load()
        first = kept.seq + 1 if kept else 1
        for seq, note in enumerate(notes, start=first):
            await store.commit(a_turn(seq, errands=(), records=(RecordNotice(notice=told(note)),)))


async def notes(reader: SqlLiveReader) -> list[str]:
    return [notice.note for notice in await reader.notices(LIVE_RUN)]


async def test_what_was_noticed_meanwhile_is_added_to_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "stonks.db"
    reader = SqlLiveReader(path)
    await keep(path, "one")
    assert await notes(reader) == ["one"]
    assert await notes(reader) == ["one"]
    await keep(path, "two", "three")
    assert await notes(reader) == ["one", "two", "three"]


async def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "stonks.db"
    reader = SqlLiveReader(path)
    await keep(path, "one", "two")
    await notes(reader)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE notices SET note = 'never asked for' WHERE seq = 1")
    assert await notes(reader) == ["one", "two"]


async def test_of_an_account_that_was_restored_all_is_read_again(tmp_path: Path) -> None:
    path, copy = tmp_path / "stonks.db", tmp_path / "copy.db"
    reader = SqlLiveReader(path)
    await keep(path, "one")
    shutil.copy(path, copy)
    await keep(path, "two", "three")
    assert await notes(reader) == ["one", "two", "three"]
    shutil.copy(copy, path)
    assert await notes(reader) == ["one"]
    await keep(path, "another", "and another")
    assert await notes(reader) == ["one", "another", "and another"]


async def test_an_account_that_has_noticed_nothing_may_come_to_the_place_of_one_that_has(tmp_path: Path) -> None:
    path, copy = tmp_path / "stonks.db", tmp_path / "copy.db"
    reader = SqlLiveReader(path)
    await keep(path)
    shutil.copy(path, copy)
    await keep(path, "one")
    assert await notes(reader) == ["one"]
    shutil.copy(copy, path)
    assert await notes(reader) == []
    await keep(path, "two")
    assert await notes(reader) == ["two"]
