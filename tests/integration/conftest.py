"""A desk to run the program at."""

from pathlib import Path

import pytest

from tests.support.program import Desk, desk, make_calendars


@pytest.fixture(scope="session")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exchange calendar as files, made once."""
    return make_calendars(tmp_path_factory.mktemp("calendars"))


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, calendars: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A data directory of its own, the small market's files, and the program."""
    return desk(tmp_path, calendars, capsys)
