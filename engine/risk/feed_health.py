"""Feed health: is one ticker silent, or is it the feed?

One ticker without a price for 15 minutes of market time while others tick is the ticker's own affair. Several at once,
or nothing at all, is the feed's (spec section 5).
"""

from engine.policy import TradingPolicy


def is_silent(seconds: float, policy: TradingPolicy) -> bool:
    """Is a ticker silent that had its last price so many `seconds` of market time ago?"""
    return bool(policy.silent_ticker_minutes) and seconds >= 60 * policy.silent_ticker_minutes


def has_feed_failed(silent: int, held: int, heartbeat_seconds: float, policy: TradingPolicy) -> bool:
    """Has the feed failed, with `silent` of `held` tickers silent and the last price of all so many seconds ago?"""
    if not policy.silent_ticker_minutes:
        return False
    several = silent >= 2 and silent >= policy.feed_failure_share * held
    return several or silent >= policy.feed_failure_tickers or is_silent(heartbeat_seconds, policy)
