"""Performance: how well did it go, by figures that others use too?

Fractions are 0..1. The same functions serve the live engine's snapshots and a backtest's headline (property 36).
"""

import math
from collections.abc import Iterable, Sequence

from engine.model.money import Money, divide_half_even, dollars
from engine.model.performance import PerformanceMetrics, TradeStatistics
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.policy import TradingPolicy

SESSIONS_A_YEAR = 252
SHARPE_WINDOW = 30


def sharpe_ratio(daily_returns: Sequence[float]) -> float | None:
    """Return mean / standard deviation (ddof 1) * sqrt(252), or None with fewer than 2 returns or no deviation.

    Sharpe (1994), without a risk-free rate, as spec section 8 defines it.
    """
    n = len(daily_returns)
    if n < 2:
        return None
    mean = math.fsum(daily_returns) / n
    variance = math.fsum((r - mean) ** 2 for r in daily_returns) / (n - 1)
    deviation = math.sqrt(variance)
    if deviation <= 1e-12 * max(1.0, abs(mean)):
        return None
    return mean / deviation * math.sqrt(SESSIONS_A_YEAR)


def max_drawdown(growth: Iterable[float]) -> float:
    """Return the deepest fall from a peak of `growth` (1.0 is the start, which counts as a peak), 0..1."""
    peak, deepest = 1.0, 0.0
    for value in growth:
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest


def daily_return(value: Money, previous: Money, deposits: Money) -> float:
    """Return the day's return, the day's deposits less withdrawals left out; 0 when there was nothing before."""
    return (value - deposits) / previous - 1 if previous > 0 else 0.0


def profit_factor(gross_profit: Money, gross_loss: Money, trade_count: int) -> float | None:
    """Return gross profit / gross loss (both positive); infinite without losses, None without trades."""
    if not trade_count:
        return None
    return gross_profit / gross_loss if gross_loss else math.inf


def win_rate(wins: int, total: int) -> float | None:
    """Return wins / total, or None without trades. Break-even trades count in the total."""
    return wins / total if total else None


def large_trade_limit(active_pool: Money, policy: TradingPolicy) -> float:
    """Return the P&L, in dollars either way, beyond which a trade is told (spec section 8)."""
    return min(policy.large_trade_pnl_usd, policy.large_trade_pnl_pct * max(0.0, dollars(active_pool)))


def trade_statistics(trades: Sequence[ClosedTrade]) -> TradeStatistics:
    """Return the figures over `trades`, P&L after costs."""
    wins = [t.pnl for t in trades if t.pnl > 0]
    losses = [-t.pnl for t in trades if t.pnl < 0]
    count = len(trades)
    return TradeStatistics(
        trade_count=count,
        win_count=len(wins),
        loss_count=len(losses),
        win_rate=win_rate(len(wins), count),
        profit_factor=profit_factor(sum(wins), sum(losses), count),
        gross_profit=sum(wins),
        gross_loss=sum(losses),
        net_pnl=sum(wins) - sum(losses),
        average_win=divide_half_even(sum(wins), len(wins)) if wins else None,
        average_loss=divide_half_even(sum(losses), len(losses)) if losses else None,
        average_hold_days=math.fsum(t.hold_days for t in trades) / count if count else None,
    )


def compute_metrics(
    initial: Money, snapshots: Sequence[PortfolioSnapshot], trades: Sequence[ClosedTrade]
) -> PerformanceMetrics:
    """Return the headline figures of a run of daily `snapshots` that began with `initial`.

    Trades and micro trades are counted apart.

    The Sharpe ratio is over all daily returns; the annual return is geometric over 252 sessions a year and None for
    less than a month; exposure is the mean of market value over active pool.
    """
    returns = [s.daily_return for s in snapshots]
    last = snapshots[-1] if snapshots else None
    total = last.cumulative_return if last else 0.0
    years = len(returns) / SESSIONS_A_YEAR
    invested = [(s.total_value - s.cash) / s.active_pool for s in snapshots if s.active_pool > 0]
    return PerformanceMetrics(
        initial_value=initial,
        final_value=last.total_value if last else initial,
        total_return=total,
        annual_return=(1 + total) ** (1 / years) - 1 if len(returns) >= 21 and total > -1 else None,
        sharpe_ratio=sharpe_ratio(returns),
        max_drawdown=last.max_drawdown if last else 0.0,
        current_drawdown=last.current_drawdown if last else 0.0,
        exposure=math.fsum(invested) / len(invested) if invested else 0.0,
        costs=last.costs if last else 0,
        flows=last.flows if last else 0,
        reserve=last.reserve if last else 0,
        sessions=len(snapshots),
        trades=trade_statistics([t for t in trades if not t.is_micro]),
        micro=trade_statistics([t for t in trades if t.is_micro]),
    )
