"""Backups and restores are killed before each of their steps: all of it is there or nothing, and the next succeeds."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import StonksError
from storage import backups, manifests, restores
from tests.support import copied_account
from tests.support.copied_account import turns_in
from tests.support.program import ROOT

pytestmark = pytest.mark.lengthy

KILLED = -signal.SIGKILL
NEVER = 10**6


class Copiers:
    """A process that lets copiers work."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def work(self, *words: object) -> int:
        """Return how a copier ended that was asked for `words`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def copiers() -> Iterator[Copiers]:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.killed_copier"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Copiers(process)
        assert process.stdin
        process.stdin.close()


def test_a_backup_that_was_killed_anywhere_leaves_a_whole_one_or_none(copiers: Copiers, tmp_path: Path) -> None:
    folder = copied_account.make(tmp_path / "data", turns=2)
    kills, whole = 0, 0
    while copiers.work("backup", folder, kills + 1) == KILLED:
        kills += 1
        found = backups.kept(folder)
        whole += len(found)
        for backup in found:
            assert list(manifests.differences(backup.folder, backup.manifest)) == []
            assert turns_in(backup.folder) == 2
            shutil.rmtree(backup.folder)
        assert turns_in(folder) == 2
    assert kills > 10
    assert 0 < whole < kills
    assert len(list((folder / "backups").iterdir())) == 1, "what was left is swept by the one that succeeded"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An account of five turns, and a backup of it of when there were two."""
    home = tmp_path_factory.mktemp("account")
    folder = copied_account.make(home / "data", turns=2)
    backup = copied_account.backup(folder, home / "backup")
    return copied_account.make(folder, turns=5), backup.folder


def test_after_a_restore_that_was_killed_anywhere_the_account_is_the_old_or_the_new_one(
    copiers: Copiers, made: tuple[Path, Path], tmp_path: Path
) -> None:
    account, backup = made
    kills, decided = 0, 0
    while True:
        folder = shutil.copytree(account, tmp_path / str(kills))
        if copiers.work("restore", folder, backup, kills + 1) == 0:
            break
        kills += 1
        if restores.begun(folder) is None:
            assert turns_in(folder) in (5, 2)
            restores.require_none_begun(folder)
        else:
            decided += 1
            with pytest.raises(StonksError, match="not all of it is there yet"):
                restores.require_none_begun(folder)
        assert copiers.work("restore", folder, backup, NEVER) == 0
        assert turns_in(folder) == 2
        replaced = [path.name for path in (folder / "backups" / "replaced").iterdir()]
        assert {"stonks.db", "paper.db"} <= set(replaced), "nothing is lost"
        assert not list(folder.glob("restoring*"))
    assert kills > 20
    assert 5 < decided < kills


def test_a_restore_that_is_killed_while_it_finishes_another_is_finished_by_the_next(
    copiers: Copiers, made: tuple[Path, Path], tmp_path: Path
) -> None:
    account, backup = made
    folder = shutil.copytree(account, tmp_path / "data")
    restores.gather(folder, backup, manifests.read(backup), "backups/replaced")
    kills = 0
    while restores.begun(folder) and copiers.work("restore", folder, backup, 4) == KILLED:
        kills += 1
        assert kills < 20
    assert kills > 1
    assert turns_in(folder) == 2
