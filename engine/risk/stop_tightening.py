"""Stop tightening: how much nearer does a stop belong now?

    stop = max(old, min(entry, price) - f * multiplier * ATR)            (spec section 5)

f is the smallest factor in force: 0.7 shortly before earnings, 0.5 while a severe event is on, 1 when only the ATR has
moved. The stop never falls, and never comes to lie above the price.
"""

from dataclasses import dataclass, replace

from engine.model.money import Money, dollars, quantise
from engine.model.positions import Position, StopLevels, StopRule
from engine.policy import TradingPolicy

_PLACES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a stop depends on besides its position: last price, ATR in dollars (None: unknown), what is ahead."""

    price: Money
    atr: float | None
    sessions_to_earnings: int | None
    is_event_on: bool


def has_atr_moved(levels: StopLevels, atr: float | None, policy: TradingPolicy) -> bool:
    """Has the ATR moved by more than a tenth since the levels were last reckoned? Rounded, as ATRs are."""
    return atr is not None and round(abs(atr - levels.atr), _PLACES) > round(policy.atr_change_pct * levels.atr, 9)


def is_before_earnings(sessions_to_earnings: int | None, policy: TradingPolicy) -> bool:
    """Does the company report within the next sessions (0 is today)?"""
    return sessions_to_earnings is not None and 0 <= sessions_to_earnings <= policy.earnings_tighten_sessions


def factor(now: Circumstances, policy: TradingPolicy) -> tuple[float, StopRule]:
    """Return what remains of the stop's distance and the rule that says so."""
    in_force = [(1.0, StopRule.ATR)]
    if is_before_earnings(now.sessions_to_earnings, policy):
        in_force.append((policy.earnings_tighten_factor, StopRule.EARNINGS))
    if now.is_event_on:
        in_force.append((policy.event_tighten_factor, StopRule.EVENT))
    return min(in_force, key=lambda pair: pair[0])


def re_evaluated(position: Position, now: Circumstances, policy: TradingPolicy) -> tuple[StopLevels, StopRule] | None:
    """Return the levels that fit the circumstances and the rule that made them, or None when nothing changes."""
    levels = position.levels
    moved = has_atr_moved(levels, now.atr, policy)
    f, rule = factor(now, policy)
    if not moved and rule is StopRule.ATR:
        return None
    atr = levels.atr if now.atr is None or not moved else now.atr
    nearest = dollars(min(position.entry_price, now.price))
    stop = max(levels.stop, quantise(nearest - f * levels.atr_multiplier * atr))
    if stop == levels.stop and atr == levels.atr:
        return None
    return replace(levels, stop=stop, atr=atr), rule
