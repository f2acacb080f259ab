"""Stop-loss manager: at which price is a position sold?

A stop only ever moves up (split-adjusted). Levels are money, 4 places; ATR is in dollars.
"""

from dataclasses import replace
from enum import StrEnum
from fractions import Fraction

from engine.model.money import Money, dollars, quantise
from engine.model.positions import Position, StopLevels
from engine.policy import RiskTierConfig


class StopTrigger(StrEnum):
    """Which level was hit."""

    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"


def initial_levels(entry: Money, atr: float, tier: RiskTierConfig) -> StopLevels:
    """Return the levels of a position entered at `entry` (spec section 5).

    stop = entry - ATR * multiplier (never below zero), target = entry + (entry - stop) * reward:risk, 4 places each.
    """
    price = dollars(entry)
    stop = initial_stop(entry, atr, tier)
    target = quantise(price + tier.reward_risk_ratio * (price - dollars(stop)))
    return StopLevels(
        stop=stop,
        target=target,
        atr=atr,
        atr_multiplier=tier.stop_loss_atr_multiplier,
        reward_risk_ratio=tier.reward_risk_ratio,
    )


def initial_stop(entry: Money, atr: float, tier: RiskTierConfig) -> Money:
    """Return the stop alone."""
    return max(0, quantise(dollars(entry) - tier.stop_loss_atr_multiplier * atr))


def has_stop_distance(price: Money, atr: float, tier: RiskTierConfig) -> bool:
    """Does this ATR put the stop below `price` at all? A ticker that stands still has no stop."""
    return initial_stop(price, atr, tier) < price


def after_further_fill(old: StopLevels, entry: Money, tier: RiskTierConfig) -> StopLevels:
    """Return the levels when further fills made the average entry `entry`: the stop never falls."""
    new = initial_levels(entry, old.atr, tier)
    return replace(new, stop=max(old.stop, new.stop), trailing_stop_active=old.trailing_stop_active)


def crossed(levels: StopLevels, low: Money, high: Money) -> StopTrigger | None:
    """Return the level that a price between `low` and `high` hit; the stop first when both (spec section 5)."""
    if low <= levels.stop:
        return StopTrigger.STOP_LOSS
    if high >= levels.target:
        return StopTrigger.TAKE_PROFIT
    return None


def break_even(position: Position, high: Money, trigger_pct: float) -> StopLevels | None:
    """Return levels with the stop at the entry when `high` is beyond `trigger_pct` of the way to the target, or None.

    Done once: a stop that is there already, or above, stays.
    """
    levels, entry = position.levels, position.entry_price
    if levels.trailing_stop_active or high - entry <= trigger_pct * (levels.target - entry):
        return None
    return replace(levels, stop=max(levels.stop, entry), trailing_stop_active=True)


def after_split(levels: StopLevels, ratio: Fraction) -> StopLevels:
    """Return the same levels in the new shares' prices."""
    return replace(
        levels,
        stop=round(levels.stop / ratio),
        target=round(levels.target / ratio),
        atr=round(levels.atr / float(ratio), 6),
    )
