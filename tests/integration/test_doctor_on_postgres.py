"""The doctor of an account in a database asks there what it asks of files elsewhere: is it there, and led?"""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.adapters import clock
from stonks_tui.doctor import account, files
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Level
from storage import postgres_address
from storage.live_store import SqlLiveStore
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.postgres import account_in_postgres

LEFT = b"somebody was stopped"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory in which somebody was stopped in the middle of a change of market.db."""
    (tmp_path / "market.db-journal").write_bytes(LEFT)
    return tmp_path


@pytest.fixture
def url() -> Iterator[str]:
    with account_in_postgres() as url:
        yield url


def begin(url: str, *, lease_seconds: float) -> None:
    async def begun() -> None:
        with closing(Postgres(postgres_address.parse(url))) as database:
            async with SqlLiveStore(PostgresLive(database), ACCOUNT) as store:
                await store.take_lease("elsewhere:4711", clock.now(), lease_seconds)
                await store.commit(a_turn(1, errands=()))

    asyncio.run(begun())


def about(folder: Path) -> Circumstances:
    return Circumstances(folder=folder, now=clock.now())


def test_before_there_is_an_account_it_is_said_where_it_would_be(folder: Path, url: str) -> None:
    found = account.file(about(folder))
    assert (found.level, found.words) == (Level.NOTE, f"there is no account in {postgres_address.parse(url)} yet")


def test_an_account_in_a_database_is_found_there_whatever_file_lies_about(folder: Path, url: str) -> None:
    (folder / "stonks.db").write_bytes(b"an account that has moved")
    begin(url, lease_seconds=0)
    found = account.file(about(folder))
    assert (found.level, found.words) == (Level.NOTE, f"the account is in {postgres_address.parse(url)}")


@pytest.mark.parametrize(("lease_seconds", "level"), [(0, Level.WARNING), (600, Level.OK)])
def test_a_change_that_is_being_made_is_not_half_written_as_long_as_an_engine_leads_anywhere(
    folder: Path, url: str, lease_seconds: float, level: Level
) -> None:
    begin(url, lease_seconds=lease_seconds)
    assert files.half_written(about(folder)).level is level
