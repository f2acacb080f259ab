"""Check 9: sessions from today to the earnings date: 0-1 reject, 2-3 halve."""

import pytest

from engine.model.tape import DailyTape
from tests.support.tapes import FLAT, buy, day, play, tape, weekdays


def reporting(on: int) -> DailyTape:
    """Return a market whose AAA reports on day `on`."""
    return tape({"AAA": [FLAT] * 8}, earnings={"AAA": on})


@pytest.mark.parametrize("on", [0, 1])
def test_a_report_today_or_tomorrow_rejects_the_entry(on: int) -> None:
    assert play(reporting(on), buy("AAA", 0)).answers == {"buy AAA on day 0": "earnings"}


@pytest.mark.parametrize("on", [2, 3])
def test_two_or_three_sessions_before_it_the_entry_is_halved(on: int) -> None:
    assert play(reporting(on), buy("AAA", 0)).held == {"AAA": 25}


@pytest.mark.parametrize("on", [4, 5, -1])
def test_further_away_or_past_it_is_whole(on: int) -> None:
    assert play(reporting(on), buy("AAA", 0)).held == {"AAA": 50}


def test_sessions_are_counted_not_days_the_weekend_is_none() -> None:
    friday, monday = 4, 5
    assert play(reporting(monday), buy("AAA", friday)).answers == {"buy AAA on day 4": "earnings"}


def test_the_next_date_counts_not_the_last_one() -> None:
    market = tape({"AAA": [FLAT] * 3}, earnings={"AAA": (day(-1), day(2))})
    assert play(market, buy("AAA", 0)).held == {"AAA": 25}


def test_a_report_beyond_the_session_table_is_not_near() -> None:
    ends_on_day_1 = weekdays(day(-15), 17)
    market = tape({"AAA": [FLAT] * 2}, earnings={"AAA": (day(30),)}, sessions=ends_on_day_1)
    assert play(market, buy("AAA", 1)).held == {"AAA": 50}
