"""Several breakers at once: each ends in its own way, and entries begin again when the last engine-wide one is over."""

from typing import Any

from engine.decision.events import BreakerCleared, BreakerSet, TradingStateSet
from engine.model.portfolio import TradingState
from tests.support.tapes import Path, Played, at, buy, minutes, play, rules

LARGE = {
    "base_allocation_pct": 0.4,
    "tier_auto": False,
    "moderate": {
        "max_position_pct": 0.4,
        "max_sector_pct": 1.0,
        "max_portfolio_heat": 10.0,
        "stop_loss_atr_multiplier": 20.0,
    },
}
FALL: Path = {0: 100, 31: 94}  # of 400 AAA: 2.4 % of the account


def fallen(*words: Any, asked: tuple[tuple[int, int], ...] = (), path: Path = FALL) -> Played:
    market = minutes({"AAA": {0: path}, "ZZZ": {0: {0: 100}}}, days=3)
    more = [buy("ZZZ", generated_at=at(*moment), recommendation_id=f"{moment}") for moment in asked]
    return play(market, buy("AAA"), *more, policy=rules(**LARGE), interventions=words)


def ends(played: Played) -> dict[str, str]:
    return {b.trigger: played.moment(b.resolved_at) for b in played.result.books.breakers if b.resolved_at is not None}


def test_one_ends_by_time_and_the_other_by_a_person() -> None:
    played = fallen(
        BreakerSet(at=at(0, 60)),
        BreakerCleared(at=at(1, 90), breaker_id="b2"),
        asked=((0, 70), (1, 40), (1, 95)),
    )
    assert ends(played) == {"daily_loss": "day 1 31 min", "manual": "day 1 90 min"}
    assert list(played.answers.values())[1:] == ["not_active", "not_active", "act"]


def test_a_person_may_end_one_before_its_time_and_its_cause_does_not_trip_it_again_that_day() -> None:
    played = fallen(BreakerCleared(at=at(0, 60), breaker_id="b1"), asked=((0, 70),))
    assert len(played.breakers) == 1
    assert ends(played) == {"daily_loss": "day 0 60 min"}
    assert list(played.answers.values()) == ["act", "act"]


def test_ending_one_leaves_the_other_on() -> None:
    played = fallen(BreakerSet(at=at(0, 60)), BreakerCleared(at=at(0, 70), breaker_id="b1"), asked=((0, 80),))
    assert ends(played) == {"daily_loss": "day 0 70 min"}
    assert list(played.answers.values()) == ["act", "not_active"]


def test_a_ticker_s_own_breaker_stops_nothing_else() -> None:
    # at 89 the position is closed (single_position) and the account is down 4.4 % (daily_loss)
    played = fallen(BreakerCleared(at=at(0, 60), breaker_id="b2"), asked=((0, 70),), path={0: 100, 31: 89})
    assert [line.split(": ")[1].split(" until")[0] for line in played.breakers] == ["single_position AAA", "daily_loss"]
    assert list(played.answers.values()) == ["act", "act"]


def test_a_pause_outlasts_the_breaker_and_says_so() -> None:
    pause = TradingStateSet(at=at(0, 60), state=TradingState.REDUCING, cause="lunch")
    played = fallen(pause, asked=((1, 40),))
    assert ends(played) == {"daily_loss": "day 1 31 min"}
    decision = played.result.books.decisions[-1]
    assert decision.skip_reason == "not_active"
    assert decision.trace is not None
    assert decision.trace.first_failure is not None
    assert decision.trace.first_failure.note == "reducing: lunch"


def test_the_end_of_a_pause_does_not_end_the_breaker() -> None:
    pause = TradingStateSet(at=at(0, 60), state=TradingState.REDUCING, cause="lunch")
    resume = TradingStateSet(at=at(0, 90), state=TradingState.ACTIVE, cause="back")
    played = fallen(pause, resume, asked=((0, 100),))
    assert list(played.answers.values()) == ["act", "not_active"]
