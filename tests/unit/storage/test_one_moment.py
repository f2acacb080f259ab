"""Both files of an account as of one instant: what is committed meanwhile is not in it, and nobody waits for long."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import BadInput, NotFound, Unavailable
from storage import one_moment
from storage.live_store import SqlLiveStore
from storage.one_moment import at_one_moment
from storage.paper_store import PaperStore
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT


class Account:
    """An account in a folder, and its broker's file, both open for writing."""

    def __init__(self, folder: Path, store: SqlLiveStore, memory: PaperStore) -> None:
        self.folder = folder
        self.store = store
        self.memory = memory
        self.turns = 0

    async def turn(self) -> None:
        """Keep a turn, and have the broker hold a share more."""
        self.turns += 1
        await self.store.commit(a_turn(self.turns))
        async with self.memory.transaction() as book:
            await book.move_shares("AAPL", 1)


@pytest.fixture
async def account(tmp_path: Path) -> AsyncIterator[Account]:
    async with (
        SqlLiveStore(tmp_path / "stonks.db", ACCOUNT, account_id="one") as store,
        PaperStore.open(tmp_path / "paper.db", account_id=store.account_id) as memory,
    ):
        await store.take_lease("a", AT, 60)
        yield Account(tmp_path, store, memory)


def turns_in(raw: sqlite3.Connection) -> int:
    found: int = raw.execute("SELECT count(*) FROM event_journal").fetchone()[0]
    return found


def shares_in(raw: sqlite3.Connection) -> int:
    row = raw.execute("SELECT shares FROM paper_positions").fetchone()
    return int(row[0]) if row else 0


async def test_what_is_committed_afterwards_is_neither_in_it_nor_in_what_is_copied_from_it(account: Account) -> None:
    await account.turn()
    with at_one_moment(account.folder) as moment, closing(sqlite3.connect(":memory:")) as copy:
        await account.turn()
        await account.turn()
        moment.raw.backup(copy, pages=1)
        assert turns_in(copy) == turns_in(moment.raw) == 1
        assert shares_in(moment.broker) == 1
    with at_one_moment(account.folder) as moment:
        assert (turns_in(moment.raw), shares_in(moment.broker)) == (3, 3)


async def test_who_commits_while_the_brokers_file_is_copied_has_both_read_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    await account.turn()
    tries = _commits_while_copying(account, monkeypatch, times=3)
    with at_one_moment(account.folder) as moment:
        assert (turns_in(moment.raw), shares_in(moment.broker)) == (1, 1)
        beats = moment.raw.execute("SELECT count(*) FROM leases WHERE name LIKE 'beat%'").fetchone()[0]
        assert beats == 3, "what was read first has been let go"
    assert len(tries) == 4


async def test_an_engine_that_never_pauses_is_given_up_with_a_sentence(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    await account.turn()
    tries = _commits_while_copying(account, monkeypatch, times=10**6)
    never = pytest.raises(Unavailable, match=r"never paused for long enough within 0.05 s")
    with never, at_one_moment(account.folder, patience_seconds=0.05):
        pass
    assert len(tries) > 1
    await account.turn()


def _commits_while_copying(account: Account, monkeypatch: pytest.MonkeyPatch, *, times: int) -> list[int]:
    """Have somebody commit to the account's file each time that the broker's is about to be read, so many `times`."""
    tries: list[int] = []
    begin = one_moment.begin_reading

    def committed(connection: sqlite3.Connection) -> None:
        tries.append(len(tries))
        if len(tries) <= times:
            with closing(sqlite3.connect(account.folder / "stonks.db")) as other, other:
                other.execute("INSERT INTO leases VALUES (?, NULL, 1, 0)", (f"beat{len(tries)}",))
        begin(connection)

    monkeypatch.setattr(one_moment, "begin_reading", committed)
    return tries


async def test_the_engine_commits_while_both_are_read(account: Account) -> None:
    await account.turn()
    with at_one_moment(account.folder):
        await account.turn()
    assert account.turns == 2


def test_without_the_files_or_with_others_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"), at_one_moment(tmp_path):
        pass
    for name in ("stonks.db", "paper.db"):
        (tmp_path / name).write_text("this is no database, but long enough to be looked at " * 20)
    with pytest.raises(BadInput, match="is not a SQLite database"), at_one_moment(tmp_path):
        pass
