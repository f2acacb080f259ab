"""A person's words on the command line: they reach a running engine, and what is dangerous has to be meant."""

import json
from pathlib import Path

import pytest

from stonks_tui.engine_thread import EngineThread
from tests.support.shell import Shell


@pytest.mark.usefixtures("engine")
def test_the_status_of_an_engine_that_is_well_is_one_screen_and_exit_code_0(shell: Shell) -> None:
    ended = shell.stonks("status")
    assert ended.code == 0, ended.out
    lines = ended.out.splitlines()
    assert lines[0] in ("RUNNING", "REDUCING: daily loss", "REDUCING: volatility")
    assert any(line.startswith("total value  $") for line in lines)
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


@pytest.mark.usefixtures("engine")
def test_a_pause_needs_no_question_and_shows_what_it_changed(shell: Shell) -> None:
    ended = shell.stonks("pause", "--note", "lunch")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[0] == "entries are paused; exits are managed"
    assert "active → reducing" in ended.out
    assert "– → lunch" in ended.out
    assert shell.stonks("status").out.startswith("ENTRIES PAUSED (exits managed): lunch\n")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (("resume",), "resume"),
        (("halt", "--note", "x"), "halt"),
        (("close", "--all"), "close all"),
        (("breaker", "clear", "b1"), "clear"),
        (("tier", "aggressive"), "aggressive"),
        (("reserve", "-1"), "reserve"),
        (("config", "set", "max_open_positions=99"), "loosen"),
        (("stop",), "stop"),
    ],
)
def test_what_is_dangerous_needs_a_terminal_or_yes_and_the_word(
    shell: Shell, words: tuple[str, ...], typed: str
) -> None:
    refused = shell.stonks(*words)
    assert refused.code == 2
    assert "when it is meant: --yes" in refused.err
    mistyped = shell.stonks(*words, types="y")
    assert mistyped.code == 1
    assert f"Type {typed} to go on: " in mistyped.err
    assert mistyped.err.endswith("nothing was done\n")
    assert json.loads(shell.stonks("audit", "--json").out) == []


@pytest.mark.usefixtures("engine")
def test_the_word_that_is_typed_lets_it_happen(shell: Shell) -> None:
    shell.stonks("pause")
    resumed = shell.stonks("resume", types="resume")
    assert resumed.code == 0, resumed.err
    assert resumed.out.startswith("entries are made again")
    assert shell.stonks("resume", "--yes").code == 0


@pytest.mark.usefixtures("engine")
def test_a_bolder_tier_is_asked_about_and_a_more_careful_one_is_not(shell: Shell) -> None:
    assert shell.stonks("tier", "aggressive", types="aggressive").code == 0
    lowered = shell.stonks("tier", "conservative")
    assert lowered.code == 0, lowered.err
    assert "aggressive → conservative" in lowered.out
    assert shell.figures()["tier"] == "conservative"


@pytest.mark.usefixtures("engine")
def test_a_breaker_is_tripped_listed_and_cleared(shell: Shell) -> None:
    assert shell.stonks("breaker", "trip", "--note", "nervous").code == 0
    listed: dict[str, str] = json.loads(shell.stonks("breaker", "list", "--json").out)
    (breaker,) = [name for name, text in listed.items() if text.startswith("manual")]
    assert f"{breaker}  manual, until somebody clears it" in shell.stonks("breaker", "list").out
    cleared = shell.stonks("breaker", "clear", breaker, "--yes")
    assert cleared.code == 0, cleared.err
    assert breaker not in shell.stonks("breaker", "list").out
    unknown = shell.stonks("breaker", "clear", "nothing", "--yes")
    assert unknown.code == 1
    assert unknown.err.strip()


@pytest.mark.usefixtures("engine")
def test_money_goes_into_the_reserve_and_out_of_it_again(shell: Shell) -> None:
    before = shell.figures()["reserve"]
    assert shell.stonks("reserve", "$1.50", "--note", "safe").code == 0
    assert shell.figures()["reserve"] != before
    assert shell.stonks("reserve", "-1.50", "--yes").code == 0
    assert shell.figures()["reserve"] == before
    assert shell.stonks("reserve", "much").code == 2
    assert shell.stonks("reserve", "--yes", "--", "-999999999999").code == 1


