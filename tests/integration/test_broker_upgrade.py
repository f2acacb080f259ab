"""`stonks broker upgrade`: the books of a broker service get the tables of another version; nothing else is made."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from stonks_tui import broker_books
from stonks_tui.cli import main
from storage import postgres_address
from storage.paper_store import PaperStore
from tests.support import postgres

_VERSION = "SELECT version_num FROM stonks_paper.alembic_version"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with the books of a service."""

    async def make() -> None:
        async with PaperStore.open(tmp_path / broker_books.FILE):
            pass

    asyncio.run(make())
    return tmp_path


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database without tables, which the broker is told of."""
    with postgres.fresh_url(empty=True) as url:
        monkeypatch.setenv("STONKS_BROKER_DATABASE_URL", url)
        yield url


def said(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, str]:
    """Return how `stonks broker upgrade WORDS` ends, and what it says."""
    code = main(["--data-dir", str(folder), "broker", "upgrade", *words])
    streams = capsys.readouterr()
    return code, (streams.out + streams.err).strip()


def test_a_file_goes_down_and_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, folder) == (0, "broker.db: 0006")
    code, words = said(capsys, folder, "--to", "0005")
    assert (code, "--down --to 0005" in words) == (2, True)
    assert said(capsys, folder, "--down") == (0, "broker.db: 0005, from 0006")
    assert said(capsys, folder) == (0, "broker.db: 0006, from 0005")
    assert said(capsys, folder / "elsewhere")[0] == 1


def test_a_file_at_which_a_service_is_at_work_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = broker_books.lock_of(folder / broker_books.FILE)
    assert lock.take()
    try:
        code, words = said(capsys, folder, "--down")
        assert (code, "a broker service has the books" in words) == (1, True)
    finally:
        lock.let_go()
    assert said(capsys, folder) == (0, "broker.db: 0006")


def test_in_a_database_the_brokers_tables_alone_are_made(
    tmp_path: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, tmp_path) == (0, "stonks_paper: 0006, from nothing")
    address = postgres_address.parse(empty)
    assert postgres.asked(address, _VERSION) == "0006"
    assert postgres.asked(address, "SELECT to_regnamespace('stonks')") is None
    assert said(capsys, tmp_path, "--down", "--json") == (
        0,
        '{"where": "stonks_paper", "before": "0006", "after": "0005"}',
    )
    assert said(capsys, tmp_path) == (0, "stonks_paper: 0006, from 0005")
