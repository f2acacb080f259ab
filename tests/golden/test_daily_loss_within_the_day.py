"""Daily loss within the day: down more than 2 % since the previous close, entries stop for 390 minutes of trading."""

import pytest

from engine.decision.events import FundsMoved
from engine.model.portfolio import FlowKind
from tests.support.tapes import INTRABAR, Path, Played, at, buy, minutes, play, rules, sell

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
"""400 AAA at $100 of $100,000: each dollar down is 0.4 %, and no stop is near."""


def large(path: Path, *, days: int = 2, how: object = None, **settings: object) -> Played:
    market = minutes({"AAA": {0: path}, "ZZZ": {0: {0: 100}}}, days=days)
    asked = [buy("ZZZ", generated_at=at(0, 60), recommendation_id="at 60")]
    asked += [buy("ZZZ", generated_at=at(1, m), recommendation_id=f"next day at {m}") for m in (29, 31)]
    return play(market, buy("AAA"), *asked, policy=rules(**LARGE | settings))


def test_a_loss_beyond_2_percent_trips_at_the_look_that_sees_it() -> None:
    played = large({0: 100, 31: 94.99})
    assert played.breakers == ["day 0 31 min: daily_loss until day 1 31 min"]
    (breaker,) = played.result.books.breakers
    assert (breaker.threshold, breaker.actual) == pytest.approx((0.02, 0.02004))


def test_one_of_exactly_2_percent_does_not() -> None:
    assert large({0: 100, 31: 95}).breakers == []


def test_entries_stop_for_390_minutes_of_market_time() -> None:
    # asked at minute 31 of day 1, due at the look of minute 32
    played = large({0: 100, 31: 94.99})
    assert played.answers["at 60"] == "not_active"
    assert [played.answers[f"next day at {m}"] for m in (29, 31)] == ["not_active", "act"]


def test_it_is_seen_between_two_checks_of_the_stops() -> None:
    assert large({0: 100, 31: 97, 47: 94.9}).breakers == ["day 0 47 min: daily_loss until day 1 47 min"]


def test_it_trips_once_a_day_however_far_the_account_goes_on_falling() -> None:
    assert len(large({0: 100, 31: 94.9, 50: 93, 70: 97, 90: 96}).breakers) == 1


def test_it_trips_again_in_the_same_day_after_the_loss_was_gone() -> None:
    played = large({0: 100, 31: 94.9, 70: 96, 90: 94.9})
    assert played.breakers == [
        "day 0 31 min: daily_loss until day 1 31 min",
        "day 0 90 min: daily_loss until day 1 90 min",
    ]
    first, second = played.result.books.breakers
    assert (first.resolved_at, second.resolved_at) == (at(0, 90), at(1, 90))


def test_the_loss_counts_from_the_previous_close() -> None:
    market = minutes({"AAA": {0: {0: 100, 31: 97}, 1: {0: 97, 31: 93}}})
    played = play(market, buy("AAA"), policy=rules(**LARGE))  # 1.2 % on day 0, 1,600 of 98,800 on day 1
    assert played.breakers == []
    market = minutes({"AAA": {0: {0: 100, 31: 97}, 1: {0: 97, 31: 92}}})
    assert play(market, buy("AAA"), policy=rules(**LARGE)).breakers == ["day 1 31 min: daily_loss until day 2 31 min"]


def test_money_paid_out_is_no_loss_and_money_paid_in_hides_none() -> None:
    def moved(amount: int, price: float) -> Played:
        flow = FundsMoved(at=at(0, 20), kind=FlowKind.DEPOSIT if amount > 0 else FlowKind.WITHDRAWAL, amount=amount)
        market = minutes({"AAA": {0: {0: 100, 31: price}}})
        return play(market, buy("AAA"), policy=rules(**LARGE), interventions=(flow,))

    assert moved(-50_000_000, 100).breakers == []
    assert moved(50_000_000, 94.99).breakers == ["day 0 31 min: daily_loss until day 1 31 min"]


def test_exits_go_on_while_it_is_on() -> None:
    market = minutes({"AAA": {0: {0: 100, 31: 94.9}}})
    played = play(market, buy("AAA"), sell("AAA", 0, generated_at=at(0, 60)), policy=rules(**LARGE))
    assert [played.moment(t.exit_at) for t in played.closed] == ["day 0 61 min"]


def test_inside_the_bars_it_is_seen_at_the_open_of_the_minute() -> None:
    market = minutes({"AAA": {0: {0: 100, 31: 94.9}}})
    played = play(market, buy("AAA"), policy=rules(**LARGE), stop_checks=INTRABAR)
    assert played.breakers == ["day 0 31 min: daily_loss until day 1 31 min"]
