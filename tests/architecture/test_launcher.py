"""The launcher finds its own code from wherever and however it is called."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    not Path(sys.prefix, ".stonks").is_dir(), reason="only an environment that the launcher made is ready for it"
)


def _launch(launcher: Path, *words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [launcher, *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "STONKS_VENV": sys.prefix, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a directory with packages that are named like ours and must never be imported."""
    for name in ("engine", "storage", "stonks_tui"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the stranger was imported')\n")
    return tmp_path


def test_it_runs_from_a_directory_that_has_an_engine_of_its_own(elsewhere: Path) -> None:
    run = _launch(ROOT / "stonks", "--version", cwd=elsewhere)
    assert (run.returncode, run.stderr) == (0, "")


def test_it_runs_through_a_relative_symlink(elsewhere: Path) -> None:
    (elsewhere / "bin").mkdir()
    (elsewhere / "bin/stonks").symlink_to(os.path.relpath(ROOT / "stonks", elsewhere / "bin"))
    run = _launch(elsewhere / "bin/stonks", "--version", cwd=elsewhere)
    assert (run.returncode, run.stderr) == (0, "")


def test_our_code_comes_before_what_pythonpath_offers(elsewhere: Path) -> None:
    run = _launch(ROOT / "stonks", "--version", cwd=elsewhere, PYTHONPATH=str(elsewhere))
    assert (run.returncode, run.stderr) == (0, "")


def test_a_path_to_a_test_is_understood_where_it_was_typed() -> None:
    words = ["test", "-q", "--collect-only", "-n0", "-k", "names_no_host", "test_locks.py"]
    run = _launch(ROOT / "stonks", *words, cwd=ROOT / "tests/architecture")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("tests/architecture/test_locks.py::test_a_lock_names_no_host") == 8


def test_an_environment_that_it_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv/precious").touch()
    run = _launch(ROOT / "stonks", "--version", cwd=tmp_path, STONKS_VENV="venv")
    assert run.returncode == 1
    assert "was not made by this launcher" in run.stderr
    assert (tmp_path / "venv/precious").exists()


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    run = _launch(ROOT / "stonks", "--version", cwd=tmp_path, STONKS_VENV="venv", STONKS_PYTHON="/bin/false")
    assert run.returncode == 2
    assert "needs Python 3.11" in run.stderr
    assert "STONKS_PYTHON=/bin/false" in run.stderr
