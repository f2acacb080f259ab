"""Notifications in an account's file: one of an earlier version gets their table, and no question reads it whole."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.dialects import sqlite

from engine.errors import BadInput
from engine.model.notifications import (
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
    Urgency,
)
from storage import notification_rows
from storage.live_file import prepare_live_file
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.moments import to_micros
from storage.notification_tables import NOTIFICATIONS
from tests.support import questions
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.samples import AT

SMS = NotificationChannel.SMS
INDEXES = {str(index.name) for index in NOTIFICATIONS.indexes}


def a_note(key: str, **fields: Any) -> Notification:
    plain: dict[str, Any] = {
        "key": key,
        "channel": SMS,
        "event_type": NotificationEvent.TEST,
        "urgency": Urgency.NEWS,
        "kind": "test",
        "subject": "s",
        "message": "m",
        "created_at": AT,
        "next_try_at": AT,
    }
    return Notification(**plain | fields)


async def account(path: Path, *notes: Notification) -> None:
    async with SqlLiveStore(path, ACCOUNT, account_id="one", kept_bytes=0) as store:
        await store.take_lease("a", AT, 60)
        await store.commit(a_turn(1))
        await store.tell(notes)


def made_earlier(path: Path, *, version: str = "0004") -> None:
    """Make `path` what a version without notifications would have left."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for table in ("notifications", "engine_commands"):
            raw.execute(f"DROP TABLE {table}")
        raw.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'notifications'")
        raw.execute("UPDATE alembic_version SET version_num = ?", (version,))


def schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as raw:
        return dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall())


def statistics(path: Path) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as raw:
        return set(raw.execute("SELECT tbl, idx, stat FROM sqlite_stat1"))


async def test_an_account_of_an_earlier_version_keeps_everything_and_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "stonks.db"
    await account(path)
    new, believed = schema(path), statistics(path)
    made_earlier(path)
    assert not INDEXES & set(schema(path))
    async with SqlLiveStore(path, ACCOUNT, account_id="another", kept_bytes=0) as store:
        assert store.account_id == "one"
        kept = await store.load()
        assert kept
        assert (kept.seq, kept.state) == (1, a_turn(1).state)
        assert len((await SqlLiveReader(path).decisions(0, limit=9)).decisions) == 1
        assert set(schema(path)) == set(new)
        assert set(schema(path)) >= INDEXES
        await store.tell([a_note("a")])
        await store.take_lease("a", AT, 60)
        await store.commit(a_turn(2, notifications=(a_note("turn 2.0"),)))
        assert [n.key for n in await store.waiting(SMS, AT, 9)] == ["a", "turn 2.0"]
    assert statistics(path) == believed


async def test_of_an_account_of_an_earlier_version_that_no_engine_has_opened_nobody_was_told_anything(
    tmp_path: Path,
) -> None:
    path = tmp_path / "stonks.db"
    await account(path)
    made_earlier(path)
    before = schema(path)
    reader = SqlLiveReader(path)
    assert (await reader.notifications(), dict(await reader.notification_counts(AT))) == ((), {})
    assert await reader.last_turn() == 1
    assert schema(path) == before


async def test_opening_it_again_adds_nothing_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stonks.db"
    await account(path)
    made_earlier(path)
    await account_opened(path)
    before = schema(path)
    async with SqlLiveStore(path, ACCOUNT, kept_bytes=0) as store:
        await store.tell([a_note("a")])
    await account_opened(path)
    assert schema(path) == before
    assert [n.key for n in await SqlLiveReader(path).notifications()] == ["a"]


async def account_opened(path: Path) -> None:
    async with SqlLiveStore(path, ACCOUNT, kept_bytes=0):
        pass


async def test_a_file_that_got_the_table_and_not_yet_its_version_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "stonks.db"
    await account(path, a_note("a"))
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0004'")
        raw.execute("DROP INDEX ix_notifications_kind")
    await account_opened(path)
    assert set(schema(path)) >= INDEXES
    assert [n.key for n in await SqlLiveReader(path).notifications()] == ["a"]


@pytest.mark.parametrize("version", ["0003", "0007"])
async def test_an_account_of_any_other_version_is_left_as_it_is(tmp_path: Path, version: str) -> None:
    path = tmp_path / "stonks.db"
    await account(path)
    made_earlier(path, version=version)
    before = schema(path)
    with pytest.raises(BadInput, match=version):
        await account_opened(path)
    assert schema(path) == before


@pytest.fixture(scope="module", params=["new", "earlier"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A live account's file as it was made, or as one of an earlier version became."""
    path = tmp_path_factory.mktemp("live") / "stonks.db"
    asyncio.run(prepare_live_file(path, ACCOUNT))
    if request.param == "earlier":
        made_earlier(path)
        asyncio.run(prepare_live_file(path, ACCOUNT))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


QUESTIONS = questions.OF_NOTIFICATIONS


def words_of(query: Any) -> str:
    asked = query.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    values = [asked.params[name] for name in asked.positiontup or ()]
    said = [to_micros(v) if isinstance(v, datetime) else f"'{v}'" if isinstance(v, str) else v for v in values]
    return str(asked).replace("?", "{}").format(*said)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_all_notifications(live: Connection, question: str) -> None:
    query, indexes = QUESTIONS[question]
    plan = [row[3] for row in live.exec_driver_sql(f"EXPLAIN QUERY PLAN {words_of(query)}")]
    looked = [step for step in plan if step.startswith(("SEARCH", "SCAN"))]
    assert looked
    for step in looked:
        assert step.startswith("SEARCH"), plan
        assert any(index in step for index in indexes), plan
        is_range = question in ("the newest", "the newest of a channel", "the newest of a status", "the last number")
        assert is_range or "(run_id=?)" not in step, plan


@pytest.mark.parametrize("question", ["what waits", "the newest", "the newest of an event", "the newest before one"])
def test_what_is_asked_for_a_few_at_a_time_is_not_sorted_first(live: Connection, question: str) -> None:
    query, _ = QUESTIONS[question]
    plan = [row[3] for row in live.exec_driver_sql(f"EXPLAIN QUERY PLAN {words_of(query)}")]
    assert not [step for step in plan if "TEMP B-TREE" in step]


async def test_what_waits_is_found_as_fast_among_many_that_are_settled(tmp_path: Path) -> None:
    path = tmp_path / "stonks.db"
    settled = [
        a_note(
            f"s{n}", next_try_at=None, created_at=AT - timedelta(minutes=n), delivery_status=DeliveryStatus.DELIVERED
        )
        for n in range(3000)
    ]
    await account(path, *settled, a_note("waits"))
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with closing(sqlite3.connect(path)) as raw:
        raw.set_progress_handler(step, 10)
        raw.execute(words_of(notification_rows.waiting(SMS, AT, limit=50))).fetchall()
        assert steps < 100
        steps = 0
        raw.execute("SELECT count(*) FROM notifications WHERE message = 'm'").fetchall()
        assert steps > 300  # so many it takes to read them all
