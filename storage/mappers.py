"""Mappers: which column keeps which field?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.model.decisions import Decision
from engine.model.orders import Fill
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade, Lot, LotClosure, StopChange, StopLevels
from engine.model.runs import ExecutedOrder
from storage import tables
from storage.columns import Columns
from storage.decision_tables import TRADING_DECISIONS
from storage.json_values import (
    pack_all,
    pack_fields,
    pack_lot_tax,
    pack_trace,
    unpack_lot_tax,
    unpack_marks,
    unpack_tally,
    unpack_trace,
)
from storage.row_map import RowMap


def decision_columns(decisions: Sequence[Decision]) -> Columns:
    """Return the rows of `decisions`. A cause that is the recommendation is not kept twice."""
    columns = DECISIONS.columns_of(decisions)
    pairs = zip(columns["cause"], columns["recommendation_id"], strict=True)
    return {**columns, "cause": [None if cause == asked else cause for cause, asked in pairs]}


def decision_of(row: Mapping[str, Any]) -> Decision:
    """Return the decision that a row of `trading_decisions` keeps; a row read without its trace has none."""
    cause = row["recommendation_id"] if row["cause"] is None else row["cause"]
    return DECISIONS.value_of({"decision_trace": None, **row, "cause": cause})


def snapshot_of(row: Mapping[str, Any]) -> PortfolioSnapshot:
    """Return the day that a row of `portfolio_snapshots` keeps; a row read without its positions has none."""
    return SNAPSHOTS.value_of({"positions": (), **row})


DECISIONS: RowMap[Decision] = RowMap(
    table=TRADING_DECISIONS,
    kind=Decision,
    fields={
        "decision_id": "decision_id",
        "created_at": "at",
        "kind": "kind",
        "decision": "outcome",
        "ticker": "ticker",
        "cause": "cause",
        "recommendation_id": "recommendation_id",
        "skip_reason": "skip_reason",
        "failed_value": "failed_value",
        "failed_limit": "failed_limit",
        "confidence": "confidence",
        "price": "price",
        "computed_share_quantity": "shares",
        "computed_position_size": "dollars",
        "risk_tier_at_decision": "risk_tier",
        "portfolio_heat_at_decision": "heat",
        "active_pool_at_decision": "active_pool",
        "reserve_pool_at_decision": "reserve",
        "is_micro_trade": "is_micro",
        "decision_trace": "trace",
    },
    packed={"decision_trace": pack_trace},
    unpacked={"decision_trace": unpack_trace},
)

EXECUTIONS: RowMap[ExecutedOrder] = RowMap(
    table=tables.ORDER_FILLS,
    kind=ExecutedOrder,
    nested={"fill": Fill},
    fields={
        "client_order_id": "fill.client_order_id",
        "decision_id": "decision_id",
        "tag": "tag",
        "ticker": "fill.ticker",
        "side": "fill.side",
        "quantity": "fill.quantity",
        "price": "fill.price",
        "commission": "fill.commission",
        "filled_at": "fill.at",
    },
)

TRADES: RowMap[ClosedTrade] = RowMap(
    table=tables.BACKTEST_TRADES,
    kind=ClosedTrade,
    fields={
        "ticker": "ticker",
        "decision_id": "decision_id",
        "exit_decision_id": "exit_decision_id",
        "recommendation_id": "recommendation_id",
        "sector": "sector",
        "quantity": "quantity",
        "entry_price": "entry_price",
        "exit_price": "exit_price",
        "entry_at": "entry_at",
        "exit_at": "exit_at",
        "pnl": "pnl",
        "costs": "costs",
        "pnl_pct": "pnl_pct",
        "exit_reason": "exit_reason",
        "signal_confidence": "signal_confidence",
        "thesis": "thesis",
        "is_micro_trade": "is_micro",
    },
    derived={"hold_duration_days": lambda trade: trade.hold_days},
)

_TAX_COLUMNS: Mapping[str, Callable[[Any], object]] = {
    "tax_basis": lambda lot: lot.tax and lot.tax.basis,
    "holding_since": lambda lot: lot.tax and lot.tax.held_since,
    "wash_sale_flag": lambda lot: lot.tax and lot.tax.is_wash_sale,
    "wash_sale_loss": lambda lot: lot.tax and (lot.tax.disallowed or lot.tax.carried),
}

CLOSURES: RowMap[LotClosure] = RowMap(
    table=tables.TAX_LOTS,
    kind=LotClosure,
    fields={
        "lot_id": "lot_id",
        "ticker": "ticker",
        "quantity": "quantity",
        "cost": "cost",
        "proceeds": "proceeds",
        "commission": "commission",
        "acquired_at": "acquired_at",
        "closed_at": "closed_at",
        "wash_sale_details": "tax",
    },
    packed={"wash_sale_details": pack_lot_tax},
    unpacked={"wash_sale_details": unpack_lot_tax},
    derived={
        "realized_pnl": lambda closure: closure.realised,
        "status": lambda closure: "washed" if closure.tax and closure.tax.is_wash_sale else "closed",
        **_TAX_COLUMNS,
    },
)

OPEN_LOTS: RowMap[Lot] = RowMap(
    table=tables.TAX_LOTS,
    kind=Lot,
    fields={
        "lot_id": "lot_id",
        "ticker": "ticker",
        "quantity": "quantity",
        "cost": "cost",
        "commission": "commission",
        "acquired_at": "acquired_at",
        "cost_basis_per_share": "share_cost",
        "wash_sale_details": "tax",
    },
    packed={"wash_sale_details": pack_lot_tax},
    unpacked={"wash_sale_details": unpack_lot_tax},
    derived={"status": lambda _: "open", **_TAX_COLUMNS},
)

STOP_CHANGES: RowMap[StopChange] = RowMap(
    table=tables.POSITION_STOP_LEVELS,
    kind=StopChange,
    nested={"levels": StopLevels},
    fields={
        "ticker": "ticker",
        "decision_id": "decision_id",
        "created_at": "at",
        "rule": "rule",
        "entry_price": "entry_price",
        "stop_loss_price": "levels.stop",
        "take_profit_price": "levels.target",
        "atr_value": "levels.atr",
        "atr_multiplier": "levels.atr_multiplier",
        "reward_risk_ratio": "levels.reward_risk_ratio",
        "trailing_stop_active": "levels.trailing_stop_active",
        "signal_confidence": "signal_confidence",
        "is_micro_trade": "is_micro",
    },
)

SNAPSHOTS: RowMap[PortfolioSnapshot] = RowMap(
    table=tables.PORTFOLIO_SNAPSHOTS,
    kind=PortfolioSnapshot,
    fields={
        "snapshot_date": "on",
        "created_at": "at",
        "portfolio_value": "total_value",
        "cash": "cash",
        "active_pool": "active_pool",
        "reserve_pool": "reserve",
        "flows": "flows",
        "costs": "costs",
        "realized_pnl": "realised_pnl",
        "unrealized_pnl": "unrealised_pnl",
        "daily_pnl": "daily_pnl",
        "daily_return": "daily_return",
        "cumulative_return": "cumulative_return",
        "win_count": "win_count",
        "loss_count": "loss_count",
        "trade_count": "trade_count",
        "win_rate": "win_rate",
        "sharpe_ratio": "sharpe_ratio",
        "max_drawdown": "max_drawdown",
        "current_drawdown_pct": "current_drawdown",
        "portfolio_heat": "heat",
        "risk_tier": "risk_tier",
        "trading_state": "trading_state",
        "gross_profit": "gross_profit",
        "gross_loss": "gross_loss",
        "positions": "positions",
        "metrics": "micro",
    },
    packed={"positions": pack_all, "metrics": pack_fields},
    unpacked={"positions": unpack_marks, "metrics": unpack_tally},
)
