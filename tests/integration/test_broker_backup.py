"""A backup of an account whose broker is behind the queue: the broker's books are the broker's own."""

import asyncio
import json
from pathlib import Path

import pytest

from stonks_tui import bootstrap
from stonks_tui.cli import main
from tests.support import live_account


@pytest.fixture
def queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An account that has traded, without books of a broker."""
    folder = tmp_path / "data"
    asyncio.run(live_account.make(folder))
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
