"""Words: what does each skip reason, exit reason and rule mean, in a phrase?"""

from engine.model.decisions import Decision, DecisionKind

SKIPS = {
    "act": "taken: bought or sold",
    "disabled": "the engine is switched off",
    "not_active": "trading was not active",
    "wrong_mode": "meant for another kind of account",
    "expired": "too old when it could be judged",
    "already_held": "already held or being bought",
    "cooling_down": "ticker was cooling down",
    "outside_window": "outside the trading window",
    "low_confidence": "confidence below the tier's minimum",
    "no_price": "no fresh price",
    "no_atr": "too few bars for the ATR",
    "max_positions": "as many positions as allowed",
    "declining_positions": "too many positions were falling",
    "active_pool_minimum": "active pool below its minimum",
    "earnings": "too close to earnings",
    "correlation": "too alike to what was held",
    "sector": "sector was full",
    "heat": "would have risked too much at once",
    "cash": "not enough free cash",
    "below_one_share": "worth less than one share",
    "halted": "trading was halted",
    "market_closed": "exchange was shut",
    "not_held": "a sell of something not held",
    "micro_trading_off": "micro trading is switched off",
    "micro_daily_limit": "as many micro trades as a day allows",
    "pending": "still waiting at the end",
}

LIMITS = {
    "expiry": "above",
    "confidence": "at least",
    "atr": "at least",
    "active_pool": "at least",
    "cash": "at least",
    "whole_shares": "at least",
    "earnings": "above",
    "position_count": "below",
    "sector": "below",
    "trading_window": "below",
    "micro_daily_count": "below",
}
"""How a check's value must stand to its limit; `at most` where nothing is said."""

CHECKS = {
    "trading_state": "trading is active",
    "mode": "right mode",
    "expiry": "time left",
    "held": "not held yet",
    "cool_down": "cooling down",
    "price": "age of the price",
    "atr": "bars for the ATR",
    "position_count": "positions",
    "whole_shares": "a whole share",
    "micro_trading": "micro trading is on",
    "micro_daily_count": "micro trades today",
}
"""What a check is called to people, where its own name would mislead."""

EXITS = {
    "stop_loss": "stop",
    "take_profit": "target",
    "recommendation_exit": "sell recommendation",
    "vanished": "vanished",
    "split": "split left no share",
    "breaker": "circuit breaker",
    "manual": "operator",
    "rebalance": "rebalanced",
    "micro_close": "micro trade over",
    "no_price": "no price any more",
}

KINDS = {
    "entry": "entry",
    "exit": "exit",
    "rebalance": "rebalancing sale",
    "micro": "micro trade",
    "operator": "operator's command",
}
"""What a decision is about."""

STOP_RULES = {
    "initial": "first fill",
    "further_fill": "further tranche",
    "break_even": "stop to entry",
    "atr": "ATR has moved",
    "earnings": "earnings are near",
    "event": "severe event is on",
    "heat": "heat near its limit",
    "split": "split",
}
"""Which rule moved a stop."""

CANCELLED_BY = {
    "feed_failure": "price feed failed",
    "reducing": "entries stopped by a person",
    "halted": "trading halted by a person",
    "daily_loss": "breaker: daily loss",
    "volatility": "breaker: volatility",
    "manual": "sold or stopped by a person",
    "split": "the share was split",
    "vanished": "the ticker vanished",
}
"""What cancelled the rest of an entry, where it was neither a check nor a sale."""


def because(d: Decision) -> str:
    """Return what a decision is about: `recommendation 9f1c…`, `signal 9f1c…`, or what happened."""
    if d.recommendation_id is None:
        return EXITS.get(d.cause, d.cause)
    return f"{'signal' if d.kind is DecisionKind.MICRO else 'recommendation'} {d.recommendation_id}"


def why_not(d: Decision) -> str:
    """Return why it was skipped, and what stood in the way where that is no number: `...: reducing: volatility`."""
    words = SKIPS.get(d.skip_reason or "", d.skip_reason or "")
    failed = next((v for v in d.trace.verdicts if not v.passed), None) if d.trace else None
    note = failed.note if failed is not None and failed.value is None else ""
    return f"{words} ({note})" if note else words
