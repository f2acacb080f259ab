"""Stop checks within the day: every five minutes as the live engine looks, or inside every minute bar."""

from typing import Any

import pytest

from tests.support.tapes import INTRABAR, Bar, Path, Played, buy, minutes, play, rules, shock

UNTIL = "50 AAA from 100.00 day 0 15 min to"
DIP: Bar = (100.0, 100.0, 95.5, 99.0)


def held(path: Path, **how: Any) -> Played:
    return play(minutes({"AAA": {0: path}}), buy("AAA"), **how)


def test_a_price_below_the_stop_is_sold_at_the_next_look_and_at_its_price() -> None:
    assert held({0: 100, 32: 95.9}).trades == [f"{UNTIL} 95.90 day 0 35 min: stop_loss, -205.00"]
    assert held({0: 100, 32: 95.9, 34: 95.5}).trades == [f"{UNTIL} 95.50 day 0 35 min: stop_loss, -225.00"]


def test_a_dip_between_two_looks_is_not_seen() -> None:
    assert held({0: 100, 32: 95.9, 35: 96.01}).trades == []
    assert held({0: 100, 32: DIP}).trades == []


def test_inside_the_bars_the_same_dip_is_sold_at_the_stop() -> None:
    assert held({0: 100, 32: DIP}, stop_checks=INTRABAR).trades == [f"{UNTIL} 96.00 day 0 33 min: stop_loss, -200.00"]


def test_inside_the_bars_a_minute_that_opens_below_the_stop_is_sold_at_its_open() -> None:
    assert held({0: 100, 32: 95.9}, stop_checks=INTRABAR).trades == [f"{UNTIL} 95.90 day 0 32 min: stop_loss, -205.00"]


@pytest.mark.parametrize(("price", "sold"), [(96.0, 1), (96.0001, 0)])
def test_just_at_the_stop_it_is_sold(price: float, sold: int) -> None:
    assert len(held({0: 100, 32: price}).trades) == sold
    assert len(held({0: 100, 32: price}, stop_checks=INTRABAR).trades) == sold


def test_a_target_is_sold_at_the_look_that_finds_it_and_inside_the_bars_at_its_level() -> None:
    climb: Path = {0: 100, 31: 103, 50: 106, 71: 108.5}
    assert held(climb).trades == [f"{UNTIL} 108.50 day 0 75 min: take_profit, +425.00"]
    touched: Path = {0: 100, 31: 103, 50: 106, 71: (106.0, 108.5, 106.0, 107.0)}
    assert held(touched).trades == []
    assert held(touched, stop_checks=INTRABAR).trades == [f"{UNTIL} 108.00 day 0 72 min: take_profit, +400.00"]


def test_inside_a_bar_that_touched_both_the_stop_comes_first() -> None:
    both: Bar = (100.0, 109.0, 95.0, 100.0)
    assert held({0: 100, 32: both}, stop_checks=INTRABAR).trades == [f"{UNTIL} 96.00 day 0 33 min: stop_loss, -200.00"]


def test_the_bar_of_the_entry_counts() -> None:
    assert held({0: 100, 15: DIP}, stop_checks=INTRABAR).trades == [f"{UNTIL} 96.00 day 0 16 min: stop_loss, -200.00"]


@pytest.mark.parametrize("how", [{}, {"stop_checks": INTRABAR}])
def test_a_gap_over_night_is_sold_at_the_open_not_at_the_stop(how: dict[str, Any]) -> None:
    market = minutes({"AAA": {0: {0: 100}, 1: {0: 94}}})
    assert play(market, buy("AAA"), **how).trades == [f"{UNTIL} 94.00 day 1 open: stop_loss, -300.00"]


@pytest.mark.parametrize("how", [{}, {"stop_checks": INTRABAR}])
def test_a_gap_over_the_target_is_sold_at_the_open(how: dict[str, Any]) -> None:
    market = minutes({"AAA": {0: {0: 100}, 1: {0: 111}}})
    assert play(market, buy("AAA"), **how).trades == [f"{UNTIL} 111.00 day 1 open: take_profit, +550.00"]


def test_the_open_is_looked_at_however_rarely_stops_are_looked_at_otherwise() -> None:
    # the last look is that of the event, at minute 89 of day 0
    once_a_day = rules(stop_loss_check_interval_seconds=86_400)
    market = minutes({"AAA": {0: {0: 100}, 1: {0: 95.9}}})
    played = play(market, buy("AAA"), policy=once_a_day, macro_events=[shock(0, 30, 60)])
    assert played.trades == [f"{UNTIL} 95.90 day 1 open: stop_loss, -205.00"]


def test_the_close_is_a_look_too() -> None:
    # its price is that of the last minute's end, minute 390 of the day
    played = held({0: 100, 386: 95.9})
    assert played.trades == [f"{UNTIL} 95.90 day 0 close: stop_loss, -205.00"]


def test_how_often_is_a_setting() -> None:
    every_minute = rules(stop_loss_check_interval_seconds=60)
    assert held({0: 100, 32: 95.9}, policy=every_minute).trades == [f"{UNTIL} 95.90 day 0 32 min: stop_loss, -205.00"]
