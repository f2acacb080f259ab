"""`stonks doctor`: one command says what is wrong, also while an engine trades, and changes nothing."""

import json
import re
from pathlib import Path

import pytest

from stonks_tui.engine_thread import EngineThread
from tests.support.program import process
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.shell import Shell


@pytest.mark.usefixtures("engine")
def test_while_an_engine_trades_its_account_is_well(shell: Shell) -> None:
    ended = shell.stonks("doctor", "--only", "account", "--json")
    found = json.loads(ended.out)
    levels = {finding["name"]: finding["level"] for finding in found["findings"]}
    assert (levels["engine"], levels["engine-lease"], levels["engine-troubles"]) == ("ok", "ok", "ok")
    assert (levels["account-file"], levels["account-sound"], levels["paper-account"]) == ("ok", "ok", "ok")
    assert (ended.code, found["exit_code"], found["worst"]) == (0, 0, "note"), ended.out


@pytest.mark.usefixtures("engine")
def test_who_has_paused_it_and_why_is_said_until_it_is_resumed(shell: Shell) -> None:
    assert shell.stonks("pause", "--note", "on holiday").code == 0
    ended = shell.stonks("doctor", "--only", "configuration", "--json")
    (finding,) = [f for f in json.loads(ended.out)["findings"] if f["level"] == "warning"]
    assert (ended.code, finding["name"]) == (3, "trading-state")
    assert re.search(r"by \S+ \(cli\), \d{4}-\d\d-\d\d \d\d:\d\d UTC: on holiday$", finding["found"]), finding
    assert finding["cure"] == f"to make entries again: stonks resume --data-dir {shell.folder}"
    assert shell.stonks("resume", "--yes").code == 0
    assert shell.stonks("doctor", "--only", "configuration").code == 0


def test_once_it_is_stopped_nobody_watches_what_is_held(shell: Shell, engine: EngineThread) -> None:
    assert shell.stonks("stop", "--yes").code == 0
    assert engine.join(30)
    ended = shell.stonks("doctor", "--only", "account")
    assert ended.code == 1
    lines = ended.out.splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("  ✗ engine "))
    assert "nobody" in lines[place]
    assert f"→ stonks run --data-dir {shell.folder}" in " ".join(" ".join(lines[place:]).split())
    assert ended.err == ""


def test_a_warning_alone_is_exit_code_3(shell: Shell) -> None:
    shell.folder.chmod(0o700)
    ended = shell.stonks("doctor", "--only", "market")  # an account without prices
    assert ended.code == 3, ended.out
    assert "1 warning; " in ended.out


def test_on_a_fresh_machine_it_says_how_to_begin_and_makes_nothing(tmp_path: Path) -> None:
    with process(tmp_path / "none", "doctor", "--ascii", "--only", "account", "--only", "market") as program:
        out, err = program.communicate(timeout=60)
    assert (program.returncode, err) == (0, "")
    assert out.isascii()
    for way in ("stonks run", "stonks import bars FILE"):
        assert f"{way} --data-dir {tmp_path / 'none'}" in " ".join(out.split())
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_is_looked_at(tmp_path: Path) -> None:
    with PseudoTerminal(tmp_path, "doctor", "--only", "terminal") as terminal:
        terminal.until("the output is a terminal")
        assert terminal.ended()[0] in (0, 3)


def test_used_wrongly_it_says_which_sections_there_are(shell: Shell) -> None:
    ended = shell.stonks("doctor", "--only", "everything")
    assert (ended.code, ended.out) == (2, "")
    assert (
        "machine, calendar, files, configuration, account, broker, market, inputs, notifications, terminal" in ended.err
    )
