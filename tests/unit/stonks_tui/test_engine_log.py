"""The engine's log: what stands in it, what never does, and that writing it holds nothing up."""

import json
import logging
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.adapters import clock
from engine.decision.effects import RecordDecision
from engine.decision.events import EntriesDue
from engine.errors import Unavailable
from engine.model.audit import Answered, Asked, Word
from engine.model.decisions import TradingDecisionType
from stonks_tui import engine_log
from stonks_tui.engine_log import LogFormat, configure, turn_logger
from tests.support.samples import a_decision

ROOT = Path(__file__).resolve().parents[3]
_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def _now() -> datetime:
    """Return the time of day: the log itself reads it, and says when a turn was at another one."""
    return clock.now()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "stonks.log"


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("stonks")
    before = (list(root.handlers), ours.level)
    yield
    assert (list(root.handlers), ours.level) == before


def _written(path: Path, message: str, *values: object, fmt: LogFormat = "text") -> str:
    """Return the line of the log that says `message`."""
    with configure("info", fmt, path):
        logging.getLogger("stonks").info(message, *values)
    return path.read_text().removesuffix("\n")


def test_a_decision_is_a_line_with_moment_level_and_words(path: Path) -> None:
    with configure("info", "text", path):
        turn_logger()(7, EntriesDue(at=_now()), [RecordDecision(decision=a_decision(1))])
    words = r"skip AAPL low_confidence 0\.6, limit 0\.65 \(rec-of-1, confidence 0\.60\)"
    assert re.fullmatch(rf"{_STAMP} INFO {words}\n", path.read_text())


def test_a_turn_of_a_simulated_clock_says_its_own_moment(path: Path) -> None:
    at = datetime(2022, 3, 1, 14, 31, tzinfo=UTC)
    with configure("info", "text", path):
        turn_logger()(7, EntriesDue(at=at), [RecordDecision(decision=a_decision(1))])
    assert path.read_text().endswith(" [at 2022-03-01T14:31:00Z]\n")


def test_a_look_that_led_to_nothing_is_only_for_whoever_debugs(path: Path) -> None:
    with configure("info", "text", path):
        turn_logger()(7, EntriesDue(at=_now()), [])
    assert path.read_text() == ""
    with configure("debug", "text", path):
        turn_logger()(7, EntriesDue(at=_now()), [])
    assert "DEBUG nothing came of EntriesDue" in path.read_text()


def test_as_json_each_part_has_a_name(path: Path) -> None:
    decision, at = a_decision(1, outcome=TradingDecisionType.ACT, shares=12), _now()
    with configure("info", "json", path):
        turn_logger()(7, EntriesDue(at=at), [RecordDecision(decision=decision)])
    found = json.loads(path.read_text())
    assert found["event"].startswith("act AAPL buy 12 @ 171.23 (rec-of-1")
    assert {name: found[name] for name in ("level", "logger", "kind", "ticker", "turn", "turn_at")} == {
        "level": "info",
        "logger": "stonks",
        "kind": "act",
        "ticker": "AAPL",
        "turn": 7,
        "turn_at": at.isoformat().replace("+00:00", "Z"),
    }


def test_what_others_warn_of_is_written_with_their_name(path: Path) -> None:
    with configure("info", "text", path):
        logging.getLogger("asyncio").warning("a task was slow")
        logging.getLogger("asyncio").info("nobody cares")
    assert path.read_text().endswith(" WARNING asyncio: a task was slow\n")


def test_no_text_begins_a_line_of_its_own(path: Path) -> None:
    said = _written(path, "note: %s", "fine\n2026-11-26T14:03:22Z INFO act \x1b[2J")
    assert "\n" not in said
    assert r"fine\n2026-11-26T14:03:22Z INFO act \x1b[2J" in said


@pytest.mark.parametrize("fmt", ["text", "json"])
@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ("connecting to postgresql://stonks:hunter2@db:5432/live", "hunter2"),
        ("redis://:p%40ss@cache", "p%40ss"),
        ("password=hunter2 was refused", "hunter2"),
        ("{'api_key': 'hunter two'}", "hunter two"),
        ("token: abc.def", "abc.def"),
        ("aws_secret_access_key=short", "short"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
        ("the broker said sesame-open", "sesame-open"),
        ("Google gave ya29.a0AfB_byC-0123456789", "a0AfB_byC-0123456789"),
        ("and wants 1//03xyz-ABCDEFGHIJKLMN again", "03xyz-ABCDEFGHIJKLMN"),
        ("what stands in a file: sesame-in-a-file", "sesame-in-a-file"),
    ],
)
def test_secrets_are_left_out(
    path: Path, monkeypatch: pytest.MonkeyPatch, fmt: LogFormat, said: str, secret: str
) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", "sesame-open")
    file = path.parent.parent / "secret"
    file.write_text("sesame-in-a-file\n")
    monkeypatch.setenv("STONKS_GMAIL_REFRESH_TOKEN_FILE", str(file))
    written = _written(path, "%s", said, fmt=fmt)
    assert secret not in written
    assert "***" in written


