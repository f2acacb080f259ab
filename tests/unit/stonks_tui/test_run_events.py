"""What a backtest says of itself to another program: one line each, exact, and nothing else is taken for one."""

import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.runs import RunStatus
from stonks_tui.progress import JsonTeller, LineTeller, Pace, ProgressLine, teller
from stonks_tui.run_events import (
    Begun,
    Ended,
    Keeping,
    Progressed,
    Reading,
    Refused,
    RunEvent,
    from_json,
    to_json,
)

counts = st.integers(0, 10**9)
days = st.dates()
events: st.SearchStrategy[RunEvent] = st.one_of(
    st.builds(Reading, what=st.text()),
    st.builds(Begun, run_id=counts, sessions=counts, start=days, end=days),
    st.builds(
        Progressed,
        on=days,
        done=counts,
        total=counts,
        decisions=counts,
        equity=st.integers(-(10**17), 10**17),
        seconds=st.floats(0, 1e6),
    ),
    st.builds(Keeping, decisions=counts),
    st.builds(Ended, run_id=counts, status=st.sampled_from(RunStatus), error=st.text()),
    st.builds(Refused, message=st.text(), hint=st.text(), exit_code=st.integers(-64, 255)),
)
PROGRESS = Progressed(
    on=date(2021, 3, 4), done=40, total=504, decisions=123, equity=1_002_341_200, seconds=1.25
)  # fmt: skip


@given(events)
def test_what_was_told_is_what_is_read_on_one_line(event: RunEvent) -> None:
    line = to_json(event)
    assert "\n" not in line
    assert from_json(line) == event
    assert from_json(line.encode()) == event


def test_amounts_are_exact_text_and_days_are_iso() -> None:
    assert json.loads(to_json(PROGRESS)) == {
        "event": "progress",
        "on": "2021-03-04",
        "done": 40,
        "total": 504,
        "decisions": 123,
        "equity": "100234.1200",
        "seconds": 1.25,
    }


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Backtest 1: completed",
        "{",
        "[]",
        "3",
        "null",
        "{}",
        '{"event": "weather"}',
        '{"event": ["reading"]}',
        '{"event": "reading"}',
        '{"event": "reading", "what": 3}',
        '{"event": "reading", "what": "prices", "more": 1}',
        '{"event": "keeping", "decisions": "many"}',
        '{"event": "keeping", "decisions": true}',
        '{"event": "ended", "run_id": 3, "status": "resting", "error": ""}',
        '{"event": "begun", "run_id": 3, "sessions": 5, "start": "soon", "end": "2021-01-04"}',
        to_json(PROGRESS).replace("100234.1200", "100234.12001"),
        to_json(PROGRESS).replace("100234.1200", "NaN"),
        b"\xff\xfe",
        "[" * 100_000,
    ],
)
def test_a_line_that_is_not_one_of_ours_is_none(line: str | bytes) -> None:
    assert from_json(line) is None


def test_a_pace_lets_ten_a_second_through() -> None:
    now = iter(n / 100 for n in range(100))
    pace = Pace(lambda: next(now))
    assert sum(pace.is_due() for _ in range(100)) == 10


def test_steps_of_reading_are_told_by_name_and_not_too_often() -> None:
    out = io.StringIO()
    telling = JsonTeller(out)
    for n in range(50):
        telling.step(n, 50, f"{n}.csv")
    assert out.getvalue() == '{"event": "reading", "what": "0.csv"}\n'


def test_the_line_says_how_fast_it_is_and_what_is_left() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    telling = LineTeller(ProgressLine(out))
    telling.tell(PROGRESS)
    assert "40/504 2021-03-04  32 sessions/s  14 s left  100,234" in out.getvalue()
    telling.tell(Keeping(decisions=1234))
    assert "keeping 1,234 decisions" in out.getvalue()


def test_none_tells_nobody_anything(capsys: pytest.CaptureFixture[str]) -> None:
    with teller("none") as telling:
        telling.tell(PROGRESS)
        telling.step(1, 2, "prices")
    assert capsys.readouterr() == ("", "")
