"""Rapid move: a price more than 5 % away within 15 minutes is looked at at once, between two checks too."""

import pytest

from engine.model.notices import NoticeKind
from tests.support.tapes import Path, Played, buy, minutes, play, rules

UNTIL = "50 AAA from 100.00 day 0 15 min to"
HOURLY = {"stop_loss_check_interval_seconds": 3600}
"""Stops are looked at at the open, at minute 60, 120, …: what happens between is the rule's doing."""


def held(path: Path, **settings: object) -> Played:
    return play(minutes({"AAA": {0: path}}), buy("AAA"), policy=rules(**HOURLY | settings))


def test_a_fall_beyond_5_percent_is_sold_at_once_when_it_has_passed_the_stop() -> None:
    assert held({0: 100, 31: 94.99}).trades == [f"{UNTIL} 94.99 day 0 31 min: stop_loss, -250.50"]


def test_one_of_exactly_5_percent_waits_for_the_next_check() -> None:
    assert held({0: 100, 31: 95}).trades == [f"{UNTIL} 95.00 day 0 60 min: stop_loss, -250.00"]


def test_falls_add_up_within_15_minutes() -> None:
    assert held({0: 100, 31: 97, 45: 94.9}).trades == [f"{UNTIL} 94.90 day 0 45 min: stop_loss, -255.00"]


def test_over_more_than_15_minutes_they_are_no_rapid_move() -> None:
    # at minute 46 the $100 of minute 30 are 16 minutes ago: only 2.2 % within 15
    assert held({0: 100, 31: 97, 46: 94.9}).trades == [f"{UNTIL} 94.90 day 0 60 min: stop_loss, -255.00"]


def test_a_rise_arms_break_even_at_once() -> None:
    assert held({0: 100, 31: 105.01}).moved_stops == ["day 0 31 min: AAA stop 96.00 -> 100.00 break_even"]
    assert held({0: 100, 31: 105}).moved_stops == ["day 0 60 min: AAA stop 96.00 -> 100.00 break_even"]


def test_a_rise_beyond_the_target_is_sold_at_once() -> None:
    assert held({0: 100, 31: 108.2}).trades == [f"{UNTIL} 108.20 day 0 31 min: take_profit, +410.00"]


def test_its_stop_is_re_evaluated_at_once() -> None:
    # within three sessions of the report: 0.7 * 5 * 2 = $7 below the price. At the open that is 86, no nearer than 90
    far = {"moderate": {"stop_loss_atr_multiplier": 5.0, "max_portfolio_heat": 1.0}}
    market = minutes({"AAA": {0: {0: 100}, 1: {0: 93, 31: 98}}}, earnings={"AAA": 4})
    played = play(market, buy("AAA"), policy=rules(**HOURLY | far))
    assert played.moved_stops == ["day 1 31 min: AAA stop 90.00 -> 91.00 earnings"]


def test_it_is_told_once_and_again_after_the_price_was_calm() -> None:
    wide = {"moderate": {"stop_loss_atr_multiplier": 20.0, "max_portfolio_heat": 10.0}, "single_position_loss_pct": 1.0}
    played = held({0: 100, 31: 94.9, 33: 94.5, 80: 88}, **wide)
    assert played.notices == ["day 0 31 min: rapid_move AAA", "day 0 80 min: rapid_move AAA"]
    first, second = played.noticed(NoticeKind.RAPID_MOVE)
    assert (first.value, first.limit) == pytest.approx((0.051, 0.05))
    assert second.value == pytest.approx(6.5 / 94.5)


def test_how_far_and_within_which_time_are_settings() -> None:
    assert held({0: 100, 31: 95.9}, rapid_move_pct=0.04).trades == [f"{UNTIL} 95.90 day 0 31 min: stop_loss, -205.00"]
    assert held({0: 100, 31: 97, 46: 94.9}, rapid_move_minutes=16).trades == [
        f"{UNTIL} 94.90 day 0 46 min: stop_loss, -255.00"
    ]
