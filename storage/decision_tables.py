"""Decision tables: what is kept of each decision, and by what is it found? Names are the plan's (task 1.1)."""

from sqlalchemy import BigInteger, Boolean, Float, Index, String, text

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.portfolio import RiskTierName
from storage.table_kinds import optional, required, state_table
from storage.types import JsonType, MoneyType, UtcDateTime, WordType

TRADING_DECISIONS = state_table(
    "trading_decisions",
    required("decision_id", String),
    required("created_at", UtcDateTime()),
    required("kind", WordType(DecisionKind)),
    required("decision", WordType(TradingDecisionType)),
    required("ticker", String),
    optional("cause", String),  # empty: the recommendation
    optional("recommendation_id", String),
    optional("skip_reason", String),
    optional("failed_value", Float),
    optional("failed_limit", Float),
    optional("confidence", Float),
    optional("price", MoneyType()),
    required("computed_share_quantity", BigInteger),
    required("computed_position_size", Float),
    required("risk_tier_at_decision", WordType(RiskTierName)),
    required("portfolio_heat_at_decision", Float),
    required("active_pool_at_decision", MoneyType()),
    required("reserve_pool_at_decision", MoneyType()),
    required("is_micro_trade", Boolean),
    optional("decision_trace", JsonType()),
)
_D = TRADING_DECISIONS.c
IS_RARE_KIND = text("kind NOT IN ('entry', 'exit')")
"""Whoever asks for one of those must say so in these words too: else no index is taken."""

Index("uq_trading_decisions_decision_id", _D.run_id, _D.decision_id, unique=True)
Index(
    "uq_trading_decisions_recommendation_id",
    _D.run_id,
    _D.recommendation_id,
    unique=True,
    sqlite_where=text("recommendation_id IS NOT NULL"),
    postgresql_where=text("recommendation_id IS NOT NULL"),
)
Index(
    "ix_trading_decisions_cause",  # of those that are on no recommendation: signals, levels, rules
    _D.run_id,
    _D.cause,
    _D.seq,
    sqlite_where=text("cause IS NOT NULL"),
    postgresql_where=text("cause IS NOT NULL"),
)
Index(
    "ix_trading_decisions_kind",
    _D.run_id,
    _D.kind,
    _D.seq,
    sqlite_where=IS_RARE_KIND,
    postgresql_where=IS_RARE_KIND,
)
Index("ix_trading_decisions_ticker", _D.run_id, _D.ticker, _D.seq)
Index("ix_trading_decisions_decision", _D.run_id, _D.decision, _D.seq)
Index("ix_trading_decisions_skip_reason", _D.run_id, _D.skip_reason, _D.seq)
