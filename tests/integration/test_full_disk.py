"""A disk is really full: what was kept stays, room is found for what must still be written, and taken again later."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.full_disk import KEPT

ROOT = Path(__file__).parents[2]
OWN_DISK = ("unshare", "--map-root-user", "--mount")


def may_have_a_disk() -> bool:
    """Does this system let a process mount a disk that nobody else sees?"""
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*OWN_DISK, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not may_have_a_disk(), reason="a process may not mount a disk of its own here")


def seen(story: str, folder: Path) -> dict[str, Any]:
    """Return what was seen when `story` was played on a small disk."""
    found = subprocess.run(
        [*OWN_DISK, sys.executable, "-P", "-m", "tests.support.full_disk", story, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    told: dict[str, Any] = json.loads(found.stdout)
    return told


def test_a_full_disk_has_room_for_exits_once_and_for_kept_space_again_when_somebody_has_made_some(
    tmp_path: Path,
) -> None:
    told = seen("live", tmp_path)
    message, hint = told.pop("said")
    assert "stonks.db cannot grow: the disk is full" in message
    assert "what was kept aside is being used up" in hint
    assert told == {
        "at first": KEPT,
        "when full": 0,
        "kept until then": True,
        "after exits": 0,
        "again": KEPT,
        "no hole": True,
        "left behind": 0,
    }


def test_the_broker_on_paper_has_kept_space_of_its_own(tmp_path: Path) -> None:
    told = seen("paper", tmp_path)
    assert "paper.db cannot grow: the disk is full" in told.pop("said")[0]
    assert told == {"at first": KEPT, "when full": 0, "all there": True}


def test_an_account_without_room_for_kept_space_trades_and_takes_it_when_there_is_some(tmp_path: Path) -> None:
    assert seen("little room", tmp_path) == {"without": 0, "with": KEPT}