@pytest.mark.parametrize("fmt", ["text", "json"])
def test_secrets_are_left_out_of_exceptions_too(path: Path, monkeypatch: pytest.MonkeyPatch, fmt: LogFormat) -> None:
    monkeypatch.setenv("BROKER_TOKEN", "sesame-open")
    with configure("info", fmt, path):
        try:
            raise ValueError("postgresql://stonks:hunter2@db refused sesame-open")
        except ValueError:
            logging.getLogger("stonks").exception("it failed")
    written = path.read_text()
    assert "ValueError" in written
    assert "hunter2" not in written
    assert "sesame-open" not in written


@pytest.mark.parametrize(
    "said",
    [
        "skip TSLA heat 0.034, limit 0.03 (rec-1, confidence 0.71)",
        "fingerprint 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "https://example.com/a@b is no secret",
        "/etc/stonks/refresh-token cannot be read",
    ],
)
def test_what_is_no_secret_stays(path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("STONKS_GMAIL_REFRESH_TOKEN_FILE", "/etc/stonks/refresh-token")
    monkeypatch.setenv("MY_KEY", "1")
    assert _written(path, "%s", said).endswith(said)


def test_the_file_is_for_its_owner_alone_also_after_it_was_turned_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_log, "FILE_BYTES", 2_000)
    path.parent.mkdir()
    path.touch(mode=0o644)
    with configure("info", "text", path):
        for number in range(300):
            logging.getLogger("stonks").info("line %d of many that fill the file", number)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["stonks.log", *(f"stonks.log.{n}" for n in range(1, 5))]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert all(file.stat().st_size <= 2_000 for file in files)
    assert "line 299 of" in path.read_text()


def test_a_log_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with (
        pytest.raises(Unavailable, match=r"the log .* cannot be written"),
        configure("info", "text", tmp_path / "logs" / "stonks.log"),
    ):
        pass


def test_a_reader_that_does_not_read_holds_nobody_up_and_hears_what_it_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_log, "QUEUED_LINES", 10)
    reading, writing = os.pipe()
    began = time.monotonic()
    with configure("info", "text", None, out=writing):
        for number in range(5_000):
            logging.getLogger("stonks").info("line %d %s", number, "x" * 100)
        assert time.monotonic() - began < 20  # whoever is held up waits for ever
        said = b""
        while b"left out]" not in said:
            said += os.read(reading, 1_000_000)
            logging.getLogger("stonks").info("again")
    os.close(writing)
    os.close(reading)
    assert re.search(rb"\[\d+ lines before it were left out\]", said)


def test_a_process_ends_although_nobody_reads_its_log() -> None:
    program = (
        "import logging\n"
        "from stonks_tui import engine_log\n"
        "engine_log.END_SECONDS = 0.1\n"
        "with engine_log.configure('info', 'text', None):\n"
        "    for _ in range(5000): logging.getLogger('stonks').info('x' * 200)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program], env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE
    )
    assert process.stderr
    assert process.wait(timeout=20) == 0
    process.stderr.close()


def test_a_reader_that_went_away_ends_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with configure("info", "text", None, out=writing):
        logging.getLogger("stonks").info("to nobody")
    os.close(writing)


def _lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines()


async def test_what_a_person_asks_is_written_with_who_and_from_where(path: Path) -> None:
    async def answer(asked: Asked) -> Answered:
        return Answered(done=asked.word is Word.PAUSE, words="so it is")

    door = engine_log.heard(answer)
    with configure("info", "text", path):
        await door(Asked(word=Word.PAUSE, arguments={"note": "lunch"}, who="ada", origin="cli"))
        await door(Asked(word=Word.RESUME, who="ada", origin="cli"))
        await door(Asked(word=Word.STATUS, who="ada", origin="cli"))
    paused, resumed = _lines_of(path)
    assert paused.endswith("WARNING asked pause note=lunch by ada (cli): so it is")
    assert resumed.endswith("WARNING asked resume by ada (cli): refused: so it is")


def test_a_turn_close_to_the_time_of_day_says_no_moment_of_its_own(path: Path) -> None:
    with configure("debug", "text", path):
        turn_logger()(7, EntriesDue(at=_now() + timedelta(seconds=5)), [])
    assert "[at" not in path.read_text()
