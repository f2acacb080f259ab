"""Circuit breaker: is something so wrong that no new entry should be made for a while?

Each question is about the cause alone. Whether a cause that stays true trips again, and what is then done, is for the
decision core (spec section 6).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from engine.model.money import Money, scaled
from engine.policy import TradingPolicy

_PLACES = 9


def is_daily_loss(day_return: float, policy: TradingPolicy) -> bool:
    """Is the account down by more than it may be since the previous close (a fraction, flows left out)?

    Rounded to 1e-9: binary rounding would make 98/100 - 1 a loss of more than 2 %.
    """
    return round(day_return, _PLACES) < -policy.daily_loss_pct


def is_volatile(stops_at: Iterable[datetime], at: datetime, policy: TradingPolicy) -> bool:
    """Were so many stops hit within the window that ends at `at`?"""
    return stops_within(stops_at, at, policy) >= policy.volatility_stop_count


def stops_within(stops_at: Iterable[datetime], at: datetime, policy: TradingPolicy) -> int:
    """Return how many of `stops_at` lie in the window that ends at `at`, its start left out."""
    since = at - timedelta(minutes=policy.volatility_window_minutes)
    return sum(since < stop <= at for stop in stops_at)


def single_position_level(entry_price: Money, policy: TradingPolicy) -> Money:
    """Return the price below which a position has lost more than one may."""
    return _below(entry_price, policy.single_position_loss_pct)


@lru_cache(maxsize=1_000)  # asked at every look, of the same few entries
def _below(price: Money, loss_pct: float) -> Money:
    return scaled(price, 1 - loss_pct)
