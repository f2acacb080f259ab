"""Record mappers: which column keeps which field of a run's record and of its headline figures?"""

from collections.abc import Mapping
from typing import Any

from engine.model.performance import PerformanceMetrics, TradeStatistics
from engine.model.runs import RunRecord
from storage.columns import Columns
from storage.json_values import pack_all, pack_fields, unpack_gaps, unpack_inputs, unpack_statistics
from storage.row_map import RowMap
from storage.tables import BACKTEST_RUNS

_RECORDS: RowMap[RunRecord] = RowMap(
    table=BACKTEST_RUNS,
    kind=RunRecord,
    fields={
        "id": "run_id",
        "name": "name",
        "status": "status",
        "error": "error",
        "created_at": "created_at",
        "completed_at": "completed_at",
        "start_date": "start_on",
        "end_date": "end_on",
        "initial_capital": "initial_capital",
        "risk_tier": "risk_tier",
        "seed": "seed",
        "config": "policy",
        "costs": "costs",
        "inputs": "inputs",
        "reading": "reading",
        "funnel": "funnel",
        "gaps": "gaps",
        "unaffordable": "unaffordable",
        "notes": "notes",
        "fingerprint": "fingerprint",
        "engine_seconds": "seconds",
        "code_version": "code_version",
    },
    packed={
        "config": dict,
        "costs": dict,
        "inputs": pack_all,
        "reading": dict,
        "funnel": dict,
        "gaps": pack_all,
        "unaffordable": list,
        "notes": list,
    },
    unpacked={"inputs": unpack_inputs, "gaps": unpack_gaps, "unaffordable": tuple, "notes": tuple},
)

_METRICS: RowMap[PerformanceMetrics] = RowMap(
    table=BACKTEST_RUNS,
    kind=PerformanceMetrics,
    nested={"trades": TradeStatistics},
    fields={
        "initial_value": "initial_value",
        "final_value": "final_value",
        "total_return": "total_return",
        "annual_return": "annual_return",
        "sharpe_ratio": "sharpe_ratio",
        "max_drawdown": "max_drawdown",
        "current_drawdown_pct": "current_drawdown",
        "exposure": "exposure",
        "total_costs": "costs",
        "total_flows": "flows",
        "reserve_pool": "reserve",
        "session_count": "sessions",
        "trade_count": "trades.trade_count",
        "win_count": "trades.win_count",
        "loss_count": "trades.loss_count",
        "win_rate": "trades.win_rate",
        "profit_factor": "trades.profit_factor",
        "gross_profit": "trades.gross_profit",
        "gross_loss": "trades.gross_loss",
        "net_pnl": "trades.net_pnl",
        "average_win": "trades.average_win",
        "average_loss": "trades.average_loss",
        "average_hold_days": "trades.average_hold_days",
        "micro_metrics": "micro",
    },
    packed={"micro_metrics": pack_fields},
    unpacked={"micro_metrics": unpack_statistics},
)


def record_columns(record: RunRecord) -> Columns:
    """Return the row of `record`, as columns of one value."""
    metrics = _METRICS.columns_of([record.metrics]) if record.metrics else {name: [None] for name in _METRICS.fields}
    return {**_RECORDS.columns_of([record]), **metrics}


def record_of(row: Mapping[str, Any]) -> RunRecord:
    """Return the record that a row of `backtest_runs` keeps."""
    metrics = None if row["final_value"] is None else _METRICS.value_of(row)
    return _RECORDS.value_of(row, metrics=metrics)
