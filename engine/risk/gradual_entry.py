"""Gradual entry: is an entry made in parts, and in which?

Above the smaller of $30 and 5 % of the active pool: three tranches of nearly equal shares, fewer when there are not
three shares (spec section 7).
"""

from datetime import datetime, timedelta

from engine.model.money import Money, dollars
from engine.policy import TradingPolicy


def should_use_gradual_entry(value: Money, active_pool: Money, policy: TradingPolicy) -> bool:
    """Is an entry of `value` large?"""
    large = min(policy.gradual_entry_threshold_dollars, policy.gradual_entry_threshold_pct * dollars(active_pool))
    return policy.gradual_entry_tranches > 1 and dollars(value) > large


def split_into_tranches(shares: int, policy: TradingPolicy) -> tuple[int, ...]:
    """Return `shares` in parts that differ by one at most, the larger first; each has a share at least."""
    count = max(1, min(policy.gradual_entry_tranches, shares))
    each, more = divmod(shares, count)
    return tuple(each + (n < more) for n in range(count))


def is_due(last_at: datetime, at: datetime, policy: TradingPolicy) -> bool:
    """Has enough time gone by since the last part was ordered?"""
    return at - last_at >= timedelta(minutes=policy.gradual_entry_interval_minutes)
