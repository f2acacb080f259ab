"""Single position within the day: one that lost more than 10 % is closed, and its ticker cools down for 780 minutes."""

from typing import Any

from engine.decision.events import BreakerCleared
from tests.support.tapes import INTRABAR, Bar, Path, Played, at, buy, minutes, play, rules

WIDE = {
    "tier_auto": False,
    "moderate": {"stop_loss_atr_multiplier": 20.0, "reward_risk_ratio": 20.0, "max_portfolio_heat": 10.0},
}
UNTIL = "50 AAA from 100.00 day 0 15 min to"
SLOWLY: Path = {0: 100, 31: 96, 50: 93}


def held(path: Path, *, again: tuple[tuple[int, int], ...] = (), how: Any = None, **settings: Any) -> Played:
    market = minutes({"AAA": {0: path}}, days=3)
    asked = [buy("AAA", generated_at=at(*moment), recommendation_id=f"{moment}") for moment in again]
    return play(market, buy("AAA"), *asked, policy=rules(**WIDE | settings), **how or {})


def test_a_loss_beyond_10_percent_closes_it_at_the_next_check() -> None:
    played = held({**SLOWLY, 71: 89.99})
    assert played.trades == [f"{UNTIL} 89.99 day 0 75 min: breaker, -500.50"]
    assert played.breakers == ["day 0 75 min: single_position AAA until day 2 75 min"]


def test_one_of_exactly_10_percent_does_not() -> None:
    played = held({**SLOWLY, 71: 90})
    assert (played.trades, played.breakers) == ([], [])


def test_a_rapid_fall_closes_it_at_once() -> None:
    assert held({0: 100, 31: 89}).trades == [f"{UNTIL} 89.00 day 0 31 min: breaker, -550.00"]


def test_its_ticker_cools_down_for_780_minutes_of_market_time() -> None:
    played = held({0: 100, 31: 89}, again=((0, 60), (1, 60), (2, 29), (2, 31)))
    assert played.breakers == ["day 0 31 min: single_position AAA until day 2 31 min"]
    assert list(played.answers.values()) == ["act", "cooling_down", "cooling_down", "cooling_down", "act"]


def test_bought_again_on_the_same_day_it_can_lose_too_much_again() -> None:
    # bought again at 89 at minute 46, when ten minutes of cool-down are over; 79 are 11.2 % less
    played = held({0: 100, 31: 89, 100: 79}, again=((0, 45),), single_position_cooldown_minutes=10)
    assert played.breakers == [
        "day 0 31 min: single_position AAA until day 0 41 min",
        "day 0 100 min: single_position AAA until day 0 110 min",
    ]


def test_a_person_may_end_its_cool_down() -> None:
    cleared = {"interventions": (BreakerCleared(at=at(0, 50), breaker_id="b1"),)}
    played = held({0: 100, 31: 89}, again=((0, 45), (0, 60)), how=cleared)
    assert list(played.answers.values()) == ["act", "cooling_down", "act"]


def test_inside_a_bar_it_is_closed_where_it_had_lost_that_much() -> None:
    crash: Bar = (100.0, 100.0, 85.0, 88.0)
    played = held({0: 100, 31: crash}, how={"stop_checks": INTRABAR})
    assert played.trades == [f"{UNTIL} 90.00 day 0 32 min: breaker, -500.00"]


def test_how_much_is_a_setting() -> None:
    assert held({0: 100, 31: 94.5}, single_position_loss_pct=0.05).trades == [
        f"{UNTIL} 94.50 day 0 31 min: breaker, -275.00"
    ]
    assert held({0: 100, 31: 85}, single_position_loss_pct=1.0).trades == []
