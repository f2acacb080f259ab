"""Break-even within the day: seen at a look, every five minutes; or by the high of a minute, from the next one on."""

from typing import Any

from tests.support.tapes import INTRABAR, Bar, Path, Played, buy, minutes, play

UNTIL = "50 AAA from 100.00 day 0 15 min to"
SPIKE: Bar = (100.0, 104.01, 99.5, 100.0)


def held(path: Path, **how: Any) -> Played:
    return play(minutes({"AAA": {0: path}}), buy("AAA"), **how)


def test_a_look_that_sees_a_price_beyond_half_the_way_moves_the_stop_to_the_entry() -> None:
    assert held({0: 100, 31: 104.01}).moved_stops == ["day 0 35 min: AAA stop 96.00 -> 100.00 break_even"]
    assert held({0: 100, 31: 104}).moved_stops == []  # exactly half of the way from 100 to 108


def test_what_happens_between_two_looks_is_not_seen() -> None:
    assert held({0: 100, 31: 104.01, 35: 103}).moved_stops == []


def test_it_then_sells_at_the_entry_or_where_the_next_look_finds_the_price() -> None:
    assert held({0: 100, 31: 104.01, 38: 100}).trades == [f"{UNTIL} 100.00 day 0 40 min: stop_loss, +0.00"]
    assert held({0: 100, 31: 104.01, 38: 99.8}).trades == [f"{UNTIL} 99.80 day 0 40 min: stop_loss, -10.00"]


def test_inside_the_bars_the_high_of_a_minute_arms_it_for_the_next() -> None:
    played = held({0: 100.5, 14: 100, 31: SPIKE}, stop_checks=INTRABAR)
    assert played.moved_stops == ["day 0 32 min: AAA stop 96.00 -> 100.00 break_even"]
    assert played.trades == [f"{UNTIL} 100.00 day 0 32 min: stop_loss, +0.00"]  # the next minute opens there


def test_not_inside_the_bar_that_armed_it() -> None:
    up_and_down: Bar = (100.0, 104.01, 99.0, 102.0)
    played = held({0: 100, 31: up_and_down}, stop_checks=INTRABAR)
    assert (played.moved_stops, played.trades) == (["day 0 32 min: AAA stop 96.00 -> 100.00 break_even"], [])


def test_the_same_spike_is_nothing_to_one_who_looks_every_five_minutes() -> None:
    assert held({0: 100, 31: SPIKE}).moved_stops == []
