"""Tables: what is kept of a run and of live trading? One schema for SQLite and PostgreSQL.

Names are the plan's (task 1.1) where it has one. Every state table has `run_id` (0 = live) and the order in which
things happened, `seq`, as its key: a run's books lie together and pages start where the last one ended. Market data is
in `storage/market_tables.py`, decisions in `storage/decision_tables.py`, the histories of reserve, tier, breakers,
flows, splits and notices in `storage/risk_tables.py`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    text,
)

from engine.model.orders import OrderSide, OrderTag
from engine.model.portfolio import RiskTierName, TradingState
from engine.model.positions import StopRule
from engine.model.runs import RunStatus
from storage.decision_tables import TRADING_DECISIONS
from storage.risk_tables import (
    CASH_FLOWS,
    CIRCUIT_BREAKER_EVENTS,
    NOTICES,
    POSITION_SPLITS,
    RESERVE_POOL_LEDGER,
    RISK_TIER_HISTORY,
)
from storage.table_kinds import METADATA, optional, required, state_table
from storage.types import JsonType, MoneyType, UtcDateTime, WordType

BACKTEST_RUNS = Table(
    "backtest_runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    required("name", String),
    required("status", WordType(RunStatus)),
    required("error", String),
    required("created_at", UtcDateTime()),
    optional("completed_at", UtcDateTime()),
    required("start_date", Date),
    required("end_date", Date),
    required("initial_capital", MoneyType()),
    required("risk_tier", WordType(RiskTierName)),
    required("seed", BigInteger),
    required("config", JsonType()),
    required("costs", JsonType()),
    required("inputs", JsonType()),
    required("reading", JsonType()),
    required("funnel", JsonType()),
    required("gaps", JsonType()),
    required("unaffordable", JsonType()),
    required("notes", JsonType()),
    required("fingerprint", String),
    required("engine_seconds", Float),
    required("code_version", String),
    # The metrics: all empty until there are any.
    optional("initial_value", MoneyType()),
    optional("final_value", MoneyType()),
    optional("total_return", Float),
    optional("annual_return", Float),
    optional("sharpe_ratio", Float),
    optional("max_drawdown", Float),
    optional("current_drawdown_pct", Float),
    optional("exposure", Float),
    optional("total_costs", MoneyType()),
    optional("total_flows", MoneyType()),
    optional("reserve_pool", MoneyType()),
    optional("session_count", Integer),
    optional("trade_count", Integer),
    optional("win_count", Integer),
    optional("loss_count", Integer),
    optional("win_rate", Float),
    optional("profit_factor", Float),
    optional("gross_profit", MoneyType()),
    optional("gross_loss", MoneyType()),
    optional("net_pnl", MoneyType()),
    optional("average_win", MoneyType()),
    optional("average_loss", MoneyType()),
    optional("average_hold_days", Float),
    optional("micro_metrics", JsonType()),
)

BACKTEST_TRADES = Table(
    "backtest_trades",
    METADATA,
    Column("backtest_id", ForeignKey(BACKTEST_RUNS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    required("ticker", String),
    required("decision_id", String),
    required("exit_decision_id", String),
    optional("recommendation_id", String),
    optional("sector", String),
    required("quantity", BigInteger),
    required("entry_price", MoneyType()),
    required("exit_price", MoneyType()),
    required("entry_at", UtcDateTime()),
    required("exit_at", UtcDateTime()),
    required("hold_duration_days", Float),
    required("pnl", MoneyType()),
    required("costs", MoneyType()),
    required("pnl_pct", Float),
    required("exit_reason", String),
    required("signal_confidence", Float),
    required("thesis", String),
    required("is_micro_trade", Boolean),
    sqlite_with_rowid=False,
)
_T = BACKTEST_TRADES.c
for _column in (
    _T.exit_at,
    _T.quantity,
    _T.entry_price,
    _T.exit_price,
    _T.pnl,
    _T.pnl_pct,
    _T.hold_duration_days,
    _T.decision_id,
    _T.exit_decision_id,
):
    Index(f"ix_backtest_trades_{_column.name}", _T.backtest_id, _column, _T.seq)
for _column in (_T.ticker, _T.exit_reason):  # from A on, and what is alike the last one first
    Index(f"ix_backtest_trades_{_column.name}", _T.backtest_id, _column, _T.seq.desc())

ORDER_FILLS = state_table(
    "order_fills",
    required("client_order_id", String),
    required("decision_id", String),
    required("tag", WordType(OrderTag)),
    required("ticker", String),
    required("side", WordType(OrderSide)),
    required("quantity", BigInteger),
    required("price", MoneyType()),
    required("commission", MoneyType()),
    required("filled_at", UtcDateTime()),
)
Index("ix_order_fills_decision_id", ORDER_FILLS.c.run_id, ORDER_FILLS.c.decision_id, ORDER_FILLS.c.seq)

TAX_LOTS = state_table(
    "tax_lots",
    optional("trade_seq", Integer),  # of backtest_trades; empty while the lot is open
    required("lot_id", String),
    required("ticker", String),
    required("status", String),  # open, closed, washed (closed at a loss that was put off)
    required("quantity", BigInteger),
    required("cost", MoneyType()),
    required("commission", MoneyType()),
    required("acquired_at", UtcDateTime()),
    optional("cost_basis_per_share", MoneyType()),  # once part of an open lot is sold
    optional("closed_at", UtcDateTime()),
    optional("proceeds", MoneyType()),
    optional("realized_pnl", MoneyType()),
    # What tax makes of it, and nobody else: empty while a run is not finished.
    optional("tax_basis", MoneyType()),
    optional("holding_since", Date),
    optional("wash_sale_flag", Boolean),
    optional("wash_sale_loss", MoneyType()),
    optional("wash_sale_details", JsonType()),
)
Index(
    "ix_tax_lots_trade_seq",
    TAX_LOTS.c.run_id,
    TAX_LOTS.c.trade_seq,
    TAX_LOTS.c.seq,
    sqlite_where=text("trade_seq IS NOT NULL"),
    postgresql_where=text("trade_seq IS NOT NULL"),
)

POSITION_STOP_LEVELS = state_table(
    "position_stop_levels",
    required("ticker", String),
    required("decision_id", String),
    required("created_at", UtcDateTime()),
    required("rule", WordType(StopRule)),
    required("entry_price", MoneyType()),
    required("stop_loss_price", MoneyType()),
    required("take_profit_price", MoneyType()),
    required("atr_value", Float),
    required("atr_multiplier", Float),
    required("reward_risk_ratio", Float),
    required("trailing_stop_active", Boolean),
    required("signal_confidence", Float),
    required("is_micro_trade", Boolean),
)
_S = POSITION_STOP_LEVELS.c
Index("ix_position_stop_levels_decision_id", _S.run_id, _S.decision_id, _S.seq)

PORTFOLIO_SNAPSHOTS = Table(
    "portfolio_snapshots",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("snapshot_date", Date, primary_key=True),
    required("created_at", UtcDateTime()),
    required("portfolio_value", MoneyType()),
    required("cash", MoneyType()),
    required("active_pool", MoneyType()),
    required("reserve_pool", MoneyType()),
    required("flows", MoneyType()),
    required("costs", MoneyType()),
    required("realized_pnl", MoneyType()),
    required("unrealized_pnl", MoneyType()),
    required("daily_pnl", MoneyType()),
    required("daily_return", Float),
    required("cumulative_return", Float),
    required("win_count", Integer),
    required("loss_count", Integer),
    required("trade_count", Integer),
    optional("win_rate", Float),
    optional("sharpe_ratio", Float),
    required("max_drawdown", Float),
    required("current_drawdown_pct", Float),
    required("portfolio_heat", Float),
    required("risk_tier", WordType(RiskTierName)),
    required("trading_state", WordType(TradingState)),
    required("gross_profit", MoneyType()),
    required("gross_loss", MoneyType()),
    required("positions", JsonType()),
    required("metrics", JsonType()),  # of micro trades
)

RUN_TABLES = (
    BACKTEST_RUNS,
    BACKTEST_TRADES,
    TRADING_DECISIONS,
    ORDER_FILLS,
    TAX_LOTS,
    POSITION_STOP_LEVELS,
    RESERVE_POOL_LEDGER,
    RISK_TIER_HISTORY,
    CIRCUIT_BREAKER_EVENTS,
    CASH_FLOWS,
    POSITION_SPLITS,
    NOTICES,
    PORTFOLIO_SNAPSHOTS,
)
"""All that lies in a run's own file."""
