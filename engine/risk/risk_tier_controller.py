"""Risk tier controller: does the tier fit how trading has gone?"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.model.money import Money
from engine.model.portfolio import RiskTierName, TierChangeCause
from engine.policy import TradingPolicy

_TIERS = tuple(RiskTierName)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOutcome:
    """A closed trade as the controller sees it: P&L after costs, and what its first stop would have cost."""

    pnl: Money
    initial_risk: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TierMetrics:
    """What the controller judges by. `win_rate` is None when too few trades tell; fractions are 0..1."""

    win_rate: float | None
    trades: int
    drawdown: float
    reserve_pct: float


def win_rate(outcomes: Iterable[TradeOutcome], policy: TradingPolicy) -> tuple[float | None, int]:
    """Return wins / trades and how many trades tell, the rate None when these are too few (spec section 6).

    Trades that ended within a tenth of their initial risk tell nothing: most of them are break-even stops.
    """
    telling = [o for o in outcomes if abs(o.pnl) > policy.tier_scratch_risk_pct * o.initial_risk]
    if len(telling) < max(policy.tier_min_trades, 1):
        return None, len(telling)
    return sum(o.pnl > 0 for o in telling) / len(telling), len(telling)


def evaluate(
    tier: RiskTierName, metrics: TierMetrics, policy: TradingPolicy, *, is_resting: bool, is_recovering: bool
) -> tuple[RiskTierName, TierChangeCause] | None:
    """Return the tier to change to and why, or None (spec section 6).

    Down one for the drawdown, at any time; down one for the win rate or up one, but not while the last change rests.
    Nothing goes up while the account recovers from an emergency.
    """
    if not policy.tier_auto:
        return None
    if metrics.drawdown > policy.tier_down_drawdown_pct:
        return _lower(tier, TierChangeCause.DRAWDOWN)
    if is_resting or metrics.win_rate is None:
        return None
    if metrics.win_rate < policy.tier_down_win_rate:
        return _lower(tier, TierChangeCause.WIN_RATE)
    if not is_recovering and _earns_more(metrics, metrics.win_rate, policy):
        return _higher(tier)
    return None


def _earns_more(metrics: TierMetrics, rate: float, policy: TradingPolicy) -> bool:
    return (
        rate > policy.tier_up_win_rate
        and metrics.reserve_pct > policy.tier_up_reserve_pct
        and metrics.drawdown < policy.tier_up_drawdown_pct
    )


def _lower(tier: RiskTierName, cause: TierChangeCause) -> tuple[RiskTierName, TierChangeCause] | None:
    place = _TIERS.index(tier)
    return (_TIERS[place - 1], cause) if place else None


def _higher(tier: RiskTierName) -> tuple[RiskTierName, TierChangeCause] | None:
    place = _TIERS.index(tier) + 1
    return (_TIERS[place], TierChangeCause.PERFORMANCE) if place < len(_TIERS) else None
