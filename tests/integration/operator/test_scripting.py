"""The command line for scripts: the same JSON by files, by database and over HTTP, and exit codes that stay."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stonks_tui.engine_thread import EngineThread
from tests.support import postgres, served_engine
from tests.support.program import Ended
from tests.support.served_engine import OPERATE, READ
from tests.support.shell import Shell

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "scripting.md"
ONLY_DIRECTLY = {"words", "notes", "last_heard_at", "notifications", "heartbeat", "broker"}
LOOKS = (
    ("positions",),
    ("decisions",),
    ("decisions", "--limit", "3"),
    ("decisions", "--ticker", "AAA", "--decision", "skip"),
    ("decisions", "--from", "2024-01-23", "--to", "2024-01-23T14:40:00Z", "--limit", "200"),
    ("decisions", "--cursor", "20", "--limit", "5"),
)


@pytest.fixture(autouse=True)
def _nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STONKS_ENGINE_URL", "STONKS_ENGINE_TOKEN", "STONKS_ENGINE_TOKEN_FILE", "STONKS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def url(engine: EngineThread, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where an engine is asked that waits, with the token that lets it be steered in the environment."""
    monkeypatch.setenv("STONKS_ENGINE_TOKEN", OPERATE)
    with served_engine.served(engine, folder) as found:
        yield found


