"""Runs for the app to show, made once, and an account with an engine."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from stonks_tui.engine_thread import EngineThread
from tests.support.terminal import Stores, make_stores
from tests.support.waiting_engine import waiting


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have asked for no colours, or for a theme."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


@pytest_asyncio.fixture(scope="session")
async def stores(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stores]:
    """The folders of runs."""
    yield await make_stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture
def two(stores: Stores) -> Path:
    """The folder with two runs of one market."""
    return stores.two


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an account in the middle of its second day, whose engine was stopped."""
    folder = tmp_path_factory.mktemp("account")
    with waiting(folder):
        pass
    return folder


@pytest.fixture
def folder(account: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = tmp_path / "a"
    shutil.copytree(account, copy, ignore=shutil.ignore_patterns("*.sock"))
    return copy


@pytest.fixture
def engine(folder: Path) -> Iterator[EngineThread]:
    """An engine on the copy that waits to be told something."""
    with waiting(folder) as engine:
        yield engine
