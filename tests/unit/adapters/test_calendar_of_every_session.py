"""Every session from 1990 to 2030, at each of its edges, against exchange_calendars' own answers."""

import itertools
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.adapters.calendar import xnys
from engine.model.sessions import Session, SessionTable
from engine.risk import trading_window
from tests.support.tapes import RULES

FIRST, LAST = date(1990, 1, 1), date(2030, 12, 31)
NEW_YORK = ZoneInfo("America/New_York")
TICK = timedelta(microseconds=1)
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """The exchange's days as exchange_calendars tells them, read without our adapter."""

    days: tuple[date, ...]
    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    odd_days: frozenset[date]
    minutes: frozenset[int]


def moments(index: Any) -> tuple[datetime, ...]:
    return tuple(at.to_pydatetime().astimezone(UTC) for at in index)


@cache
def theirs() -> Theirs:
    """Return their calendar; `minutes` are the edges of sessions, and their neighbours, at which they call it open."""
    import exchange_calendars

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange_calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
        opens, closes = moments(calendar.opens), moments(calendar.closes)
        open_minutes = calendar.minutes
        edges = sorted({int(at.timestamp()) + off for at in (*opens, *closes) for off in (-60, 0)})
        at = open_minutes.astype("datetime64[s, UTC]").astype("int64").to_numpy()
        places = at.searchsorted(edges).clip(max=len(at) - 1)
        return Theirs(
            days=tuple(day.date() for day in calendar.sessions),
            opens=opens,
            closes=closes,
            odd_days=frozenset(day.date() for day in (*calendar.early_closes, *calendar.late_opens)),
            minutes=frozenset(edge for edge, found in zip(edges, at[places], strict=True) if edge == found),
        )


@cache
def ours() -> SessionTable:
    return xnys(FIRST, LAST)


def sessions() -> tuple[Session, ...]:
    return tuple(s for s in ours().sessions if FIRST <= s.on <= LAST)


def test_days_opens_and_closes_are_theirs() -> None:
    assert len(theirs().days) > 10_000
    assert tuple(s.on for s in sessions()) == theirs().days
    assert tuple(s.open_at for s in sessions()) == theirs().opens
    assert tuple(s.close_at for s in sessions()) == theirs().closes


def test_a_session_contains_its_open_and_all_before_its_close_and_nothing_else() -> None:
    for s, on in zip(sessions(), theirs().days, strict=True):
        inside = (s.open_at, s.open_at + TICK, s.close_at - TICK)
        assert [found and found.on for found in map(ours().containing, inside)] == [on, on, on]
        assert ours().containing(s.open_at - TICK) is None
        assert ours().containing(s.close_at) is None


def test_the_market_is_open_at_exactly_the_edges_at_which_they_call_it_open() -> None:
    for s in sessions():
        for at in (s.open_at, s.close_at, s.open_at - timedelta(minutes=1), s.close_at - timedelta(minutes=1)):
            assert trading_window.is_market_open(at, ours()) == (int(at.timestamp()) in theirs().minutes)


def test_every_calendar_day_is_a_session_or_is_none_and_is_counted_as_they_count() -> None:
    known, passed = set(theirs().days), 0
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        passed += day in known
        found = ours().on(day)
        assert (found and found.on) == (day if day in known else None)
        assert ours().sessions_between(FIRST - timedelta(days=1), day) == passed
        assert ours().sessions_between(day, FIRST - timedelta(days=1)) == -passed


def test_a_session_is_one_away_from_the_one_before() -> None:
    for before, after in itertools.pairwise(theirs().days):
        assert ours().sessions_between(before, after) == 1
        assert ours().sessions_between(after, after) == 0
        assert ours().sessions_between(after, before) == -1


def test_short_sessions_are_those_that_they_list_as_closing_early_or_opening_late() -> None:
    assert len(theirs().odd_days) > 80
    assert {s.on for s in sessions() if s.is_short} == theirs().odd_days


def test_the_window_is_from_a_quarter_after_the_open_to_a_quarter_before_the_close_of_every_session() -> None:
    for open_at, close_at in zip(theirs().opens, theirs().closes, strict=True):
        start, end = open_at + QUARTER, close_at - QUARTER
        at = (open_at, start - TICK, start, end - TICK, end, close_at)
        inside = [trading_window.is_within_trading_window(a, ours(), RULES) for a in at]
        assert inside == [False, False, True, True, False, False]
        assert trading_window.next_window_open(open_at, ours(), RULES) == start
        assert trading_window.next_window_open(end - TICK, ours(), RULES) == end - TICK


def test_after_a_window_the_next_session_s_comes() -> None:
    for close_at, next_open in zip(theirs().closes, theirs().opens[1:], strict=False):
        for at in (close_at - QUARTER, close_at, next_open):
            assert trading_window.next_window_open(at, ours(), RULES) == next_open + QUARTER


def test_but_for_the_odd_days_the_window_is_a_quarter_to_ten_to_a_quarter_to_four_in_new_york() -> None:
    for s in sessions():
        start, end = (at.astimezone(NEW_YORK).strftime("%H:%M") for at in trading_window.window(s, RULES))
        assert s.on in theirs().odd_days or (start, end) == ("09:45", "15:45")


@pytest.mark.parametrize("on", [date(2001, 9, 11), date(2012, 10, 29), date(1994, 4, 27), date(2025, 1, 9)])
def test_days_of_mourning_and_of_storms_are_no_sessions(on: date) -> None:
    assert ours().on(on) is None
    assert on not in theirs().days
