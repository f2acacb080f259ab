"""An account on which an engine waited, and a command line for it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stonks_tui.engine_thread import EngineThread
from tests.support.shell import Shell
from tests.support.waiting_engine import waiting


@pytest.fixture(scope="session")
def waited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an account on which an engine waited, and was stopped."""
    folder = tmp_path_factory.mktemp("account")
    with waiting(folder):
        pass
    return folder


@pytest.fixture
def folder(waited: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(waited, tmp_path / "data")


@pytest.fixture
def engine(folder: Path) -> Iterator[EngineThread]:
    """An engine on the copy, which waits."""
    with waiting(folder) as running:
        yield running


@pytest.fixture
def shell(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line on the copy."""
    return Shell(folder, capsys, monkeypatch)
