"""Trading window: to the microsecond, on regular, short and far too short days."""

from datetime import datetime, timedelta

import pytest

from engine.errors import BadInput
from engine.model.sessions import Session, SessionTable
from engine.model.verdict import Check, Verdict
from engine.risk import trading_window
from tests.support.tapes import RULES, day, rules, session_of, weekdays

DAYS = weekdays(day(0), 3, early=(day(1),))
REGULAR, SHORT, LAST = DAYS.sessions
TICK = timedelta(microseconds=1)


def after(session: Session, minutes: int) -> datetime:
    return session.open_at + timedelta(minutes=minutes)


def test_the_window_is_a_quarter_of_an_hour_inside_the_session() -> None:
    assert trading_window.window(REGULAR, RULES) == (after(REGULAR, 15), after(REGULAR, 375))
    assert trading_window.window(SHORT, RULES) == (after(SHORT, 15), after(SHORT, 195))


def test_start_and_end_are_settings_of_their_own() -> None:
    policy = rules(window_start_minutes=5, window_end_minutes=60)
    assert trading_window.window(REGULAR, policy) == (after(REGULAR, 5), after(REGULAR, 330))


def test_the_window_of_a_day_that_is_too_short_is_empty_and_does_not_end_before_it_begins() -> None:
    policy = rules(window_start_minutes=200, window_end_minutes=200)
    assert trading_window.window(SHORT, policy) == (after(SHORT, 200), after(SHORT, 200))


def test_the_market_is_open_from_its_open_until_just_before_its_close() -> None:
    at = (REGULAR.open_at - TICK, REGULAR.open_at, REGULAR.close_at - TICK, REGULAR.close_at)
    assert [trading_window.is_market_open(a, DAYS) for a in at] == [False, True, True, False]


def test_a_moment_is_inside_from_the_start_until_just_before_the_end() -> None:
    start, end = trading_window.window(REGULAR, RULES)
    at = (start - TICK, start, end - TICK, end)
    assert [trading_window.is_within_trading_window(a, DAYS, RULES) for a in at] == [False, True, True, False]


def test_between_sessions_nothing_is_inside() -> None:
    assert trading_window.is_within_trading_window(REGULAR.close_at + timedelta(hours=2), DAYS, RULES) is False


def test_inside_a_window_the_next_one_is_now_and_at_its_end_it_is_the_next_session_s() -> None:
    start, end = trading_window.window(REGULAR, RULES)
    opens = [trading_window.next_window_open(at, DAYS, RULES) for at in (start - TICK, start, end - TICK, end)]
    assert opens == [start, start, end - TICK, after(SHORT, 15)]
    assert trading_window.upcoming_window(start + TICK, DAYS, RULES) == start + TICK


def test_a_session_with_an_empty_window_is_passed_over() -> None:
    policy = rules(window_start_minutes=120, window_end_minutes=120)
    assert trading_window.next_window_open(REGULAR.close_at, DAYS, policy) == after(LAST, 120)
    assert trading_window.next_window_open(SHORT.open_at, DAYS, policy) == after(LAST, 120)


def test_beyond_the_last_window_there_is_none_and_the_moment_is_named() -> None:
    end = trading_window.window(LAST, RULES)[1]
    assert trading_window.upcoming_window(end, DAYS, RULES) is None
    with pytest.raises(BadInput) as refused:
        trading_window.next_window_open(end, DAYS, RULES)
    assert str(refused.value) == "the session table has no entry window after 2024-01-24T20:45:00+00:00"


def test_a_table_without_sessions_has_no_window() -> None:
    assert trading_window.upcoming_window(REGULAR.open_at, SessionTable.of(()), RULES) is None


@pytest.mark.parametrize(
    ("minutes", "passed"), [(0, False), (14, False), (15, True), (374, True), (375, False), (389, False)]
)
def test_the_verdict_counts_minutes_since_the_open_up_to_the_end(minutes: int, passed: bool) -> None:
    assert trading_window.within_window(after(REGULAR, minutes), REGULAR, RULES) == Verdict(
        check=Check.WINDOW, passed=passed, value=minutes, limit=375, unit="minutes"
    )


def test_the_verdict_s_limit_is_earlier_on_a_short_day() -> None:
    assert trading_window.within_window(after(SHORT, 30), SHORT, RULES) == Verdict(
        check=Check.WINDOW, passed=True, value=30, limit=195, unit="minutes"
    )


def test_without_a_session_the_verdict_says_that_the_exchange_is_shut() -> None:
    verdict = trading_window.within_window(REGULAR.close_at, None, RULES)
    assert verdict == Verdict(check=Check.WINDOW, passed=False, note="the exchange is shut")
    assert verdict.passed is False


def test_half_minutes_are_told_as_such() -> None:
    verdict = trading_window.within_window(session_of(day(0)).open_at + timedelta(seconds=90), REGULAR, RULES)
    assert verdict.value == 1.5
