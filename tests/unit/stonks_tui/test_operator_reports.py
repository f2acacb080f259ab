"""What the command line says of an engine and a replay: every kind of answer, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.audit import Answered
from engine.model.live import Heartbeat
from engine.model.notifications import DeliveryStatus
from engine.model.portfolio import TradingState
from engine.replay import Difference
from stonks_tui.account_replay import AccountReplay
from stonks_tui.engine_status import Engine, EngineStatus
from stonks_tui.reports import answer_report, replay_report, status_report

NOW = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
_BEAT = Heartbeat(
    at=NOW,
    owner="desk:1",
    epoch=1,
    pid=1,
    started_at=NOW - timedelta(hours=1),
    seq=7,
    trading=TradingState.ACTIVE,
    cause="",
    doing="watching",
    next_at=NOW + timedelta(seconds=60),
    lag_seconds=0.0,
    protected=1.0,
    prices_at=NOW,
    looks=3,
)
_WELL = EngineStatus(
    engine=Engine.RUNNING,
    words="running",
    figures={"trading": "active", "cause": "", "tier": "moderate", "positions": "0", "protected": "1.0000"},
    heartbeat=_BEAT,
    beaten_at=NOW,
)


def _with(status: EngineStatus, **figures: str) -> EngineStatus:
    return replace(status, figures={**status.figures, **figures})


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"trading": "active"}, "RUNNING"),
        ({"trading": "reducing", "cause": "paused"}, "ENTRIES PAUSED (exits managed)"),
        ({"trading": "reducing", "cause": "my_lunch"}, "ENTRIES PAUSED (exits managed): my_lunch"),
        ({"trading": "reducing", "cause": "daily_loss"}, "REDUCING: daily loss"),
        ({"trading": "reducing", "cause": "feed_failure"}, "REDUCING: feed failure"),
        ({"trading": "halted", "cause": "halted"}, "HALTED"),
        ({"trading": "halted", "cause": "a fire"}, "HALTED: a fire"),
    ],
)
def test_the_first_line_is_the_engine_s_word(figures: dict[str, str], words: str) -> None:
    assert next(status_report.lines(_with(_WELL, **figures), NOW)) == words


def test_what_people_were_to_be_told_and_were_not_is_said() -> None:
    told = {DeliveryStatus.FAILED: 1, DeliveryStatus.PENDING: 3, DeliveryStatus.DELIVERED: 9}
    lines = list(status_report.lines(replace(_WELL, told=told), NOW, where=" --data-dir d"))
    failed = "! 1 notification of the last 24 h could not be sent: stonks notify --data-dir d history --status failed"
    assert failed in lines
    assert "- 3 notifications still to be sent" in lines
    assert status_report.as_plain(replace(_WELL, told=told))["notifications"] == {
        "failed": 1,
        "pending": 3,
        "delivered": 9,
    }


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (_WELL, 0),
        (_with(_WELL, trading="reducing", cause="paused"), 0),
        (_with(_WELL, trading="reducing", cause="daily_loss"), 0),
        (_with(_WELL, trading="reducing", cause="broken_invariant"), 3),
        (_with(_WELL, **{"trouble 1": "the broker does not answer"}), 3),
        (_with(_WELL, protected="0.5000"), 3),
        (replace(_WELL, engine=Engine.STANDBY), 0),
        (replace(_WELL, engine=Engine.SILENT), 3),
        (replace(_WELL, engine=Engine.OFFLINE), 1),
    ],
)
def test_the_exit_code_says_how_it_stands(status: EngineStatus, code: int) -> None:
    assert status.exit_code == code
    assert status_report.as_plain(status)["exit_code"] == code


def test_what_it_waits_for_and_its_troubles_come_before_the_figures() -> None:
    lines = list(status_report.lines(_with(_WELL, **{"trouble 1": "the broker does not answer"}), NOW))
    assert lines[1:4] == ["watching, next at 2026-11-27 14:31:00 UTC", "! the broker does not answer", ""]


def test_breakers_positions_and_orders_have_a_list_each() -> None:
    full = _with(
        _WELL,
        **{
            "breaker b1": "daily_loss, until 2026-11-27T18:00:00+00:00",
            "position AAPL": "12 at 187.21, stop 180.00",
            "order d1-1-1": "buy 12 AAPL, 0 filled",
        },
    )
    lines = list(status_report.lines(full, NOW))
    assert lines[lines.index("Breakers") + 1] == "  b1  daily_loss, until 2026-11-27T18:00:00+00:00"
    assert lines[lines.index("Held") + 1] == "  AAPL  12 at 187.21, stop 180.00"
    assert lines[lines.index("Orders on their way") + 1] == "  d1-1-1  buy 12 AAPL, 0 filled"


def test_offline_says_since_when_nobody_watches_what_is_held() -> None:
    offline = replace(_with(_WELL, positions="2"), engine=Engine.OFFLINE, beaten_at=NOW - timedelta(hours=3))
    lines = list(status_report.lines(offline, NOW, where=" --data-dir x"))
    assert lines[:4] == [
        "OFFLINE",
        "last heard of at 2026-11-27 11:30:00 UTC, 3.0 h ago: watching",
        "nobody watches the 2 positions held since then",
        "stonks run --data-dir x starts an engine",
    ]


def test_offline_without_a_sign_of_life_says_so() -> None:
    lines = list(status_report.lines(replace(_WELL, engine=Engine.OFFLINE, heartbeat=None, beaten_at=None), NOW))
    assert lines[1:3] == ["nothing was ever heard of an engine on this account", "nothing is held"]


def test_an_engine_that_does_not_answer_is_not_taken_for_one_that_is_gone() -> None:
    silent = replace(_WELL, engine=Engine.SILENT, words="the engine has not answered within 15 s")
    lines = list(status_report.lines(silent, NOW + timedelta(seconds=30)))
    assert lines[:2] == [
        "NO ANSWER: the engine has not answered within 15 s",
        "last heard of at 2026-11-27 14:30:00 UTC, 30 s ago: watching",
    ]
    assert not any("starts an engine" in line for line in lines)


def test_an_engine_that_stands_by_shows_no_figures_of_its_own() -> None:
    standby = replace(_WELL, engine=Engine.STANDBY, figures={"trading": "standby"})
    assert list(status_report.lines(standby, NOW)) == ["STANDBY (another engine leads)"]


def test_an_answer_shows_what_was_and_what_is() -> None:
    answered = Answered(
        done=True, words="done", before={"trading": "active", "closing.AAPL": "d1"}, after={"trading": "halted"}
    )
    assert list(answer_report.lines(answered)) == [
        "done",
        "  trading       active → halted",
        "  closing AAPL  d1 → –",
    ]


_ALIKE = AccountReplay(
    first=1,
    since=NOW,
    turns=1_234,
    decisions=1,
    orders=0,
    forgotten=0,
    difference=None,
    is_state_alike=True,
)


def test_a_replay_counts_what_came_out_alike() -> None:
    assert _ALIKE.is_alike
    assert list(replay_report.lines(_ALIKE)) == [
        "from turn 1, 2026-11-27 14:30:00 UTC: 1,234 turns, 1 decision, 0 orders came out alike",
        "the state at the end is the one that is kept",
    ]


def test_the_first_difference_is_shown_around_the_first_letter_that_differs() -> None:
    kept, now = "x" * 300 + "AAPL" + "y" * 300, "x" * 300 + "TSLA" + "y" * 300
    difference = Difference(seq=7, at=NOW, event="an event", kept=kept, now=now)
    found = replace(_ALIKE, difference=difference, is_state_alike=None)
    assert not found.is_alike
    lines = list(replay_report.lines(found))
    assert lines[1] == "turn 7, 2026-11-27 14:30:00 UTC, comes out otherwise"
    assert f"kept   …{'x' * 60}AAPL" in lines[3]
    assert f"now    …{'x' * 60}TSLA" in lines[4]
    assert all(len(line) < 220 for line in lines)
    assert replay_report.as_plain(found)["difference"]["kept"] == kept


def test_the_same_beginning_with_more_after_it_is_shown_at_its_end() -> None:
    difference = Difference(seq=7, at=NOW, event="an event", kept="z" * 200, now="z" * 200 + "more")
    lines = list(replay_report.lines(replace(_ALIKE, difference=difference, is_state_alike=None)))
    assert "more" in lines[4]


def test_what_the_sources_have_to_say_is_told_and_leaves_the_exit_code_alone() -> None:
    status = _with(_WELL, **{"note 1": "12 rows refused: confidence 1.5", "note 2": "the newest daily bar is old"})
    told = list(status_report.lines(status, NOW))
    assert told[2:4] == ["- 12 rows refused: confidence 1.5", "- the newest daily bar is old"]
    assert status_report.as_plain(status)["notes"] == list(status.notes)
    assert status.exit_code == 0
