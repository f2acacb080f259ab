"""Check 1: enabled, not paused, trading state active; right mode; not expired."""

from datetime import timedelta

import pytest

from engine.model.portfolio import TradingState
from engine.model.recommendation import Mode
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, buy, closing, evening_before, opening, play, rules, sell, tape

QUIET = tape({"AAA": [FLAT] * 4})


def test_a_recommendation_of_the_evening_is_bought_at_the_next_open() -> None:
    played = play(QUIET, buy("AAA", 0))
    assert played.answers == {"buy AAA on day 0": "act"}
    assert played.held == {"AAA": 50}


def test_a_disabled_engine_skips_every_buy() -> None:
    assert play(QUIET, buy("AAA", 0), policy=rules(enabled=False)).answers == {"buy AAA on day 0": "disabled"}


def test_a_disabled_engine_still_sells() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}), policy=rules(enabled=False))
    desk.hold("AAA", 10, entry=1_000_000)
    desk.offer(sell("AAA", 0))
    assert [t.exit_reason for t in desk.trades] == ["recommendation_exit"]


@pytest.mark.parametrize("trading", [TradingState.REDUCING, TradingState.HALTED])
def test_nothing_is_bought_unless_the_trading_state_is_active(trading: TradingState) -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}))
    desk.set_state(trading)
    decision = desk.offer(buy("AAA", 0))
    assert decision is not None
    assert decision.skip_reason == "not_active"
    assert desk.orders == []


@pytest.mark.parametrize(
    ("account", "mode", "answer"),
    [
        ("paper", Mode.PAPER_ELIGIBLE, "act"),
        ("paper", Mode.LIVE_ELIGIBLE, "act"),
        ("paper", Mode.OTHER, "wrong_mode"),
        ("live", Mode.PAPER_ELIGIBLE, "wrong_mode"),
        ("live", Mode.LIVE_ELIGIBLE, "act"),
        ("live", Mode.OTHER, "wrong_mode"),
    ],
)
def test_a_live_account_acts_on_live_eligible_only_a_paper_account_on_both(
    account: str, mode: Mode, answer: str
) -> None:
    played = play(QUIET, buy("AAA", 0, mode=mode), policy=rules(account=account))
    assert list(played.answers.values()) == [answer]


def test_friday_evenings_recommendation_is_good_on_monday() -> None:
    friday_evening = evening_before(0)
    assert friday_evening.weekday() == 4
    assert list(play(QUIET, buy("AAA", generated_at=friday_evening)).answers.values()) == ["act"]


def test_a_recommendation_lives_to_the_close_of_the_next_session_when_it_was_made_in_one() -> None:
    during_day_0 = opening(0) + timedelta(hours=2)
    late = tape({"AAA": [FLAT] * 4, "NEW": [None, None, FLAT, FLAT]}, calm={"NEW": None})
    played = play(late, buy("NEW", generated_at=during_day_0))
    (decision,) = played.result.books.decisions
    assert (decision.skip_reason, decision.at) == ("expired", closing(1))


def test_a_recommendation_older_than_that_is_expired() -> None:
    wednesday_before = evening_before(-2)
    played = play(QUIET, buy("AAA", generated_at=wednesday_before), start_on=QUIET.dates[15])
    assert played.answers == {}  # it fell due before the run began
    stale = buy("AAA", 0, expires_at=evening_before(0) + timedelta(minutes=1))
    assert list(play(QUIET, stale).answers.values()) == ["expired"]


def test_expires_at_ends_it_at_that_very_moment() -> None:
    window_opens = opening(0) + timedelta(minutes=15)
    assert list(play(QUIET, buy("AAA", expires_at=window_opens)).answers.values()) == ["expired"]
    assert list(play(QUIET, buy("AAA", expires_at=window_opens + timedelta(microseconds=1))).answers.values()) == [
        "act"
    ]


def test_expires_at_may_keep_it_alive_for_longer_than_a_session() -> None:
    market = tape({"AAA": [None, None, FLAT, FLAT], "BBB": [FLAT] * 4})
    played = play(market, buy("AAA", 0, expires_at=closing(3)))
    assert played.decision(buy("AAA", 0)).at == opening(2) + timedelta(minutes=15)


def test_one_that_expires_before_it_was_made_is_expired() -> None:
    assert list(play(QUIET, buy("AAA", expires_at=evening_before(-5))).answers.values()) == ["expired"]
