"""Rapid move: has a price run away within minutes?"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.model.money import Money
from engine.policy import TradingPolicy


def moved_by(price: Money, at: datetime, seen: Iterable[tuple[datetime, Money]], policy: TradingPolicy) -> float:
    """Return the largest change to `price` from a price `seen` within the window that ends at `at`, as a fraction."""
    since = at - timedelta(minutes=policy.rapid_move_minutes)
    return max((abs(price / before - 1) for when, before in seen if when >= since and before > 0), default=0.0)


def is_rapid(change: float, policy: TradingPolicy) -> bool:
    """Is that beyond what a position may move without being looked at (spec section 5)?"""
    return change > policy.rapid_move_pct
