"""A desk to run the program at, and an account for engines in processes of their own."""

import os
from pathlib import Path

import pytest

from tests.support import engine_processes, played_demo
from tests.support.engine_processes import Account
from tests.support.program import Desk, desk, make_calendars


@pytest.fixture(scope="session")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exchange calendar as files, made once."""
    return make_calendars(tmp_path_factory.mktemp("calendars"))


@pytest.fixture(scope="session", name="played_demo")
def a_played_demo(tmp_path_factory: pytest.TempPathFactory, calendars: Path) -> Path:
    """Three days of a demo, played once for all processes of a run, to be copied."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return played_demo.played_once(shared, calendars)


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, calendars: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A data directory of its own, the small market's files, and the program."""
    return desk(tmp_path, calendars, capsys)


@pytest.fixture(scope="session")
def made_account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with daily bars, made once."""
    return engine_processes.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def account(made_account: Path, tmp_path: Path) -> Account:
    """An account of one's own."""
    return engine_processes.copy(made_account, tmp_path)
