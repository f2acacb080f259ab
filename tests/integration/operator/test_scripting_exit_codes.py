"""What goes wrong for a script has an exit code that stays, a sentence on standard error, and nothing for a reader."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stonks_tui import remote
from tests.support.http_endpoint import HttpEndpoint, refusing_url
from tests.support.shell import Shell


@pytest.fixture(autouse=True)
def _nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STONKS_ENGINE_URL", "STONKS_ENGINE_TOKEN", "STONKS_ENGINE_TOKEN_FILE", "STONKS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def _nothing(kind: str) -> Iterator[str]:
    endpoint = HttpEndpoint()
    try:
        match kind:
            case "refuses":
                with refusing_url() as found:
                    yield found
            case "hangs":
                endpoint.hang()
                yield endpoint.url
            case "breaks off":
                endpoint.break_off()
                yield endpoint.url
            case "is something else":
                yield endpoint.url
            case "says too little":
                endpoint.answer_with(200, "[1]")
                yield endpoint.url
            case _:
                problem = {"code": "unavailable", "words": "the database is away", "hint": "wait"}
                endpoint.answer_with(int(kind), problem)
                yield endpoint.url
    finally:
        endpoint.close()


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        ("refuses", 4, "nobody answers at"),
        ("hangs", 1, "it may have taken effect|may have taken effect all the same"),
        ("breaks off", 1, "may have taken effect all the same"),
        ("is something else", 1, "answers 404"),
        ("says too little", 1, "answers 200"),
        ("503", 1, "the database is away\n        wait"),
        ("429", 1, "the database is away"),
        ("422", 2, "the database is away"),
        ("409", 1, "the database is away"),
    ],
)
def test_what_goes_wrong_on_the_way_has_a_sentence_and_a_code(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, kind: str, code: int, said: str
) -> None:
    if kind == "hangs":
        monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.2)
    with _nothing(kind) as url:
        ended = shell.stonks("pause", "--engine-url", url)
    assert (ended.code, ended.out) == (code, "")
    assert re.search(said, ended.err), ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("positions", "--engine-url", "ftp://somewhere"),
        ("positions", "--engine-url", "http://anna:secret-word@127.0.0.1:1"),
        ("positions", "--engine-url", "http://127.0.0.1:99999"),
        ("positions", "--json", "--jsonl"),
        ("decisions", "--limit", "0"),
        ("decisions", "--limit", "201"),
        ("decisions", "--ticker", "A B"),
        ("decisions", "--from", "yesterday"),
        ("decisions", "--cursor", "-1"),
        ("decisions", "--decision", "maybe"),
    ],
)
def test_what_is_used_wrongly_is_exit_code_2_and_says_no_secret(shell: Shell, words: tuple[str, ...]) -> None:
    ended = shell.stonks(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "secret-word" not in ended.err


def test_nobody_there_is_exit_code_4_and_no_account_is_1(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [shell.stonks(*words).code for words in (("pause",), ("close", "AAA", "--yes"), ("positions",))] == [4, 4, 0]
    monkeypatch.setattr(shell, "folder", tmp_path / "empty")
    assert [shell.stonks(*words).code for words in (("pause",), ("positions",), ("decisions",))] == [4, 1, 1]
    with refusing_url() as taken:
        monkeypatch.setenv("STONKS_DATABASE_URL", f"postgresql://stonks@{taken.removeprefix('http://')}/trading")
        words = (("status",), ("pause",), ("positions",), ("decisions", "--json"))
        assert [shell.stonks(*each).code for each in words] == [4, 4, 4, 4]
