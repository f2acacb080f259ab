"""Performance schemas: how did the account do, now and on each day?"""

from datetime import date

from pydantic import Field

from engine.model.portfolio import RiskTierName, TradingState
from stonks_tui.http.schemas import Dollars, Fraction, Moment, Number, Told


class Micro(Told):
    """Micro trades alone."""

    entries_today: int
    trade_count: int
    win_count: int
    loss_count: int
    win_rate: Number
    gross_profit: Dollars
    gross_loss: Dollars
    net_pnl: Dollars


class Day(Told):
    """The books of a session. Counts and rates are of all trades but micro trades; a profit factor without losses is
    null."""

    on: date
    at: Moment
    total_value: Dollars
    cash: Dollars
    active_pool: Dollars
    reserve: Dollars
    flows: Dollars
    costs: Dollars
    realised_pnl: Dollars
    unrealised_pnl: Dollars
    daily_pnl: Dollars
    daily_return: Fraction
    cumulative_return: Fraction
    win_count: int
    loss_count: int
    trade_count: int
    win_rate: Number
    profit_factor: Number
    average_win: Dollars | None
    average_loss: Dollars | None
    gross_profit: Dollars
    gross_loss: Dollars
    sharpe_ratio: Number = Field(description="over the trailing 30 daily returns")
    max_drawdown: Fraction
    current_drawdown: Fraction
    heat: Fraction
    risk_tier: RiskTierName
    trading_state: TradingState
    micro: Micro


class Performance(Told):
    """The session that is on, as if it ended now, else the last one; null before the first."""

    day: Day | None


class History(Told):
    """Days in order. `next_from` gives the next page; null at the end."""

    days: list[Day]
    next_from: date | None
