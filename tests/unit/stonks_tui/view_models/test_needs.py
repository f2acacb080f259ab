"""What needs a person: the most urgent first, with what to do, and only what is so now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from engine.model.views import Alive, RunStory
from stonks_tui.view_models import engine_words, frame, needs, risk_panel
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import plain, texts
from tests.support.live_turns import a_heartbeat
from tests.support.samples import AT, a_notice, a_record, a_snapshot

DAILY_LOSS = BreakerEvent(
    breaker_id="b1",
    at=AT - timedelta(hours=1),
    trigger=CircuitBreakerTriggerType.DAILY_LOSS,
    threshold=0.02,
    actual=0.0212,
    cooldown_expires=AT + timedelta(days=1),
)


def a_scope(
    *, beat: dict[str, Any] | None = None, alive: dict[str, Any] | None = None, story: dict[str, Any] | None = None
) -> Scope:
    heartbeat = a_heartbeat(1, **{"troubles": (), **(beat or {})})
    found = RunStory(
        run_id=0,
        state="running",
        record=a_record(run_id=0),
        days=(a_snapshot(daily_return=-0.0212, trading_state=heartbeat.trading),),
        profits=(0,),
        alive=Alive(**{"heartbeat": heartbeat, "seconds": 1.0, "turn": 1, **(alive or {})}),
    )
    return Scope(mode="PAPER", story=replace(found, **(story or {})))


def test_nothing_is_asked_for_when_all_is_well() -> None:
    assert needs.of(a_scope()) == ()


def test_the_engine_comes_before_stops_books_breakers_and_what_could_not_be_told() -> None:
    differ = a_notice(kind=NoticeKind.RECONCILIATION_DIFFERENCE, at=AT, note="AAPL 10 and 12")
    found = needs.of(
        a_scope(
            beat={"protected": 0.75, "trading": TradingState.REDUCING, "cause": "daily_loss"},
            alive={"seconds": 17.0, "untold": 1},
            story={"notices": (differ,), "breakers": (DAILY_LOSS,)},
        )
    )
    said = ["has said nothing", "no stop that is watched", "books and broker differ", "put off", "could not be sent"]
    assert [words in need.words for words, need in zip(said, found, strict=True)] == [True] * 5
    assert all(need.todo for need in found)
    assert [need.screen for need in found] == ["overview", "positions", "positions", "overview", "notifications"]


@pytest.mark.parametrize(
    ("doing", "words"), [("watching", "the engine is gone"), ("stopped", "the engine was stopped")]
)
def test_an_engine_that_is_gone_is_told_from_one_that_was_stopped(doing: str, words: str) -> None:
    found = needs.of(a_scope(beat={"doing": doing}, alive={"seconds": 300.0}))
    assert [need.words for need in found] == [words]
    assert found[0].todo == "stonks run starts it"


def test_a_pause_says_since_when_and_which_key_ends_it() -> None:
    scope = a_scope(
        beat={"trading": TradingState.REDUCING, "cause": "paused"}, alive={"stopped_at": AT - timedelta(minutes=5)}
    )
    (found,) = needs.of(scope)
    assert (
        plain(found.line(AT.date())) == "! 14:40 entries are put off: a person has stopped them → P makes entries again"
    )


def test_a_breaker_turns_the_risk_panel_over_with_value_limit_and_market_time_left() -> None:
    scope = a_scope(
        beat={"trading": TradingState.REDUCING, "cause": "daily_loss"},
        alive={"market_left": timedelta(hours=3, minutes=18, seconds=20)},
        story={"breakers": (DAILY_LOSS,)},
    )
    *stopped, heat, tier, held = texts(risk_panel.lines(scope, 36, 6))
    assert stopped == [
        "▼ REDUCING: daily loss",
        "-2.12 % at 13:45, limit -2.00 %",
        "3:19 h market left │ exits managed",
    ]
    assert heat.startswith("Heat     ▕")
    assert tier.startswith("Tier     ")
    assert held.startswith("Held     ")
    assert "3:19 h of market left │ exits managed" in texts(risk_panel.lines(scope, 56, 14))
    assert "▼ REDUCING: daily loss, 3:19 left" in plain(frame.status(scope, 80))


def test_the_stops_of_the_volatility_breaker_are_counted_by_the_policy() -> None:
    tripped = replace(DAILY_LOSS, trigger=CircuitBreakerTriggerType.VOLATILITY, threshold=3.0, actual=4.0)
    scope = a_scope(beat={"trading": TradingState.REDUCING, "cause": "volatility"}, story={"breakers": (tripped,)})
    assert texts(risk_panel.lines(scope, 36, 6))[:2] == [
        "▼ REDUCING: volatility",
        "4 of 3 stops within 30 min at 13:45",
    ]


def test_real_money_is_reversed_and_another_engine_that_leads_is_the_word() -> None:
    scope = replace(a_scope(), mode="LIVE")
    status = frame.status(scope, 100, news=engine_words.STANDBY)
    assert status[0] == (" LIVE ", "reversed")
    assert "◌ STANDBY (another engine leads)" in plain(status)
    assert "RUNNING" not in plain(status)


def test_an_account_that_cannot_be_read_is_the_word_and_it_is_said_since_when_and_why() -> None:
    words = engine_words.unread(datetime(2026, 3, 2, 14, 40, 25, tzinfo=UTC), "the database does not answer")
    status = plain(frame.status(a_scope(), 100, news=words))
    assert "✗ NO ANSWER since 14:40:25 UTC: the database does not answer" in status
    assert "RUNNING" not in status


def test_who_stands_by_is_told_and_asks_nothing_of_anybody() -> None:
    standbys = (("beta:4711", AT), ("gamma:12", AT + timedelta(hours=1)))
    scope = a_scope()
    assert scope.story.alive is not None
    scope = replace(scope, story=replace(scope.story, alive=replace(scope.story.alive, standbys=standbys)))
    assert [need.words for need in needs.of(scope) if "stands by" in need.words] == [
        "beta pid 4711 stands by since 03-01 14:45 UTC",
        "gamma pid 12 stands by since 03-01 15:45 UTC",
    ]
    assert not any("stands by" in need.words for need in needs.asking(scope))
