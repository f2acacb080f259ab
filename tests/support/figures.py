"""Figures: the headline of a run, for tests that care about one number of it."""

from typing import Any

from engine.model.performance import PerformanceMetrics, TradeStatistics


def some_metrics(**trades: Any) -> PerformanceMetrics:
    """Return the figures of a run that won four trades of six; `trades` are fields of its statistics."""
    plain: dict[str, Any] = {"trade_count": 6, "win_count": 4, "loss_count": 2, "win_rate": 4 / 6, "profit_factor": 2.5}
    amounts: dict[str, Any] = {"gross_profit": 50_000, "gross_loss": 20_000, "net_pnl": 30_000}
    averages: dict[str, Any] = {"average_win": 12_500, "average_loss": 10_000, "average_hold_days": 3.25}
    return PerformanceMetrics(
        initial_value=1_000_000_000,
        final_value=1_100_000_000,
        total_return=0.1,
        annual_return=0.2,
        sharpe_ratio=1.5,
        max_drawdown=0.05,
        current_drawdown=0.01,
        exposure=0.6,
        costs=12_300,
        flows=0,
        reserve=0,
        sessions=504,
        trades=TradeStatistics(**plain | amounts | averages | trades),
    )