@pytest.fixture
def url_of_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where an account is shown whose engine was stopped."""
    monkeypatch.setenv("STONKS_ENGINE_TOKEN", READ)
    with served_engine.served(served_engine.Nobody(), folder) as found:
        yield found


def _plain(ended: Ended) -> Any:
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def _looks(shell: Shell, *way: str) -> list[Any]:
    return [_plain(shell.stonks(*words, "--json", *way)) for words in LOOKS]


def _account(status: dict[str, Any]) -> dict[str, Any]:
    """Return what of a status is about the account alone."""
    return {name: value for name, value in status.items() if name not in {*ONLY_DIRECTLY, *_OF_THE_ENGINE}}


_OF_THE_ENGINE = ("engine", "exit_code", "troubles", "figures", "leader", "standbys")


def test_looks_are_the_same_by_files_by_database_and_over_http(
    shell: Shell, url_of_nobody: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    by_files, over_http = _looks(shell), _looks(shell, "--engine-url", url_of_nobody)
    there = json.loads(shell.stonks("status", "--json", "--engine-url", url_of_nobody).out)
    assert by_files[0]["positions"]
    assert len(by_files[2]["decisions"]) == 3
    assert by_files == over_http
    with postgres.fresh_url(empty=True) as database:
        assert shell.stonks("db", "copy", str(shell.folder), database).code == 0
        monkeypatch.setenv("STONKS_DATABASE_URL", database)
        monkeypatch.setattr(shell, "folder", tmp_path / "elsewhere")
        assert _looks(shell) == by_files
        offline = shell.stonks("status", "--json")
    assert (offline.code, _account(json.loads(offline.out))) == (1, _account(there))


def test_the_status_of_an_engine_is_the_same_from_beside_it_and_over_http(shell: Shell, url: str) -> None:
    here, there = (_plain(shell.stonks("status", "--json", *way)) for way in ((), ("--engine-url", url)))
    assert set(here) - set(there) == ONLY_DIRECTLY
    assert set(there) <= set(here)
    assert _account(here) == _account(there)
    for name in ("engine", "exit_code", "troubles", "standbys"):
        assert here[name] == there[name]
    same = set(here["leader"]) - {"seconds_ago"}
    assert set(here["leader"]) == set(there["leader"])
    assert {name: here["leader"][name] for name in same} == {name: there["leader"][name] for name in same}
    assert there["figures"].items() <= here["figures"].items()
    lines = [shell.stonks("status", *way).out.splitlines() for way in ((), ("--engine-url", url))]
    assert lines[0][0] == lines[1][0]
    assert [line for line in lines[0] if line.startswith("total value")] == [
        line for line in lines[1] if line.startswith("total value")
    ]


def test_words_are_answered_alike_through_the_door_and_over_http(shell: Shell, url: str) -> None:
    assert shell.stonks("pause").code == shell.stonks("resume", "--yes").code == 0  # what was planned is given up
    answers = []
    for way in ((), ("--engine-url", url)):
        answers.append(
            [
                _plain(shell.stonks(*words, "--json", *way))
                for words in (
                    ("pause", "--note", "lunch"),
                    ("resume", "--yes"),
                    ("breaker", "trip"),
                    ("breaker", "list"),
                )
            ]
        )
        assert _plain(
            shell.stonks("breaker", "clear", answers[-1][3] and next(iter(answers[-1][3])), "--yes", "--json")
        )
    assert [a["words"] for a in answers[0][:3]] == [a["words"] for a in answers[1][:3]]
    assert answers[0][0] == answers[1][0]
    assert set(answers[0][0]) == {"done", "words", "before", "after"}
    said = _plain(shell.stonks("audit", "--json"))
    assert {(entry["word"], entry["origin"].partition(" ")[0]) for entry in said} >= {
        ("pause", "cli"),
        ("pause", "http"),
        ("resume", "http"),
    }


def test_close_keeps_its_ladder_over_http(shell: Shell, url: str) -> None:
    ticker = _plain(shell.stonks("positions", "--json"))["positions"][0]["ticker"]
    way = ("--engine-url", url)
    unmeant = shell.stonks("close", ticker, *way)
    assert (unmeant.code, unmeant.out) == (2, "")
    assert "when it is meant: --yes" in unmeant.err
    mistyped = shell.stonks("close", ticker, *way, types="yes")
    assert (mistyped.code, mistyped.err.endswith("nothing was done\n")) == (1, True)
    assert _plain(shell.stonks("audit", "--json")) == []
    unheld = shell.stonks("close", "ZZZZ", "--yes", "--json", *way)
    assert (unheld.code, json.loads(unheld.out)["done"]) == (1, False)
    meant = shell.stonks("close", ticker, *way, types=ticker)
    assert (meant.code, "at the market" in meant.err) == (0, True)
    everything = shell.stonks("close", "--all", "--yes", *way)
    assert everything.code == 0, everything.err
    words = [entry["word"] for entry in _plain(shell.stonks("audit", "--json")) if entry["done"]]
    assert [words[0], words[-1]] == ["close-all", "close"]


def test_tier_reserve_and_halt_are_said_over_http_too(shell: Shell, url: str) -> None:
    way = ("--engine-url", url)
    for words in (("tier", "aggressive", "--yes"), ("tier", "conservative"), ("reserve", "5"), ("halt", "--yes")):
        ended = shell.stonks(*words, *way)
        assert ended.code == 0, ended.err
    assert shell.stonks("reserve", *way, "--yes", "--", "-1").code == 0
    assert shell.stonks("status", *way).out.splitlines()[0] == "HALTED"


def test_a_token_comes_from_the_environment_or_a_file_and_is_never_said(
    shell: Shell, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = ("--engine-url", url)
    monkeypatch.setenv("STONKS_ENGINE_TOKEN", READ)
    assert shell.stonks("positions", *way).code == 0
    refused = shell.stonks("pause", *way)
    assert (refused.code, "may read and not operate" in refused.err) == (1, True)
    monkeypatch.setenv("STONKS_ENGINE_TOKEN", "a-wrong-token")
    wrong = shell.stonks("positions", *way)
    assert (wrong.code, "STONKS_ENGINE_TOKEN" in wrong.err, "a-wrong-token" in wrong.err) == (1, True, False)
    monkeypatch.delenv("STONKS_ENGINE_TOKEN")
    assert shell.stonks("positions", *way).code == 1
    (tmp_path / "token").write_text(f"{OPERATE}\n")
    monkeypatch.setenv("STONKS_ENGINE_TOKEN_FILE", str(tmp_path / "token"))
    assert shell.stonks("pause", *way).code == 0


def test_the_address_in_the_environment_counts_unless_a_place_is_typed(
    shell: Shell, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STONKS_ENGINE_URL", url)
    monkeypatch.setenv("STONKS_DATA_DIR", str(shell.folder))
    assert "leader" in shell.stonks("status").out  # its own data directory is the usual one here
    monkeypatch.setenv("STONKS_DATA_DIR", str(tmp_path / "another"))
    assert shell.stonks("pause").code == 0
    assert _plain(shell.stonks("audit", "--json"))[0]["origin"] == "cli"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("words", [("stop", "--yes"), ("config", "set", "max_open_positions=1")])
def test_what_cannot_be_said_over_http_is_not_said_to_another_engine(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("STONKS_ENGINE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("STONKS_DATA_DIR", str(shell.folder))  # which is the usual one then, and nobody typed it
    refused = shell.stonks(*words)
    assert (refused.code, "cannot be said to it over HTTP" in refused.err) == (2, True)


def test_a_line_for_each_goes_to_stdout_and_that_there_is_more_to_stderr(shell: Shell) -> None:
    lines = shell.stonks("decisions", "--jsonl", "--limit", "2")
    assert [set(json.loads(line)) >= {"decision_id", "ticker"} for line in lines.out.splitlines()] == [True, True]
    more = re.fullmatch(r"there are more: --cursor (\d+)\n", lines.err)
    assert more
    page = _plain(shell.stonks("decisions", "--json", "--limit", "2", "--cursor", more[1]))
    assert page["decisions"][0]["decision_id"] not in lines.out
    held = _plain(shell.stonks("positions", "--json"))["positions"]
    assert [json.loads(line) for line in shell.stonks("positions", "--jsonl").out.splitlines()] == held


def test_people_get_a_table(shell: Shell) -> None:
    held, decided = (
        shell.stonks("positions").out.splitlines(),
        shell.stonks("decisions", "--limit", "4").out.splitlines(),
    )
    assert held[0].split() == ["ticker", "shares", "entry", "last", "value", "gain", "stop", "target", "since"]
    assert decided[0].split() == ["at", "ticker", "decision", "shares", "price", "why", "id"]
    assert len(decided) == 5
    assert shell.stonks("decisions", "--ticker", "ZZZZ").out == "nothing was decided\n"


def _are_alike(told: Any, said: Any) -> bool:
    """Have both the same names, and values of the same kinds, as far as they have any?"""
    if isinstance(told, dict) and isinstance(said, dict):
        return told.keys() == said.keys() and all(_are_alike(told[name], said[name]) for name in told)
    if isinstance(told, list) and isinstance(said, list):
        return bool(told) == bool(said) and all(_are_alike(told[0], each) for each in said)
    return told is None or said is None or type(told) is type(said)


@pytest.mark.parametrize("words", [("positions",), ("decisions", "--limit", "1"), ("pause",)])
def test_the_examples_of_the_document_are_true(shell: Shell, url: str, words: tuple[str, ...]) -> None:
    text = DOCUMENT.read_text()
    found = re.search(rf"\$ stonks {' '.join(words)} --json\n(.*?)\n```", text, re.DOTALL)
    assert found, words
    if words == ("pause",):
        assert shell.stonks("pause").code == shell.stonks("resume", "--yes").code == 0  # what was planned is given up
    said = _plain(shell.stonks(*words, "--json", "--engine-url", url))
    assert _are_alike(json.loads(found[1]), said), said


def test_the_document_names_every_field_of_a_status(shell: Shell, url: str) -> None:
    said = _plain(shell.stonks("status", "--json", "--engine-url", url))
    table = set(re.findall(r"^\| `([a-z_, `]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    named = {name for row in table for name in re.findall(r"[a-z_]+", row)}
    assert set(said) | ONLY_DIRECTLY <= named
    assert set(said["leader"]) <= named
