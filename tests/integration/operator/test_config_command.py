"""`stonks config` on a running engine: what file and environment say, what is set at its door, and what is shown."""

import json
from typing import Any

import pytest

from tests.support.shell import Shell


def write(shell: Shell, text: str) -> None:
    (shell.folder / "stonks.toml").write_text(text, encoding="utf-8")


def shown(shell: Shell, name: str) -> dict[str, Any]:
    """Return all that is shown of one setting."""
    (found,) = [s for s in json.loads(shell.stonks("config", "show", name, "--json").out) if s["name"] == name]
    return dict(found)


@pytest.mark.usefixtures("engine")
def test_what_the_file_says_otherwise_is_shown_and_taken_over_with_the_file_as_its_origin(shell: Shell) -> None:
    shell.stonks("config", "set", "max_open_positions=5", "--yes")
    same = shell.stonks("config", "diff")
    assert (same.code, same.out.splitlines()[1]) == (0, "  nothing")
    write(shell, '[trading]\nmax_open_positions = 4\n[notifications]\ngmail_recipient = "me@example.com"')
    differs = shell.stonks("config", "diff")
    assert differs.code == 1
    assert "  max_open_positions in stonks.toml is 4, but 5 in the account\n" in differs.out
    assert [d["name"] for d in json.loads(shell.stonks("config", "diff", "--json").out)["said"]] == [
        *("max_open_positions", "gmail_recipient"),
    ]
    applied = shell.stonks("config", "apply")
    assert applied.code == 0, applied.err
    assert "5 → 4" in applied.out
    assert "me@example.com" not in applied.out + applied.err
    assert shown(shell, "max_open_positions")["origin"].endswith(" UTC")
    newest = json.loads(shell.stonks("audit", "--limit", "1", "--json").out)[0]
    assert (newest["origin"], newest["after"]["setting.max_open_positions"]) == ("stonks.toml", "4")
    again = shell.stonks("config", "apply")
    assert (again.code, again.out) == (0, "")
    assert "say nothing that the account does not have" in again.err


@pytest.mark.usefixtures("engine")
def test_what_is_looser_is_taken_over_only_when_it_is_meant(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.stonks("config", "set", "max_open_positions=2", "--yes")
    monkeypatch.setenv("STONKS_MAX_OPEN_POSITIONS", "6")
    assert shell.stonks("config", "apply").code == 2
    assert shell.stonks("config", "apply", types="y").code == 1
    assert shown(shell, "max_open_positions")["value"] == 2
    assert shell.stonks("config", "apply", types="loosen").code == 0
    found = shown(shell, "max_open_positions")
    assert found["value"] == 6
    assert "(environment STONKS_MAX_OPEN_POSITIONS), " in found["origin"]


@pytest.mark.usefixtures("engine")
def test_capital_and_costs_are_never_taken_over_and_said_to_differ(shell: Shell) -> None:
    write(shell, "[account]\ncapital = 1\n")
    assert shell.stonks("config", "diff").code == 1
    refused = shell.stonks("config", "apply")
    assert refused.code == 1
    assert "capital in stonks.toml is 1.00, but the account began with " in refused.err
    assert "cannot be changed" in refused.err


@pytest.mark.usefixtures("engine")
def test_paused_is_set_like_a_setting_and_says_who_paused(shell: Shell) -> None:
    assert shell.stonks("config", "get", "paused").out == "no\n"
    assert shell.stonks("config", "set", "paused=yes").code == 0
    assert shell.stonks("config", "get", "paused").out == "yes\n"
    assert "(cli), " in shown(shell, "paused")["origin"]
    assert shell.stonks("config", "set", "paused=no").code == 2
    assert shell.stonks("config", "set", "paused=no", "--yes").code == 0
    assert shell.stonks("config", "get", "paused", "--json").out == "false\n"
    assert shell.stonks("config", "set", "paused=perhaps").code == 2
    assert shell.stonks("config", "set", "paused=yes", "max_open_positions=1").code == 2


@pytest.mark.usefixtures("engine")
def test_an_address_is_set_shown_in_part_revealed_and_taken_away_again(shell: Shell) -> None:
    assert shell.stonks("config", "set", "gmail_sender=me@example.com").code == 0
    assert shell.stonks("config", "get", "gmail_sender").out == "m***@example.com\n"
    assert shell.stonks("config", "get", "gmail_sender", "--reveal").out == "me@example.com\n"
    assert "me@example.com" not in shell.stonks("config").out + shell.stonks("config", "show", "--json").out
    assert shell.stonks("config", "set", "gmail_sender=").code == 0
    assert shell.stonks("config", "get", "gmail_sender").out == "\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", "capital=5"), "capital is what an account begins with"),
        (("set", "log_level=debug"), "log_level is of the process"),
        (("set", "gmail_refresh_token=hush"), "is read from the environment alone"),
        (("get", "max_open_position"), "there is no setting 'max_open_position'"),
        (("show", "--config", "none.toml"), "--config names none.toml, and there is no such file"),
    ],
)
def test_what_cannot_be_is_said_with_exit_code_2(shell: Shell, words: tuple[str, ...], told: str) -> None:
    ended = shell.stonks("config", *words)
    assert ended.code == 2
    assert told in ended.err
    assert "hush" not in ended.err


def test_a_file_or_variable_that_cannot_be_read_stops_every_word_that_reads_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(shell, "[trading]\nmax_open_position = 4")
    for words in (("config",), ("config", "diff"), ("config", "get", "enabled"), ("run", "--no-ui")):
        ended = shell.stonks(*words)
        assert (ended.code, "did you mean max_open_positions?" in ended.err) == (2, True)
    write(shell, "")
    monkeypatch.setenv("STONKS_MAX_OPEN_POSITION", "4")
    assert "nothing is known of the variable STONKS_MAX_OPEN_POSITION" in shell.stonks("config").err


def test_without_an_engine_it_is_said_how_to_start_one(shell: Shell) -> None:
    write(shell, "[trading]\nmax_open_positions = 1")
    for words in (("set", "max_open_positions=1"), ("apply",), ("set", "paused=yes")):
        ended = shell.stonks("config", *words)
        assert ended.code == 4
        assert f"stonks run --data-dir {shell.folder}" in ended.err
    assert "--on-difference apply" in shell.stonks("config", "apply").err
