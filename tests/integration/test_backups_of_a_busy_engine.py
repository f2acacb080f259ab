"""Backups are made again and again while an engine trades at full speed: each is sound, and leads to the same end."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.errors import StonksError
from stonks_tui import account_check, bootstrap
from storage import backups
from storage.backups import Backup
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support import engine_processes, live
from tests.support.engine_processes import Account, wait_for
from tests.support.killed_engine import DAYS, KILL, NO_POINT, busy_world, live_on
from tests.support.once import require_once
from tests.support.passings import Tally, nothing
from tests.support.program import ROOT
from tests.support.samples import AT

pytestmark = pytest.mark.lengthy

SEED = 20240122
IN_MEMORY = Path("/dev/shm")
MADE = 20
BETWEEN_SECONDS = 0.04  # the engine does some hundred turns in a second meanwhile


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in memory if that can be: what was written outlives a process there too."""
    with TemporaryDirectory(dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def life(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in which an engine plays a busy world in `data`, and says when it is over."""
    (home / "data").mkdir()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.support.killed_engine"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdin
            process.stdin.write(f"{home / 'data'}\t{SEED}\t{DAYS}\t{NO_POINT}\t0\t{KILL}\n".encode())
            process.stdin.close()
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def backed_up(folder: Path, life: "subprocess.Popen[bytes]") -> list[Backup]:
    """Return the backups that were made of the account in `folder` while its engine had something to do."""
    made: list[Backup] = []
    while life.poll() is None and len(made) < MADE:
        try:
            at = AT + timedelta(seconds=len(made))
            made.append(backups.make(folder, None, at=at, program_version="test"))
        except StonksError:  # it is not there yet
            assert not made
        time.sleep(BETWEEN_SECONDS)
    return made


def test_every_one_is_sound_and_an_engine_goes_on_from_it_to_the_same_end(
    life: "subprocess.Popen[bytes]", home: Path
) -> None:
    made = backed_up(home / "data", life)
    between = [backup for backup in made if backup.manifest.last_turn]
    assert len(between) > 1
    for backup in between:
        found = account_check.check(backup.folder)
        assert found.is_ok, found.findings
    for backup in (between[len(between) // 2], between[-1]):
        asyncio.run(_played_on(shutil.copytree(backup.folder, home / f"on-{backup.folder.name}")))


async def _played_on(folder: Path) -> None:
    """Play the world on in `folder` to its end, and fail unless everything in it came about once."""
    world, path = busy_world(SEED), folder / "stonks.db"
    async with SqlLiveStore(path, live.account_of(world)) as store, PaperStore.open(folder / "paper.db") as memory:
        trader = await live_on(world, store, memory, "another engine", Tally(nothing))
        assert await trader.differences() == {}
        books = await require_once(world, store, memory, SqlLiveReader(path))
    decided = {decision.recommendation_id for decision in books.decisions}
    assert decided - {None} == {recommendation.recommendation_id for recommendation in world.recommendations}


def test_an_engine_in_a_process_of_its_own_trades_on_from_a_backup_that_was_made_while_it_led(tmp_path: Path) -> None:
    account = Account(engine_processes.make(tmp_path))
    place = tmp_path / "copy"
    with account.engine() as engine:
        engine.leads(1)
        wait_for(account.has_door, "its door")
        assert account.stonks("db", "backup", str(place)) == 0
        assert account.stonks("db", "restore", str(place), "--yes") == 1
        engine.ended(signal.SIGKILL)
    assert account.stonks("db", "restore", str(place), "--yes") == 0
    assert account.owner is None
    with account.engine("second") as second:
        second.leads(2)
        wait_for(account.has_door, "its door")
        assert account.stonks("db", "check") == 0
        assert second.ended(signal.SIGTERM)[0] == 0
    assert account.was_stopped()
    assert bootstrap.live_path(account.data_dir).exists()
