"""Property 20: entries from 09:45 to 15:45 New York on a session, half-open, against the exchange's own calendar."""

import warnings
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from engine.adapters.calendar import xnys
from engine.model.sessions import SessionTable
from engine.risk import trading_window
from tests.support.tapes import RULES, rules

NEW_YORK = ZoneInfo("America/New_York")
FROM, TO = date(2012, 1, 1), date(2025, 12, 1)


@cache
def sessions() -> SessionTable:
    """Return our table."""
    return xnys(FROM, TO)


@cache
def closes() -> dict[date, time]:
    """Return the exchange's days with the time of their close in New York, from exchange_calendars."""
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange_calendars.get_calendar("XNYS", start="2011-12-01", end="2026-01-10")
        return {on.date(): at.tz_convert(NEW_YORK).time() for on, at in calendar.schedule["close"].items()}


def in_window(at: datetime) -> bool:
    """Return what the rule says, in New York's words."""
    local = at.astimezone(NEW_YORK)
    close = closes().get(local.date())
    if close is None:
        return False
    end = (datetime.combine(local.date(), close) - timedelta(minutes=15)).time()
    return time(9, 45) <= local.time() < end


near_an_edge = st.sampled_from((time(9, 30), time(9, 45), time(12, 45), time(13), time(15, 45), time(16)))
moments = st.one_of(
    st.datetimes(datetime(2012, 1, 3), datetime(2025, 11, 28), timezones=st.just(UTC)),  # noqa: DTZ001
    st.builds(
        lambda on, edge, off: datetime.combine(on, edge, NEW_YORK).astimezone(UTC) + timedelta(microseconds=off),
        st.one_of(
            st.dates(date(2012, 1, 3), date(2025, 11, 28)),
            st.sampled_from((date(2013, 11, 29), date(2014, 12, 24), date(2018, 7, 3), date(2024, 11, 29))),
            st.sampled_from((date(2024, 3, 8), date(2024, 3, 11), date(2024, 11, 1), date(2024, 11, 4))),
        ),
        near_an_edge,
        st.sampled_from((-1, 0, 1)),
    ),
)


@settings(max_examples=100)
@given(moments)
@example(datetime(2024, 3, 8, 14, 45, tzinfo=UTC))  # the Friday before summer time
@example(datetime(2024, 3, 11, 13, 45, tzinfo=UTC))  # the Monday after
@example(datetime(2018, 12, 5, 15, 0, tzinfo=UTC))  # shut for a day of mourning
def test_p20_the_window_is_new_yorks(at: datetime) -> None:
    event(f"inside: {in_window(at)}")
    assert trading_window.is_within_trading_window(at, sessions(), RULES) == in_window(at)
    verdict = trading_window.within_window(at, sessions().containing(at), RULES)
    assert verdict.passed == in_window(at)


@given(moments)
def test_p20_the_next_window_opens_at_the_first_moment_inside_one(at: datetime) -> None:
    found = trading_window.next_window_open(at, sessions(), RULES)
    assert found >= at
    assert in_window(found)
    assert found == at or not in_window(found - timedelta(microseconds=1))
    if found > at:
        assert not in_window(at)
        days = {at.astimezone(NEW_YORK).date() + timedelta(days=i) for i in range((found - at).days + 2)}
        windows_between = [
            d for d in days & closes().keys() if at < datetime.combine(d, time(9, 45), NEW_YORK).astimezone(UTC) < found
        ]
        assert windows_between == []


@settings(max_examples=80)
@given(moments)
def test_p20_the_market_is_open_when_the_exchange_says_so(at: datetime) -> None:
    local = at.astimezone(NEW_YORK)
    close = closes().get(local.date())
    is_open = close is not None and time(9, 30) <= local.time() < close
    assert trading_window.is_market_open(at, sessions()) == is_open


@settings(max_examples=40)
@given(moments, st.integers(0, 390), st.integers(0, 390))
def test_p20_the_minutes_are_settings_and_a_window_may_be_empty(at: datetime, start: int, end: int) -> None:
    policy = rules(window_start_minutes=start, window_end_minutes=end)
    session = sessions().containing(at)
    inside = session is not None and session.open_at + timedelta(minutes=start) <= at < session.close_at - timedelta(
        minutes=end
    )
    assert trading_window.is_within_trading_window(at, sessions(), policy) == inside
    assert trading_window.within_window(at, session, policy).passed == inside


@pytest.mark.parametrize(
    ("on", "short"),
    [(date(2024, 11, 29), True), (date(2024, 12, 24), True), (date(2024, 11, 27), False), (date(2013, 7, 3), True)],
)
def test_p20_early_closes_are_known(on: date, short: bool) -> None:
    session = sessions().on(on)
    assert session is not None
    assert session.is_short == short == (closes()[on] == time(13))
