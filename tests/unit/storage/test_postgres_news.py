"""Who follows an account in a database: they hear of changes at once, and ask nothing while nothing happens."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from engine.adapters import clock
from stonks_tui import account_place, bootstrap
from storage.live_store import SqlLiveStore
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from tests.support import postgres
from tests.support.live_turns import ACCOUNT

LISTENS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
LISTENERS_END = LISTENS.replace("count(*)", "count(pg_terminate_backend(pid))")


@pytest.fixture
async def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Postgres]:
    """The database of the account of `tmp_path`, as an engine has it."""
    with postgres.fresh_url() as url:
        monkeypatch.setenv(account_place.URL, url)
        place = account_place.place_of(tmp_path)
        assert place.database is not None
        database = Postgres(place.database)
        try:
            async with SqlLiveStore(PostgresLive(database), ACCOUNT):
                yield database
        finally:
            database.close()


async def first(database: Postgres, query: str) -> Any:
    """Return the first value that answers `query`."""
    async with database.writing() as connection:
        return (await connection.execute(text(query))).scalar()


@contextmanager
def questions(database: Postgres) -> Iterator[list[str]]:
    """Give what is asked of `database`, as it is asked."""
    found: list[str] = []

    def asked(*about: Any) -> None:
        found.append(about[2])

    event.listen(database.engine.sync_engine, "before_cursor_execute", asked)
    try:
        yield found
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", asked)


async def until_stamp(reader: Any, *, other_than: object = None) -> object:
    """Wait until the account has a stamp that is another one."""
    async with asyncio.timeout(30):
        while (stamp := reader.stamp(clock.now())) in (None, other_than):  # noqa: ASYNC110 - the event is the server's
            await asyncio.sleep(0.01)
    return stamp


async def test_screens_hear_of_a_change_at_once_and_ask_nothing_while_nothing_happens(
    writer: Postgres, tmp_path: Path
) -> None:
    database, reader = account_place.database_of(tmp_path), bootstrap.live_reader(tmp_path)
    assert database is not None
    before = await until_stamp(reader)
    with questions(database) as asked:
        for _ in range(50):
            assert reader.stamp(clock.now()) == before
        assert asked == []
        await first(writer, f"SELECT pg_notify('stonks_changes', '{database.schema}')")
        await until_stamp(reader, other_than=before)
        assert asked == []


async def test_news_that_were_lost_come_back_under_another_stamp_so_that_nothing_is_missed(
    writer: Postgres, tmp_path: Path
) -> None:
    reader = bootstrap.live_reader(tmp_path)
    before = await until_stamp(reader)
    assert await first(writer, LISTENERS_END) == 1
    await until_stamp(reader, other_than=before)
