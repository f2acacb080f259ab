"""Heat tightening: whose stop comes nearer when heat is close to its limit, and how near?

The least confident positions first, each stop half-way to the price, at most once a session each, never nearer than
half an ATR (spec section 5).
"""

from collections.abc import Iterable

from engine.model.money import Money, dollars, quantise
from engine.model.positions import MarkedPosition
from engine.policy import RiskTierConfig, TradingPolicy


def limit(tier: RiskTierConfig, policy: TradingPolicy) -> float:
    """Return the heat above which stops come nearer, as a fraction of the active pool."""
    return policy.heat_tighten_pct * tier.max_portfolio_heat


def in_order(positions: Iterable[MarkedPosition]) -> list[MarkedPosition]:
    """Return the positions that have heat, the least confident first, by ticker where they are alike."""
    hot = [p for p in positions if p.open_risk_usd > 0]
    return sorted(hot, key=lambda p: (p.position.signal_confidence, p.position.ticker))


def nearer_stop(marked: MarkedPosition, policy: TradingPolicy) -> Money | None:
    """Return the stop half-way to the price, or where half an ATR lets it be; None when that is no nearer."""
    position, price = marked
    levels = position.levels
    half_way = levels.stop + int((price - levels.stop) * policy.heat_tighten_step)
    nearest = quantise(dollars(price) - policy.heat_tighten_min_atr * levels.atr)
    stop = min(half_way, nearest)
    return stop if stop > levels.stop else None