@pytest.mark.usefixtures("engine")
def test_a_position_is_closed_by_its_name_and_no_other(shell: Shell) -> None:
    held = [name.removeprefix("position ") for name in shell.figures() if name.startswith("position ")]
    assert held
    ended = shell.stonks("close", held[0].lower(), types=held[0])
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"{held[0]} is being closed")
    unheld = shell.stonks("close", "ZZZZ", "--yes")
    assert (unheld.code, unheld.err) == (1, "ZZZZ is not held\n")
    assert shell.stonks("close").code == 2
    assert shell.stonks("close", "AAA", "--all").code == 2


@pytest.mark.usefixtures("engine")
def test_a_setting_is_changed_with_before_and_after_and_shown_as_changed(shell: Shell) -> None:
    before = _setting(shell, "max_open_positions")
    stricter = shell.stonks("config", "set", "max_open_positions=1")
    assert stricter.code == 0, stricter.err
    assert f"{before} → 1" in stricter.out
    assert _setting(shell, "max_open_positions") == 1
    assert shell.stonks("config", "set", "max_open_positions=2", "--yes").code == 0
    assert shell.stonks("config", "set", "max_open_position=1").code == 2
    assert shell.stonks("config", "set", "max_open_positions=-1").code == 2
    assert shell.stonks("config", "set", "max_open_positions").code == 2
    shown = shell.stonks("config", "show", "max_open_positions").out
    assert "most positions at once" in shown
    assert "0 to 100000" in shown


def _setting(shell: Shell, name: str) -> object:
    (found,) = json.loads(shell.stonks("config", "show", name, "--json").out)
    return found["value"]


@pytest.mark.usefixtures("engine")
def test_every_word_is_audited_with_who_and_what_changed_newest_first(shell: Shell) -> None:
    shell.stonks("pause", "--note", "lunch")
    shell.stonks("close", "ZZZZ", "--yes")
    refused, paused = json.loads(shell.stonks("audit", "--json").out)
    assert (refused["word"], refused["done"]) == ("close", False)
    assert (paused["word"], paused["arguments"], paused["origin"]) == ("pause", {"note": "lunch"}, "cli")
    assert paused["who"] not in ("", "somebody")
    assert paused["after"]["trading"] == "reducing"
    shown = shell.stonks("audit", "--limit", "1").out
    assert "close ticker=ZZZZ" in shown
    assert "refused: ZZZZ is not held" in shown
    assert "pause" not in shown


def test_a_stopped_engine_is_offline_with_exit_code_1(shell: Shell, engine: EngineThread) -> None:
    stopped = shell.stonks("stop", types="stop")
    assert stopped.code == 0, stopped.err
    assert stopped.out.startswith("stopping: what is held stays held")
    assert engine.join(30)
    ended = shell.stonks("status")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0] == "OFFLINE"
    assert lines[1].startswith("last heard of at ")
    assert lines[1].endswith(": stopped")
    assert lines[2].startswith("nobody watches the ")
    assert lines[3] == f"stonks run --data-dir {shell.folder} starts an engine"
    assert "Held" in lines
    pause = shell.stonks("pause")
    assert pause.code == 4
    assert f"stonks run --data-dir {shell.folder} starts one" in pause.err


def test_an_engine_that_lives_on_but_is_not_watched_over_is_offline_for_whoever_asks_json(shell: Shell) -> None:
    ended = shell.stonks("status", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["engine"], found["exit_code"]) == (1, "offline", 1)
    assert found["heartbeat"]["doing"] == "stopped"
    assert int(found["figures"]["positions"]) == sum(name.startswith("position ") for name in found["figures"])


def test_where_nothing_is_the_commands_say_how_to_begin(shell: Shell, tmp_path: Path) -> None:
    shell.folder = tmp_path / "empty"
    for words in (("status",), ("audit",), ("replay",), ("breaker", "list")):
        ended = shell.stonks(*words)
        assert ended.code == 1
        assert "there is no account in" in ended.err
        assert f"stonks run --data-dir {shell.folder} begins one" in ended.err
    defaults = shell.stonks("config", "show", "--changed")
    assert (defaults.code, defaults.out) == (0, "every setting is at its default\n")
    assert "nothing has been traded in" in defaults.err
    assert not shell.folder.exists()
