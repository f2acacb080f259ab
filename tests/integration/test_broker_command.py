"""`stonks broker` as its users type it: what it refuses before it begins, what it reads, and how it ends."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from engine.errors import BadInput
from stonks_tui import broker_place, broker_plan, broker_settings, configuration
from stonks_tui.cli import main
from stonks_tui.commands import broker
from stonks_tui.config_names import BROKERS
from tests.support.redis_server import RedisServer

ENGINES = {
    "STONKS_REDIS_URL": "redis://engine:hush@h/0",
    "STONKS_REDIS_PASSWORD": "hush",
    "STONKS_DATABASE_URL": "postgresql://engine@h/d",
    "STONKS_DATABASE_PASSWORD": "hush",
    "STONKS_INPUT_DATABASE_URL": "postgresql://engine@h/d",
    "STONKS_INPUT_DATABASE_PASSWORD": "hush",
    "STONKS_GMAIL_CLIENT_SECRET": "hush",
    "STONKS_MAX_OPEN_POSITIONS": "7",
}
OWN = {
    "STONKS_BROKER_REDIS_URL": "redis://broker@h/0",
    "STONKS_BROKER_REDIS_PASSWORD": "quiet",
    "STONKS_BROKER_DATABASE_URL": "postgresql://broker@h/d",
    "STONKS_BROKER_DATABASE_PASSWORD": "quiet",
    "STONKS_BROKER_SLIPPAGE_BPS": "7",
}


class Read(Mapping[str, str]):
    """An environment that notes which of its values were read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._values[name]

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        """Note that somebody wanted to know, whether or not it is there."""
        self.read.add(name)
        return self._values.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def parsed(*words: str) -> argparse.Namespace:
    """Return what was typed after `stonks broker`."""
    parser = argparse.ArgumentParser()
    broker.configure(parser)
    return parser.parse_args(words, argparse.Namespace(database=None))


