"""An account whose broker is behind the queue: the broker's books are the broker's own, and not beside it."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from engine.door import Door
from stonks_tui import bootstrap, broker_switch
from stonks_tui.cli import main
from stonks_tui.trading import World, on_paper, trade
from tests.support import live, live_account
from tests.support.waiting_engine import HOLDS_AT


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account that has traded with the broker inside, and holds something, to be copied."""
    folder = tmp_path_factory.mktemp("traded") / "data"
    asyncio.run(_trade(folder))
    return folder


async def _trade(folder: Path) -> None:
    door, course, account = Door(), live.course_of(live_account.WORLD), live_account.account()
    world = World(
        clock=live_account.StoppingClock(live_account.WORLD.played[0].open_at, door, HOLDS_AT),
        course=course.driven_by,
        days=tuple((row, course.session(row)) for row in course.rows),
        is_halted=course.is_halted,
    )
    async with bootstrap.open_account(folder, account.record()) as files:
        trader = await trade(account, world, files.store, on_paper(files.memory), door)
    assert trader is not None
    assert trader.state.positions


@pytest.fixture
def queued(traded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without books of a broker."""
    folder = shutil.copytree(traded, tmp_path / "data")
    (folder / "paper.db").unlink()
    monkeypatch.setenv("STONKS_BROKER", "queue")
    return folder


def test_it_is_copied_checked_and_put_back_without_a_broker(
    queued: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, backup = ("--data-dir", str(queued)), str(tmp_path / "backup")
    assert main(["db", "check", *here]) == 0
    assert "behind the queue: its books are its own" in capsys.readouterr().out
    assert main(["db", "backup", backup, *here]) == 0
    capsys.readouterr()
    monkeypatch.delenv("STONKS_BROKER")  # the backup says itself what is in it
    assert main(["db", "check", backup, "--json", *here]) == 0
    assert "behind the queue" in json.dumps(json.loads(capsys.readouterr().out))
    assert main(["db", "restore", backup, "--yes", *here]) == 0
    assert bootstrap.live_path(queued).exists()
    assert not (queued / "paper.db").exists()
    assert main(["db", "check", *here]) == 1  # an account whose broker is inside has its books beside it


async def test_who_takes_the_account_to_another_broker_is_told_what_to_do(traded: Path, queued: Path) -> None:
    assert await broker_switch.words(traded, is_queued=False) == ""
    left = await broker_switch.words(traded, is_queued=True)
    assert "in paper.db, and the one behind the queue may know nothing of them" in left
    assert f"stonks broker adopt {traded}" in left
    assert await broker_switch.words(queued, is_queued=True) == ""
    assert "the broker's books are elsewhere" in await broker_switch.words(queued, is_queued=False)
    assert await broker_switch.words(queued / "nothing", is_queued=True) == ""
