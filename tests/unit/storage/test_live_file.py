"""A live account's file: whose it is, what a full disk, another writer or a cancelled caller does to it."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest

from engine.adapters import clock
from engine.decision.effects import RecordDecision
from engine.errors import BadInput, BrokenInvariant, LostLease, NotFound, Unavailable
from engine.model.runs import RunBooks
from storage.kept_space import KEPT_BYTES
from storage.live_connection import LiveConnection
from storage.live_reader import SqlLiveReader
from storage.live_store import FORGOTTEN_AT_ONCE, SqlLiveStore
from storage.paper_store import PaperStore
from storage.run_repository import SqlRunStore
from tests.support.live_turns import ACCOUNT, a_heartbeat, a_look, a_morning, a_turn, an_entry, measured
from tests.support.samples import AT, a_decision, a_record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stonks.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlLiveStore]:
    """A store of which `a` holds the lease, and the first turn is kept."""
    async with SqlLiveStore(path, ACCOUNT, busy_seconds=0.1) as store:
        await store.take_lease("a", AT, 60)
        await store.commit(a_turn(1))
        yield store


async def last_turn(store: SqlLiveStore) -> int:
    kept = await store.load()
    return kept.seq if kept else 0


def moved(path: Path, to: Path) -> Path:
    return path.rename(to)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@contextmanager
def another_writer(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that is in the middle of a transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


async def test_a_file_and_its_folder_are_made_when_they_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "data" / "stonks.db"
    async with SqlLiveStore(path, ACCOUNT) as store:
        assert await store.load() is None
    assert await SqlLiveReader(path).get(0) == ACCOUNT


async def test_what_was_kept_is_there_for_the_next_engine_and_the_account_stays_as_it_was_begun(path: Path) -> None:
    async with SqlLiveStore(path, ACCOUNT) as store:
        await store.take_lease("a", AT, 60)
        await store.commit(a_turn(1))
        before = await store.load()
    async with SqlLiveStore(path, replace(ACCOUNT, initial_capital=7)) as store:
        assert await store.load() == before
        assert await store.take_lease("b", AT, 60) is None
    assert await SqlLiveReader(path).get(0) == ACCOUNT


async def test_two_that_open_a_new_file_at_once_both_get_it(path: Path) -> None:
    async def opened() -> None:
        async with SqlLiveStore(path, ACCOUNT) as store:
            assert await store.load() is None

    await asyncio.gather(*(opened() for _ in range(4)))
    assert await SqlLiveReader(path).get(0) == ACCOUNT


async def test_a_file_whose_maker_was_killed_is_made_by_the_next(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
    async with SqlLiveStore(path, ACCOUNT) as store:
        assert await store.load() is None


async def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, foreign = tmp_path / "text.db", tmp_path / "foreign.db"
    text.write_text("no database at all\n" * 100)
    with closing(sqlite3.connect(foreign)) as raw:
        raw.execute("CREATE TABLE somebody_elses (x)")
    before = foreign.read_bytes()
    async with SqlRunStore(tmp_path) as runs:
        await runs.finish(a_record(run_id=await runs.create(a_record())), RunBooks())
    for path, words in (
        (text, r"text\.db is not a SQLite database"),
        (foreign, r"foreign\.db is a database, but not one of stonks-tui"),
        (tmp_path / "1.db", r"1\.db is a database of stonks-tui, but has no engine_state"),
        (tmp_path, "is a folder, not a database"),
    ):
        with pytest.raises(BadInput, match=words):
            await SqlLiveStore(path, ACCOUNT).__aenter__()
    assert text.read_text() == "no database at all\n" * 100
    assert foreign.read_bytes() == before


async def test_a_file_of_another_version_names_both_versions(path: Path, store: SqlLiveStore) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0042'")
        raw.commit()
    with pytest.raises(BadInput, match=r"stonks\.db has schema version 0042, but this program needs"):
        await SqlLiveStore(path, ACCOUNT).__aenter__()


async def test_every_turn_waits_for_the_disk_also_after_an_errand_that_did_not(store: SqlLiveStore) -> None:
    def synchronous() -> int:
        assert isinstance(store._file, LiveConnection)
        assert store._file._open
        assert store._file._open.connection.driver_connection
        (found,) = store._file._open.connection.driver_connection.execute("PRAGMA synchronous").fetchone()
        return int(found)

    full = 2
    assert await store._file.asked(synchronous) == full
    await store.brought(1)
    assert await store._file.asked(synchronous) == full
    with pytest.raises(BrokenInvariant):
        await store.brought(7)
    assert await store._file.asked(synchronous) == full
    await store.beat(a_heartbeat(1))
    await store.measured(measured(1))
    await store.forget_prices(AT)
    assert await store._file.asked(synchronous) == full


async def test_another_writer_is_waited_for_a_moment_only_and_the_next_try_succeeds(
    path: Path, store: SqlLiveStore
) -> None:
    with another_writer(path):
        with pytest.raises(Unavailable, match=r"stonks\.db is being written by another process"):
            await store.commit(a_turn(2))
        assert await last_turn(store) == 1
    await store.commit(a_turn(2))
    assert await last_turn(store) == 2


async def test_a_full_disk_keeps_nothing_of_the_turn_and_the_next_try_succeeds(path: Path, store: SqlLiveStore) -> None:
    large = a_turn(2, entry=an_entry(2, event="x" * 3_000_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(Unavailable, match="disk"):
            await store.commit(large)
        assert await last_turn(store) == 1
        await store.commit(a_turn(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await store.commit(replace(large, entry=replace(large.entry, seq=3), records=(), errands=()))
    assert await last_turn(store) == 3
    assert [d.decision_id for d in (await SqlLiveReader(path).decisions(0)).decisions] == ["d1", "d2"]


@pytest.mark.parametrize(
    "wrong", [{"shares": 2**63}, {"shares": 1.5}, {"ticker": "\ud800"}, {"price": None, "heat": None}]
)
async def test_a_value_that_no_column_holds_breaks_the_turn_and_not_the_store(
    store: SqlLiveStore, wrong: dict[str, object]
) -> None:
    with pytest.raises(BrokenInvariant, match="hold"):
        await store.commit(a_turn(2, records=(RecordDecision(decision=a_decision(2, **wrong)),)))
    assert await last_turn(store) == 1
    await store.commit(a_turn(2))


async def test_a_file_that_was_taken_away_is_missed(path: Path, store: SqlLiveStore) -> None:
    """Otherwise turns would be written into a file that is gone with the process."""
    away = moved(path, path.with_suffix(".away"))
    with pytest.raises(Unavailable, match=r"stonks\.db cannot be used"):
        await store.commit(a_turn(2))
    moved(away, path)
    await store.commit(a_turn(2))
    assert await last_turn(store) == 2


async def test_a_file_that_was_replaced_is_looked_at_anew(path: Path, store: SqlLiveStore) -> None:
    moved(path, path.with_suffix(".away"))
    async with SqlLiveStore(path, ACCOUNT):
        pass
    with pytest.raises(LostLease, match="no lease"):
        await store.commit(a_turn(2))


async def test_a_commit_whose_caller_is_cancelled_still_says_whether_the_turn_was_kept(
    path: Path, store: SqlLiveStore
) -> None:
    said = []

    async def trade() -> None:
        await store.commit(a_turn(2))
        said.append("kept")
        await asyncio.sleep(10)
        said.append("went on")

    with another_writer(path) as writer:
        trading = asyncio.create_task(trade())
        await asyncio.sleep(0.02)
        trading.cancel()
        await asyncio.sleep(0.02)
        assert said == []
        writer.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await trading
    assert said == ["kept"]
    assert await last_turn(store) == 2


async def test_a_commit_that_fails_while_its_caller_is_cancelled_says_that_it_failed(
    path: Path, store: SqlLiveStore
) -> None:
    with another_writer(path):
        trading = asyncio.create_task(store.commit(a_turn(2)))
        await asyncio.sleep(0.02)
        trading.cancel()
        with pytest.raises(Unavailable):
            await trading
    assert await last_turn(store) == 1


async def test_an_engine_that_stands_by_writes_nothing_and_waits_for_nobody(path: Path, store: SqlLiveStore) -> None:
    async with SqlLiveStore(path, ACCOUNT, busy_seconds=0) as second:
        with another_writer(path):
            assert await second.take_lease("b", AT, 60) is None
            assert await last_turn(second) == 1
    await store.commit(a_turn(2))


async def test_p44_of_two_engines_on_one_file_the_one_with_the_lower_epoch_keeps_nothing_more(path: Path) -> None:
    kept: list[str] = []
    seconds = count()

    async def trade(store: SqlLiveStore, owner: str, chance: Random) -> None:
        for _ in range(20):
            lease = await store.take_lease(owner, AT + timedelta(seconds=next(seconds)), chance.choice((0, 1, 2)))
            await asyncio.sleep(chance.choice((0, 0.005)))  # so that the other may take over
            if lease:
                name = f"{lease.epoch} {owner}"
                turn = a_turn(await last_turn(store) + 1, epoch=lease.epoch, records=(), errands=())
                with suppress(LostLease, BrokenInvariant):
                    await store.commit(replace(turn, entry=replace(turn.entry, event=name)))
                    kept.append(name)

    async with SqlLiveStore(path, ACCOUNT) as one, SqlLiveStore(path, ACCOUNT) as other:
        await asyncio.gather(trade(one, "a", Random(1)), trade(other, "b", Random(2)))
        journal = [entry async for entry in one.journal()]
    assert [entry.seq for entry in journal] == list(range(1, len(kept) + 1))
    assert sorted(entry.event for entry in journal) == sorted(kept)
    epochs = [int(entry.event.split()[0]) for entry in journal]
    assert epochs == sorted(epochs)
    assert len({entry.event for entry in journal}) == len(set(epochs)) > 2


async def test_readers_see_whole_turns_while_the_engine_trades(path: Path, store: SqlLiveStore) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        count = "SELECT count(*) FROM trading_decisions"
        assert reader.execute(count).fetchone() == (1,)
        await store.commit(a_turn(2))
        assert reader.execute(count).fetchone() == (1,)
        assert len((await SqlLiveReader(path).decisions(0)).decisions) == 2


async def test_a_sign_of_life_is_dated_by_the_clock_of_the_machine_whatever_the_engine_believes(
    path: Path, store: SqlLiveStore
) -> None:
    before = clock.now()
    await store.beat(a_heartbeat(1))
    beaten = await SqlLiveReader(path).heartbeat()
    assert beaten
    assert beaten[0].at == later(1)
    assert before - timedelta(milliseconds=1) <= beaten[1] <= clock.now() + timedelta(milliseconds=1)


async def test_looks_are_forgotten_in_parts_and_the_engine_goes_on_in_between(store: SqlLiveStore) -> None:
    looks = range(2, 2 * FORGOTTEN_AT_ONCE + 3)
    for seq in looks:
        await store.commit(a_look(seq))
    await store.commit(a_morning(looks.stop))
    forgetting = asyncio.create_task(store.forget_prices(later(looks.stop + 1)))
    await asyncio.sleep(0)
    await store.commit(a_turn(looks.stop + 1, records=(), errands=()))
    assert not forgetting.done()  # the turn came before the last part
    assert await forgetting == len(looks)
    assert [entry.seq async for entry in store.journal()] == [1, looks.stop, looks.stop + 1]


async def test_a_file_keeps_the_id_that_it_was_made_with(path: Path) -> None:
    async with SqlLiveStore(path, ACCOUNT, account_id="one") as store:
        assert store.account_id == "one"
    async with SqlLiveStore(path, ACCOUNT, account_id="another") as store:
        assert store.account_id == "one"
    async with SqlLiveStore(path, ACCOUNT) as store:
        assert store.account_id == "one"


def test_no_two_accounts_have_one_id() -> None:
    assert len({clock.new_account_id() for _ in range(1000)}) == 1000


async def test_a_broker_s_file_of_another_account_is_refused_and_both_files_are_named(path: Path) -> None:
    paper = path.with_name("paper.db")
    async with PaperStore.open(paper, account_id="one", account_file=path):
        pass
    with pytest.raises(BadInput, match=r"paper\.db and .*stonks\.db do not belong together"):
        async with PaperStore.open(paper, account_id="another", account_file=path):
            pass
    for account_id in ("one", ""):
        async with PaperStore.open(paper, account_id=account_id) as store, store.transaction() as book:
            assert await book.positions() == {}


async def test_a_broker_s_file_of_nobody_belongs_to_the_first_account_that_opens_it(path: Path) -> None:
    paper = path.with_name("paper.db")
    for account_id in ("", "one"):
        async with PaperStore.open(paper, account_id=account_id):
            pass
    with pytest.raises(BadInput, match="do not belong together"):
        async with PaperStore.open(paper, account_id="another"):
            pass


async def test_space_is_kept_aside_until_the_last_has_closed_the_account(path: Path) -> None:
    space = path.with_name("stonks.db.reserve")
    async with SqlLiveStore(path, ACCOUNT):
        async with SqlLiveStore(path, ACCOUNT):
            assert space.stat().st_size == KEPT_BYTES
        assert space.stat().st_size == KEPT_BYTES
    assert not space.exists()


async def test_who_asks_for_books_that_are_not_there_is_told(path: Path, store: SqlLiveStore) -> None:
    reader = SqlLiveReader(path)
    assert (await reader.listing(0)).record == ACCOUNT
    with pytest.raises(NotFound, match="no run 1"):
        await reader.decisions(1)
    with pytest.raises(NotFound, match="no file"):
        await SqlLiveReader(path.with_name("other.db")).get(0)
