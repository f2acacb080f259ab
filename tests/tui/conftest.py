"""Runs for the app to show, made once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.terminal import Stores, make_stores


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
