"""Check 3: the window of 09:45 to 15:45 New York, half-open; on an early close it ends 15 min before the close."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from engine.adapters.calendar import xnys
from engine.model.tape import DailyTape
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, buy, opening, play, rules, sell, tape

QUIET = tape({"AAA": [FLAT] * 3})


def test_buys_of_a_daily_tape_are_made_at_the_windows_open() -> None:
    (entry,) = play(QUIET, buy("AAA", 0)).result.books.executions
    assert entry.fill.at == opening(0) + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("minutes", "answer"), [(0, "pending"), (14.9, "pending"), (15, "act"), (374.9, "act"), (375, "pending")]
)
def test_a_buy_outside_the_window_is_pending_until_the_next_window_opens(minutes: float, answer: str) -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}))
    desk.opens()
    decision = desk.offer(buy("AAA", 0), at=opening(0) + timedelta(minutes=minutes))
    assert (decision is None) == (answer == "pending")
    if decision is None:
        assert [d.until for d in desk.deferrals] == [opening(0 if minutes < 15 else 1) + timedelta(minutes=15)]


def test_on_an_early_close_the_window_ends_fifteen_minutes_before_it() -> None:
    half_day = tape({"AAA": [FLAT] * 3}, early={0})
    assert play(half_day, buy("AAA", 0), policy=rules(window_start_minutes=194)).answers == {"buy AAA on day 0": "act"}
    too_late = play(half_day, buy("AAA", 0), policy=rules(window_start_minutes=195))
    assert too_late.answers == {"buy AAA on day 0": "expired"}


def test_a_day_too_short_for_a_window_has_no_entries_but_has_exits() -> None:
    no_window = rules(window_start_minutes=200, window_end_minutes=200)
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}), policy=no_window)
    desk.hold("AAA", 10, entry=1_000_000)
    desk.opens()
    desk.offer(sell("AAA", 0), at=opening(0))
    assert len(desk.trades) == 1


def test_the_day_after_thanksgiving_is_a_session_with_a_shorter_window() -> None:
    sessions = xnys(date(2014, 11, 3), date(2014, 12, 1))
    dates = tuple(s.on for s in sessions.sessions if date(2014, 11, 3) <= s.on <= date(2014, 12, 1))
    low, middle, high = (np.full((len(dates), 1), usd * 10_000, np.int64) for usd in (99, 100, 101))
    market = DailyTape(
        tickers=("AAA",),
        dates=dates,
        open=middle,
        high=high,
        low=low,
        close=middle,
        volume=middle,
        sessions=sessions,
    )
    thanksgiving = datetime(2014, 11, 27, 15, 0, tzinfo=UTC)
    recommendation = buy("AAA", generated_at=thanksgiving)
    assert date(2014, 11, 27) not in dates

    black_friday = datetime(2014, 11, 28, 14, 30, tzinfo=UTC)
    (entry,) = play(market, recommendation).result.books.executions
    assert entry.fill.at == black_friday + timedelta(minutes=15)
    late = play(market, recommendation, policy=rules(window_start_minutes=195))
    assert list(late.answers.values()) == ["expired"]
