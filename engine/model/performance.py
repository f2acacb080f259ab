"""Performance: which figures say how a run or a live account did?"""

from dataclasses import dataclass

from engine.model.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeStatistics:
    """Figures over closed trades. A break-even trade is neither win nor loss, but counts in the total (spec section 8).

    `profit_factor` is infinite without losses and None without trades; averages are None where there is nothing to
    average.
    """

    trade_count: int
    win_count: int
    loss_count: int
    win_rate: float | None
    profit_factor: float | None
    gross_profit: Money
    gross_loss: Money
    net_pnl: Money
    average_win: Money | None
    average_loss: Money | None
    average_hold_days: float | None


NO_TRADES = TradeStatistics(
    trade_count=0,
    win_count=0,
    loss_count=0,
    win_rate=None,
    profit_factor=None,
    gross_profit=0,
    gross_loss=0,
    net_pnl=0,
    average_win=None,
    average_loss=None,
    average_hold_days=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceMetrics:
    """The headline of a run: returns and drawdowns are fractions, flows left out.

    `micro` is of micro trades, `trades` of all others.
    """

    initial_value: Money
    final_value: Money
    total_return: float
    annual_return: float | None
    sharpe_ratio: float | None
    max_drawdown: float
    current_drawdown: float
    exposure: float
    costs: Money
    flows: Money
    reserve: Money
    sessions: int
    trades: TradeStatistics
    micro: TradeStatistics = NO_TRADES
