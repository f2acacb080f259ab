"""Cool-downs count the minutes in which the market is open: not nights, weekends or holidays, and early closes less."""

from datetime import UTC, date, datetime
from typing import Any

from engine.adapters.calendar import xnys
from tests.support.tapes import Path, Played, buy, minutes, play, rules

LOSS = {
    "base_allocation_pct": 0.4,
    "tier_auto": False,
    "moderate": {
        "max_position_pct": 0.4,
        "max_sector_pct": 1.0,
        "max_portfolio_heat": 10.0,
        "stop_loss_atr_multiplier": 20.0,
    },
}
FALL: Path = {0: 100, 300: 94}
"""400 AAA lose 2.4 % of the account at minute 300: 90 minutes before the close of a regular day."""


def fallen(on: int, *, days: int, **about: Any) -> Played:
    market = minutes({"AAA": {0: {0: 100}, on: FALL}}, days=days, **about)
    day_0 = about.get("day_0", market.daily.dates[15])
    assert isinstance(day_0, date)
    first = market.daily.sessions.on(day_0)
    assert first is not None
    asked = buy("AAA", generated_at=first.open_at.replace(hour=2))
    return play(market, asked, policy=rules(**LOSS), day_0=day_0)


def test_a_night_does_not_count() -> None:
    assert fallen(0, days=3).breakers == ["day 0 300 min: daily_loss until day 1 300 min"]


def test_a_weekend_does_not_count() -> None:
    played = fallen(4, days=7)
    assert played.breakers == ["day 4 300 min: daily_loss until day 5 300 min"]
    (breaker,) = played.result.books.breakers
    assert breaker.cooldown_expires == datetime(2024, 1, 29, 19, 30, tzinfo=UTC)  # Monday


def test_an_early_close_counts_its_210_minutes() -> None:
    # 90 minutes of day 0, 210 of day 1, 90 of day 2
    assert fallen(0, days=4, early=(1,)).breakers == ["day 0 300 min: daily_loss until day 2 90 min"]


def test_a_holiday_does_not_count() -> None:
    # Friday 16 February 2024, Monday is Presidents' Day: the rest is counted on Tuesday
    real = xnys(date(2024, 1, 2), date(2024, 3, 29))
    played = fallen(1, days=4, sessions=real, day_0=date(2024, 2, 15))
    assert played.breakers == ["day 1 300 min: daily_loss until day 2 300 min"]
    (breaker,) = played.result.books.breakers
    assert breaker.cooldown_expires == datetime(2024, 2, 20, 19, 30, tzinfo=UTC)


def test_over_the_change_of_the_clocks_minutes_are_minutes() -> None:
    # Friday 8 March 2024 opens at 14:30 UTC, Monday after it at 13:30
    real = xnys(date(2024, 1, 2), date(2024, 4, 30))
    played = fallen(1, days=4, sessions=real, day_0=date(2024, 3, 7))
    assert played.breakers == ["day 1 300 min: daily_loss until day 2 300 min"]
    (breaker,) = played.result.books.breakers
    assert breaker.cooldown_expires == datetime(2024, 3, 11, 18, 30, tzinfo=UTC)
