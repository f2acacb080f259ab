"""First look: is what a copy of the process reads of an account what anybody reads?"""

import asyncio
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stonks_tui import bootstrap, live_story
from stonks_tui.live_story import Told
from tests.support import live_account

ROOT = Path(__file__).resolve().parents[2]
_LOOK = """
import pickle, sys
from pathlib import Path
from stonks_tui.first_look import FirstLook
first = FirstLook(Path(sys.argv[1]))
told = first.told()
sys.stdout.buffer.write(pickle.dumps((told, sorted(name for name in sys.modules if name.startswith("storage")))))
"""
_LEAVE = """
import sys
from pathlib import Path
from stonks_tui.first_look import FirstLook
FirstLook(Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an account."""
    found = tmp_path_factory.mktemp("account")
    asyncio.run(live_account.make(found))
    return found


def first_look(folder: Path) -> tuple[Told | None, list[str]]:
    """Return what a new process saw first, and which modules of storage it has imported for that."""
    done = subprocess.run([sys.executable, "-c", _LOOK, str(folder)], cwd=ROOT, capture_output=True, check=True)
    found: tuple[Told | None, list[str]] = pickle.loads(done.stdout)
    return found


def test_it_is_the_account_and_nothing_was_imported_here_to_read_it(folder: Path) -> None:
    told, imported = first_look(folder)
    whole = asyncio.run(live_story.whole(bootstrap.live_reader(folder), folder))
    assert told is not None
    assert (told.today, told.beaten_at) == (whole.today, whole.beaten_at)
    assert told.story.alive is not None
    assert whole.story.alive is not None
    alive = replace(told.story.alive, seconds=whole.story.alive.seconds)
    assert replace(told.story, alive=alive) == whole.story
    assert imported == []


def test_of_what_cannot_be_read_nothing_is_told(tmp_path: Path) -> None:
    bootstrap.live_path(tmp_path).write_bytes(b"no database")
    assert first_look(tmp_path)[0] is None


def test_nobody_has_to_ask(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _LEAVE, str(folder)], cwd=ROOT, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
