"""Rapid move: has a price run away within minutes?"""

from engine.model.money import Money
from engine.policy import TradingPolicy


def moved_by(price: Money, lowest: Money, highest: Money) -> float:
    """Return the largest change to `price` from prices between `lowest` and `highest`, as a fraction of those."""
    return max((price - lowest) / lowest, (highest - price) / highest)  # divided once: exactly 5 % stays 5 %


def is_rapid(change: float, policy: TradingPolicy) -> bool:
    """Is that beyond what a position may move without being looked at (spec section 5)?"""
    return change > policy.rapid_move_pct
