"""Risk mappers: which column keeps which field of reserve, tier, breakers, flows, splits and notices?"""

from fractions import Fraction

from engine.model.breakers import BreakerEvent
from engine.model.notices import Notice
from engine.model.portfolio import CashFlow, ReserveEntry, TierChange
from engine.model.positions import PositionSplit
from storage import risk_tables
from storage.row_map import RowMap

RESERVE_ENTRIES: RowMap[ReserveEntry] = RowMap(
    table=risk_tables.RESERVE_POOL_LEDGER,
    kind=ReserveEntry,
    fields={
        "created_at": "at",
        "trigger_type": "trigger",
        "amount": "amount",
        "balance_after": "balance_after",
        "reference_id": "reference_id",
        "notes": "notes",
    },
)

TIER_CHANGES: RowMap[TierChange] = RowMap(
    table=risk_tables.RISK_TIER_HISTORY,
    kind=TierChange,
    fields={
        "created_at": "at",
        "previous_tier": "previous",
        "new_tier": "new",
        "trigger_source": "cause",
        "win_rate": "win_rate",
        "trade_count": "trades",
        "drawdown_pct": "drawdown",
        "reserve_pct": "reserve_pct",
    },
)

BREAKERS: RowMap[BreakerEvent] = RowMap(
    table=risk_tables.CIRCUIT_BREAKER_EVENTS,
    kind=BreakerEvent,
    fields={
        "breaker_id": "breaker_id",
        "created_at": "at",
        "trigger_type": "trigger",
        "threshold_value": "threshold",
        "actual_value": "actual",
        "ticker": "ticker",
        "cooldown_expires": "cooldown_expires",
        "resolved_at": "resolved_at",
    },
)

FLOWS: RowMap[CashFlow] = RowMap(
    table=risk_tables.CASH_FLOWS,
    kind=CashFlow,
    fields={"created_at": "at", "kind": "kind", "amount": "amount", "ticker": "ticker", "note": "note"},
)

SPLITS: RowMap[PositionSplit] = RowMap(
    table=risk_tables.POSITION_SPLITS,
    kind=PositionSplit,
    fields={
        "created_at": "at",
        "ticker": "ticker",
        "ratio": "ratio",
        "shares_before": "shares_before",
        "shares_after": "shares_after",
        "cash_in_lieu": "in_lieu",
    },
    packed={"ratio": str},
    unpacked={"ratio": Fraction},
)

NOTICES: RowMap[Notice] = RowMap(
    table=risk_tables.NOTICES,
    kind=Notice,
    fields={
        "created_at": "at",
        "kind": "kind",
        "ticker": "ticker",
        "value": "value",
        "limit": "limit",
        "reference_id": "reference_id",
        "note": "note",
    },
)