def said(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """Return how `stonks broker WORDS` ends, and what it says on standard error."""
    capsys.readouterr()
    code = main(["broker", *map(str, words)])
    return code, capsys.readouterr().err


def test_neither_process_reads_a_variable_of_the_other(tmp_path: Path) -> None:
    environment = Read({**ENGINES, **OWN})
    settings = broker_settings.read(parsed(f"--quotes={tmp_path}"), environment)
    broker_plan.make(tmp_path, settings, environment)
    assert environment.read & {*ENGINES} == set()
    assert {*OWN} <= environment.read
    assert (settings.costs.slippage_bps, settings.behaviour.parts) == (7.0, 1)

    environment = Read({**ENGINES, **OWN})
    configuration.read(tmp_path, environment=environment)
    found = broker_place.engine_redis(environment)
    assert found is not None
    assert found.password == "hush"
    assert {name for name in environment.read if name.startswith("STONKS_BROKER_")} == set()


def test_a_secret_of_the_broker_is_told_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("quiet\n")
    files = {f"{name}_FILE": str(tmp_path / "secret") for name in OWN if name.endswith("PASSWORD")}
    environment = {**{n: v for n, v in OWN.items() if not n.endswith("PASSWORD")}, **files}
    made = broker_plan.make(tmp_path, broker_settings.read(parsed(f"--quotes={tmp_path}"), environment), environment)
    assert (made.redis.password, made.books.database and made.books.database.password) == ("quiet", "quiet")
    assert "quiet" not in f"{made!r} {made.redis} {made.books}"


def test_a_password_in_the_address_of_its_books_belongs_into_the_brokers_variable_not_the_engines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in BROKERS:
        monkeypatch.delenv(name, raising=False)
    for words in (("--database", "postgresql://me:hush@h/books"), ("status", "--database=postgresql://me:hush@h/b")):
        code, words_said = said(capsys, *words)
        assert code == 2
        assert "--database: a password stands in the address" in words_said
        assert "it belongs into $STONKS_BROKER_DATABASE_PASSWORD, or into a file" in words_said
        assert "hush" not in words_said


@pytest.mark.parametrize(
    ("words", "variables", "refusal"),
    [
        ((), {}, "the broker service is not told where the queue is"),
        ((), {"STONKS_BROKER_REDIS_URL": "http://h"}, "STONKS_BROKER_REDIS_URL: that is no address of Redis"),
        (("--redis", "redis://me:hush@h/0"), {}, "--redis: a password stands in the address"),
        (("--redis", "redis://h/0"), {"STONKS_BROKER_REDIS_PASSWORD_FILE": "/nowhere"}, "which cannot be read"),
        (("--redis", "redis://h/0"), {}, "there are no prices to execute orders at"),
        (("--redis", "redis://h/0", "--parts", "0"), {}, "--parts: parts is '0'"),
        ((), {"STONKS_BROKER_QUOTE": "x"}, "nothing is known of the variable STONKS_BROKER_QUOTE"),
        (("--config", "nowhere.toml"), {}, "there is no file nowhere.toml"),
        (("status", "somewhere"), {}, "stonks broker status takes no folder"),
        (("adopt",), {}, "it is not said whose books"),
        (("dead", "--again", "1", "--drop", "1"), {}, "--again and --drop are two things"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: tuple[str, ...],
    variables: dict[str, str],
    refusal: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in BROKERS:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    code, err = said(capsys, *words, "--data-dir", tmp_path)
    assert refusal in err
    assert code == (1 if "no prices" in refusal else 2)
    assert "hush" not in err
    assert "Traceback" not in err


def test_a_file_says_what_no_variable_does_and_its_paths_are_taken_from_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    file.write_text('[broker]\nredis = "redis://h/3"\nquotes = "q.csv"\nparts = 3\nfills = false\nslippage_bps = 1\n')
    environment = {"STONKS_BROKER_CONFIG": str(file), "STONKS_BROKER_PARTS": "2"}
    settings = broker_settings.read(parsed("--slippage-bps=9"), environment)
    assert settings.path("quotes") == tmp_path / "q.csv"
    assert (settings.behaviour.parts, settings.behaviour.fills, settings.costs.slippage_bps) == (2, False, 9.0)
    assert broker_place.broker_redis(environment, settings.text("redis")).database == 3
    file.write_text('[broker]\nredis_password = "hush"\n')
    with pytest.raises(BadInput, match="redis_password looks like a secret") as refused:
        broker_settings.read(parsed(), environment)
    assert "hush" not in f"{refused.value} {refused.value.hint}"
    file.write_text("[broker]\nquote = 'q'\n")
    with pytest.raises(BadInput, match="there is no setting 'quote'") as refused:
        broker_settings.read(parsed(), environment)
    assert refused.value.hint == "did you mean quotes?"


def test_status_and_dead_letters_by_their_exit_codes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = RedisServer()
    try:
        monkeypatch.setenv("STONKS_BROKER_REDIS_URL", server.start().url())
        assert main(["broker", "status", "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["broker"] is None
        assert main(["broker", "dead"]) == 0
        kept = json.dumps({"message": "\x1b[2J", "reason": "it is no JSON", "at": "2026-01-05T10:00:00Z"})
        server.ask("LPUSH", "stonks:queue:broker_orders:refused", kept)
        assert main(["broker", "dead"]) == 1
        assert "1 2026-01-05T10:00:00Z job refused: it is no JSON\n  \\x1b[2J\n" in capsys.readouterr().out
        code, err = said(capsys, "dead", "--drop", "1")  # nobody is there to be asked
        assert (code, "when it is meant: --yes" in err) == (2, True)
        assert main(["broker", "dead", "--drop", "1", "--yes"]) == 0
        assert main(["broker", "dead", "--drop", "1", "--yes"]) == 1
    finally:
        server.close()
    assert main(["broker", "status"]) == 1
    assert "! " in capsys.readouterr().out
