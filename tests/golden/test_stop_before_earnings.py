"""Earnings: within three sessions of the report a stop comes nearer, to 0.7 of its distance."""

from tests.support.tapes import FLAT, Path, Played, buy, minutes, play, rules, tape

FLAT_DAY: Path = {0: 100}


def reports(on: int, *, days: int = 6, path: Path = FLAT_DAY, **settings: object) -> Played:
    """Return a run that buys 50 AAA at $100 on day 0, with the report on day `on` and prices along `path` on day 1."""
    market = minutes({"AAA": {0: FLAT_DAY, 1: path}}, earnings={"AAA": on}, days=days)
    return play(market, buy("AAA"), policy=rules(**settings))


def test_three_sessions_before_the_stop_is_0_7_of_its_distance_away() -> None:
    assert reports(4).moved_stops == ["day 1 open: AAA stop 96.00 -> 97.20 earnings"]  # 100 - 0.7 * 2 * 2


def test_four_sessions_before_nothing_moves() -> None:
    assert play(minutes({"AAA": {0: FLAT_DAY}}, earnings={"AAA": 4}), buy("AAA")).moved_stops == []


def test_on_the_day_of_the_report_it_still_applies() -> None:
    # below the entry on every day before, so that the rule is seen to act on the day itself: 99 - 2.8
    market = minutes({"AAA": {0: FLAT_DAY, 1: {0: 98.5}, 4: {0: 99}}}, earnings={"AAA": 4})
    assert play(market, buy("AAA")).moved_stops == ["day 4 open: AAA stop 96.00 -> 96.20 earnings"]


def test_after_the_report_the_stop_stays_and_follows_no_more() -> None:
    market = minutes({"AAA": {0: FLAT_DAY, 1: {0: 99}, 5: {0: 100}}}, earnings={"AAA": 4})
    assert play(market, buy("AAA")).moved_stops == ["day 1 open: AAA stop 96.00 -> 96.20 earnings"]  # 99 - 2.8


def test_it_follows_a_rising_price_every_five_minutes_up_to_the_entry() -> None:
    played = reports(4, path={0: 98.9, 7: 99.5, 12: 99.0, 21: 103})
    assert played.moved_stops == [
        "day 1 open: AAA stop 96.00 -> 96.10 earnings",  # 98.9 - 2.8
        "day 1 10 min: AAA stop 96.10 -> 96.70 earnings",  # 99.5 - 2.8
        "day 1 25 min: AAA stop 96.70 -> 97.20 earnings",  # the entry - 2.8, not 103 - 2.8
    ]


def test_an_entry_within_three_sessions_is_halved_and_tightened_at_the_next_look() -> None:
    played = reports(3, days=1)
    assert played.fills == ["day 0 15 min: bought 25 AAA at 100.00, d1-1-1"]
    assert played.stops == [
        "day 0 15 min: AAA stop 96.00 initial",
        "day 0 20 min: AAA stop 96.00 -> 97.20 earnings",
    ]


def test_the_factor_and_the_days_are_settings() -> None:
    assert reports(4, earnings_tighten_factor=0.25).moved_stops == ["day 1 open: AAA stop 96.00 -> 99.00 earnings"]
    assert reports(4, earnings_tighten_sessions=2).moved_stops == ["day 2 open: AAA stop 96.00 -> 97.20 earnings"]
    assert reports(4, earnings_tighten_sessions=-1).moved_stops == []


def test_on_a_daily_tape_it_is_looked_at_at_the_close_and_applies_from_the_next_bar() -> None:
    low = (100.0, 100.5, 97.0, 99.0)
    market = tape({"AAA": [FLAT, low, low]}, earnings={"AAA": 4})
    played = play(market, buy("AAA"))
    assert played.moved_stops == ["day 1 close: AAA stop 96.00 -> 96.20 earnings"]  # 99 - 2.8
    assert played.held == {"AAA": 50}
    nearer = play(tape({"AAA": [FLAT, FLAT, low]}, earnings={"AAA": 4}), buy("AAA"))
    assert nearer.trades == ["50 AAA from 100.00 day 0 15 min to 97.20 day 2 close: stop_loss, -140.00"]
