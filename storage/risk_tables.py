"""Risk tables: the histories of reserve, tier, breakers, flows and splits, and what a person was told of.

Names are the plan's (task 1.1) where it has one.
"""

from sqlalchemy import BigInteger, Float, Index, Integer, String

from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.notices import NoticeKind
from engine.model.portfolio import FlowKind, ReservePoolTriggerType, RiskTierName, TierChangeCause
from storage.table_kinds import optional, required, state_table
from storage.types import MoneyType, UtcDateTime, WordType

RESERVE_POOL_LEDGER = state_table(
    "reserve_pool_ledger",
    required("created_at", UtcDateTime()),
    required("trigger_type", WordType(ReservePoolTriggerType)),
    required("amount", MoneyType()),
    required("balance_after", MoneyType()),
    required("reference_id", String),
    required("notes", String),
)

RISK_TIER_HISTORY = state_table(
    "risk_tier_history",
    required("created_at", UtcDateTime()),
    required("previous_tier", WordType(RiskTierName)),
    required("new_tier", WordType(RiskTierName)),
    required("trigger_source", WordType(TierChangeCause)),
    optional("win_rate", Float),
    required("trade_count", Integer),
    required("drawdown_pct", Float),
    required("reserve_pct", Float),
)

CIRCUIT_BREAKER_EVENTS = state_table(
    "circuit_breaker_events",
    required("breaker_id", String),
    required("created_at", UtcDateTime()),
    required("trigger_type", WordType(CircuitBreakerTriggerType)),
    required("threshold_value", Float),
    required("actual_value", Float),
    required("ticker", String),
    optional("cooldown_expires", UtcDateTime()),
    optional("resolved_at", UtcDateTime()),
)

CASH_FLOWS = state_table(
    "cash_flows",
    required("created_at", UtcDateTime()),
    required("kind", WordType(FlowKind)),
    required("amount", MoneyType()),
    required("ticker", String),
    required("note", String),
)

POSITION_SPLITS = state_table(
    "position_splits",
    required("created_at", UtcDateTime()),
    required("ticker", String),
    required("ratio", String),  # new shares for an old one, exact: 3/2
    required("shares_before", BigInteger),
    required("shares_after", BigInteger),
    required("cash_in_lieu", MoneyType()),
)

NOTICES = state_table(
    "notices",
    required("created_at", UtcDateTime()),
    required("kind", WordType(NoticeKind)),
    required("ticker", String),
    optional("value", Float),
    optional("limit", Float),
    required("reference_id", String),
    required("note", String),
)
_N = NOTICES.c
Index("ix_notices_reference_id", _N.run_id, _N.reference_id, _N.seq)
