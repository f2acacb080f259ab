"""Print confirmation: is one price enough to be believed?

One that is more than 20 % from the last needs a second one beside it before it triggers anything (spec section 5).
"""

from engine.model.money import Money
from engine.policy import TradingPolicy


def is_far(price: Money, last: Money, policy: TradingPolicy) -> bool:
    """Is `price` so far from `last` that it could be a wrong print?"""
    return abs(price - last) > policy.print_confirmation_pct * last


def is_confirmed(price: Money, doubted: Money | None, policy: TradingPolicy) -> bool:
    """Does `price` stand where the print that was doubted stood?"""
    return doubted is not None and not is_far(price, doubted, policy)
