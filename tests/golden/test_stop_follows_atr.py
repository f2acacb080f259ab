"""ATR: a stop follows an ATR that has moved by more than a tenth, upwards only, at the first look that knows of it."""

import pytest

from tests.support.tapes import Bar, Played, buy, minutes, play, rules, tape

CALM: Bar = (100.0, 101.0, 99.0, 100.0)


def wide(width: float) -> Bar:
    """Return a day around $100 with a true range of `width`."""
    return (100.0, 100 + width / 2, 100 - width / 2, 100.0)


def held_over(*ranges: float, price: float = 100.0, **settings: object) -> Played:
    """Return a run that buys 50 AAA at $100 on day 0; the days from 0 on have these true ranges, the last a `price`.

    The ATR is 2 on day 0; after a day with true range x it is (13 * ATR + x) / 14.
    """
    last = len(ranges)
    daily = {"AAA": {n: wide(width) for n, width in enumerate(ranges)}}
    return play(minutes({"AAA": {0: {0: 100}, last: {0: price}}}, daily=daily), buy("AAA"), policy=rules(**settings))


def test_an_atr_that_fell_by_more_than_a_tenth_brings_the_stop_nearer_at_the_open() -> None:
    # 2 -> 1.9 -> 1.792857: 10.4 % less; 100 - 2 * 1.792857 = 96.4143
    assert held_over(0.6, 0.4).moved_stops == ["day 2 open: AAA stop 96.00 -> 96.4143 atr"]


def test_one_that_fell_by_exactly_a_tenth_changes_nothing() -> None:
    assert held_over(0.6, 0.5).moved_stops == []  # 2 -> 1.9 -> 1.8


def test_one_that_rose_by_exactly_a_tenth_changes_nothing() -> None:
    assert held_over(4.8).moved_stops == []  # 2 -> 2.2


def test_one_that_rose_leaves_the_stop_where_it_is_and_is_the_new_measure() -> None:
    played = held_over(4.9, 2.0)  # 2 -> 2.207143 -> 2.192347: only 0.7 % from the last measure
    assert [(c.levels.stop, c.levels.atr) for c in played.result.books.stop_changes] == [
        (960_000, 2.0),
        (960_000, 2.207143),
    ]


def test_it_is_reckoned_from_the_entry_when_the_price_is_higher() -> None:
    assert held_over(0.6, 0.4, price=103.0).moved_stops == ["day 2 open: AAA stop 96.00 -> 96.4143 atr"]


def test_it_is_reckoned_from_the_price_when_that_is_lower() -> None:
    # 99.9 - 3.585714 = 96.3143
    assert held_over(0.6, 0.4, price=99.9).moved_stops == ["day 2 open: AAA stop 96.00 -> 96.3143 atr"]


def test_a_price_so_low_that_the_stop_would_fall_leaves_it() -> None:
    played = held_over(0.6, 0.4, price=98.0)  # 98 - 3.585714 = 94.4143
    assert [c.levels.stop for c in played.result.books.stop_changes] == [960_000, 960_000]


def test_the_target_stays() -> None:
    assert {c.levels.target for c in held_over(0.6, 0.4).result.books.stop_changes} == {1_080_000}


def test_a_smaller_change_counts_from_the_last_one_that_moved_it() -> None:
    # 2 -> 1.9 -> 1.792857 (10.4 %, measured) -> 1.7 (5.2 % from there) -> 1.607143 (10.4 % from there)
    played = held_over(0.6, 0.4, 0.492857, 0.4)
    assert played.moved_stops == [
        "day 2 open: AAA stop 96.00 -> 96.4143 atr",
        "day 4 open: AAA stop 96.4143 -> 96.7857 atr",
    ]


@pytest.mark.parametrize(("share", "moves"), [(0.05, 0), (0.0499, 1)])
def test_how_much_is_a_setting(share: float, moves: int) -> None:
    assert len(held_over(0.6, atr_change_pct=share).moved_stops) == moves  # 2 -> 1.9


def test_on_a_daily_tape_it_is_looked_at_at_the_close() -> None:
    quiet = [wide(0.6), wide(0.4), CALM, CALM]
    played = play(tape({"AAA": quiet}, calm={"AAA": (100.0, 2.0)}), buy("AAA"))
    assert played.moved_stops == ["day 2 close: AAA stop 96.00 -> 96.4143 atr"]
