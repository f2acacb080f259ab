"""`stonks replay`: the journal is decided on again, whatever has happened to it, and the first difference is said."""

import json
import sqlite3
from pathlib import Path

import pytest

from engine.adapters import calendar
from engine.model.intraday import days_of
from stonks_tui import bootstrap
from stonks_tui.engine_thread import EngineThread
from tests.support import live_account
from tests.support.program import Desk
from tests.support.shell import Shell

pytestmark = pytest.mark.lengthy


def test_the_journal_of_the_demo_comes_to_the_same_by_the_calendar_of_the_exchange(desk: Desk) -> None:
    assert desk.stonks("demo", "--no-ui", "--days", 1).code == 0
    ended = desk.stonks("replay", "--json", "--data-dir", desk.data_dir / "demo")
    assert ended.code == 0, ended.out + ended.err
    found = json.loads(ended.out)
    assert found["alike"]
    assert found["turns"] > 100


@pytest.fixture
def _same_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = days_of(live_account.WORLD.tape).sessions
    monkeypatch.setattr(calendar, "xnys", lambda *_, **__: sessions)


@pytest.mark.usefixtures("_same_sessions")
def test_the_journal_comes_to_the_same_again_also_while_the_engine_runs_by_new_rules(
    shell: Shell, engine: EngineThread
) -> None:
    shell.stonks("config", "set", "max_open_positions=1")
    shell.stonks("tier", "conservative")
    assert engine.is_alive
    ended = shell.stonks("replay", "--json")
    found = json.loads(ended.out)
    assert ended.code == 0, ended.out
    assert found["alike"]
    assert found["first_turn"] == 1
    assert found["turns"] > 10
    assert found["orders"] > 0
    assert found["state_alike"]


@pytest.mark.usefixtures("_same_sessions")
def test_a_replay_may_begin_at_a_later_session(shell: Shell) -> None:
    second = live_account.WORLD.played[1].open_at
    ended = shell.stonks("replay", "--from", second.isoformat())
    assert ended.code == 0, ended.out
    first, last = ended.out.splitlines()
    assert f"{second:%Y-%m-%d %H:%M:%S} UTC: " in first
    assert not first.startswith("from turn 1,")
    assert last == "the state at the end is the one that is kept"
    early = shell.stonks("replay", "--from", "1999-01-01")
    assert early.code == 1
    assert "has no checkpoint before 1999-01-01 00:00 UTC" in early.err
    assert shell.stonks("replay", "--from", "yesterday").code == 2


@pytest.mark.usefixtures("_same_sessions")
def test_the_first_turn_that_comes_out_otherwise_is_shown(shell: Shell) -> None:
    _change(shell.folder, "UPDATE event_journal SET effects = replace(effects, 'RecordDecision', 'Tampered')")
    ended = shell.stonks("replay")
    assert ended.code == 1
    assert "comes out otherwise" in ended.out
    assert "Tampered" in ended.out
    full = json.loads(shell.stonks("replay", "--json").out)
    assert "RecordDecision" in full["difference"]["now"]


@pytest.mark.usefixtures("_same_sessions")
def test_a_state_that_is_not_what_the_turns_lead_to_is_said(shell: Shell) -> None:
    _change(
        shell.folder, "UPDATE engine_state SET state = replace(state, '\"decisions_made\":', '\"decisions_made\":1')"
    )
    ended = shell.stonks("replay")
    assert ended.code == 1
    assert "NOT the one that is kept" in ended.out


@pytest.mark.usefixtures("_same_sessions")
def test_after_looks_that_were_forgotten_it_goes_on_at_the_next_session(shell: Shell) -> None:
    _change(shell.folder, "DELETE FROM event_journal WHERE seq = 5")
    ended = shell.stonks("replay", "--json")
    found = json.loads(ended.out)
    assert ended.code == 0, ended.out
    assert found["forgotten"] > 1
    assert found["state_alike"]
    assert "left out: prices among them have been forgotten" in shell.stonks("replay").out


def _change(folder: Path, statement: str) -> None:
    with sqlite3.connect(bootstrap.live_path(folder)) as file:
        assert file.execute(statement).rowcount > 0
    file.close()
