"""Runs for the app to show, made once, and an account with an engine."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from stonks_tui.engine_thread import EngineThread
from tests.support import sns_endpoint, told_account
from tests.support.terminal import Stores, make_stores
from tests.support.waiting_engine import waiting


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have asked for no colours, or for a theme."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def sheets_parsed_once() -> Iterator[None]:
    """Each app parses its style sheets, a quarter of its start: the same text with the same colours is parsed once."""
    parsed: dict[tuple[object, ...], list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def from_before(sheet: Stylesheet, css: str, *where: Any, **how: Any) -> list[RuleSet]:
        asked = (frozenset(sheet._variables.items()), css, where, frozenset(how.items()))
        if asked not in parsed:
            parsed[asked] = parse(sheet, css, *where, **how)
        return parsed[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", from_before)
        yield


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


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an account with both channels on that has told nobody of anything yet."""
    folder = tmp_path_factory.mktemp("quiet")
    told_account.make(folder)
    return folder


@pytest.fixture
def quiet_folder(quiet: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return told_account.copied(quiet, tmp_path / "a")


@pytest_asyncio.fixture(scope="session")
async def told(quiet: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A copy of it that has told of much."""
    folder = told_account.copied(quiet, tmp_path_factory.mktemp("told") / "a")
    await told_account.tell(folder, *told_account.notifications())
    yield folder


@pytest.fixture
def text_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this terminal has: credentials for text messages alone."""
    for name in ("CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE", "REFRESH_TOKEN", "REFRESH_TOKEN_FILE"):
        monkeypatch.delenv(f"STONKS_GMAIL_{name}", raising=False)
    for name, value in sns_endpoint.environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
