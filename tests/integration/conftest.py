"""A desk to run the program at, and an account for engines in processes of their own."""

import shutil
from pathlib import Path

import pytest

from tests.support import engine_processes, played_demo
from tests.support.engine_processes import Account
from tests.support.made_once import made_once
from tests.support.program import Desk, desk, make_calendars


@pytest.fixture(scope="session")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exchange calendar as files, made once."""
    made = made_once(tmp_path_factory, "calendars", make_calendars)
    return shutil.copytree(made, tmp_path_factory.mktemp("calendars") / "cache")


@pytest.fixture(scope="session", name="played_demo")
def a_played_demo(tmp_path_factory: pytest.TempPathFactory, calendars: Path) -> Path:
    """Three days of a demo, played once, to be copied."""
    return made_once(tmp_path_factory, "demo", lambda folder: played_demo.play(folder, calendars))


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, calendars: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A data directory of its own, the small market's files, and the program."""
    return desk(tmp_path, calendars, capsys)


@pytest.fixture(scope="session")
def made_account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with daily bars, made once."""
    return made_once(tmp_path_factory, "account", engine_processes.make) / "data"


@pytest.fixture
def account(made_account: Path, tmp_path: Path) -> Account:
    """An account of one's own."""
    return engine_processes.copy(made_account, tmp_path)
