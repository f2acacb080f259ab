"""A backup for which there is no room says so and leaves nothing, before it is begun or when it is half made."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_full_disk import OWN_DISK, may_have_a_disk
from tests.support.program import ROOT

pytestmark = pytest.mark.lengthy


@pytest.mark.skipif(not may_have_a_disk(), reason="a process may not mount a disk of its own here")
def test_a_backup_on_a_full_disk_leaves_nothing_and_the_next_one_is_whole(tmp_path: Path) -> None:
    found = subprocess.run(
        [*OWN_DISK, sys.executable, "-P", "-m", "tests.support.full_disk_backup", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert "MB are free where" in told["at first"][0]
    assert "the disk is full" in told["half made"][0]
    assert "nothing was half written" in told["half made"][1]
    assert told["left"] == []
    assert told["afterwards"] == 200
