"""Samples: plain values for tests that care about one field of them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.notices import Notice, NoticeKind
from engine.model.orders import Fill, OrderSide, OrderTag, client_order_id
from engine.model.performance import NO_TRADES, PerformanceMetrics
from engine.model.portfolio import PortfolioSnapshot, PositionMark, RiskTierName, TradingState
from engine.model.positions import ClosedTrade, LotClosure, StopChange, StopLevels, StopRule
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.runs import ExecutedOrder, RunRecord, RunStatus
from engine.model.verdict import Check, Trace, Verdict

AT = datetime(2024, 3, 1, 14, 45, tzinfo=UTC)


def a_record(**fields: Any) -> RunRecord:
    """Return a completed run without results."""
    plain: dict[str, Any] = {
        "run_id": 0,
        "created_at": AT,
        "completed_at": AT,
        "status": RunStatus.COMPLETED,
        "error": "",
        "start_on": date(2024, 1, 2),
        "end_on": date(2024, 3, 1),
        "initial_capital": 1_000_000_000,
        "risk_tier": RiskTierName.MODERATE,
        "seed": 1,
        "policy": {"max_open_positions": 10},
        "costs": {"slippage_bps": 5.0},
        "inputs": (),
        "metrics": None,
        "funnel": {"act": 1},
        "gaps": (),
        "unaffordable": (),
        "notes": (),
        "fingerprint": "",
        "seconds": 1.5,
        "code_version": "0",
    }
    return RunRecord(**plain | fields)


def a_decision(number: int, **fields: Any) -> Decision:
    """Return the skip `d<number>`."""
    plain: dict[str, Any] = {
        "decision_id": f"d{number}",
        "at": AT,
        "kind": DecisionKind.ENTRY,
        "outcome": TradingDecisionType.SKIP,
        "ticker": "AAPL",
        "cause": f"rec-of-{number}",
        "recommendation_id": f"rec-of-{number}",
        "skip_reason": "low_confidence",
        "failed_value": 0.6,
        "failed_limit": 0.65,
        "confidence": 0.6,
        "price": 1_712_300,
        "risk_tier": RiskTierName.MODERATE,
        "heat": 0.012345678,
        "active_pool": 1_000_000_000,
        "reserve": 0,
    }
    return Decision(**plain | fields)


def a_recommendation(number: int, **fields: Any) -> Recommendation:
    """Return the suggestion `r<number>` to buy."""
    plain: dict[str, Any] = {
        "recommendation_id": f"r{number}",
        "ticker": "AAPL",
        "action": Action.BUY,
        "mode": Mode.LIVE_ELIGIBLE,
        "confidence": 0.7,
        "generated_at": AT,
    }
    return Recommendation(**plain | fields)


def a_trace() -> Trace:
    """Return a trace of one failed check."""
    failed = Verdict(check=Check.CONFIDENCE, passed=False, value=0.6, limit=0.65, unit="pct")
    return Trace(verdicts=(failed,), inputs=(("price", 171.23), ("shares", 3)), not_computed=(Check.HEAT,))


def a_snapshot(**fields: Any) -> PortfolioSnapshot:
    """Return the books of an account that holds nothing."""
    plain: dict[str, Any] = {
        "on": date(2024, 3, 1),
        "at": AT,
        "total_value": 1_000_000_000,
        "cash": 1_000_000_000,
        "active_pool": 1_000_000_000,
        "reserve": 0,
        "flows": 0,
        "costs": 0,
        "realised_pnl": 0,
        "unrealised_pnl": 0,
        "daily_return": 0.0,
        "cumulative_return": 0.0,
        "win_count": 0,
        "loss_count": 0,
        "trade_count": 0,
        "win_rate": None,
        "sharpe_ratio": None,
        "max_drawdown": 0.0,
        "current_drawdown": 0.0,
        "heat": 0.0,
        "risk_tier": RiskTierName.MODERATE,
        "trading_state": TradingState.ACTIVE,
        "positions": (),
    }
    return PortfolioSnapshot(**plain | fields)


def an_execution(decision_id: str, *, tranche: int = 1) -> ExecutedOrder:
    """Return the purchase of ten shares that `decision_id` caused."""
    fill = Fill(
        client_order_id=client_order_id(decision_id, tranche=tranche),
        ticker="AAPL",
        side=OrderSide.BUY,
        quantity=10,
        price=1_712_300,
        commission=0,
        at=AT,
    )
    return ExecutedOrder(fill=fill, decision_id=decision_id, tag=OrderTag.ENTRY)


def a_stop_change(decision_id: str) -> StopChange:
    """Return the first levels of the position that `decision_id` opened."""
    levels = StopLevels(stop=1_652_300, target=1_832_300, atr=3.0, atr_multiplier=2.0, reward_risk_ratio=2.0)
    return StopChange(
        ticker="AAPL",
        decision_id=decision_id,
        at=AT,
        rule=StopRule.INITIAL,
        entry_price=1_712_300,
        levels=levels,
        signal_confidence=0.7,
    )


def a_closure(**fields: Any) -> LotClosure:
    """Return the sale of ten shares of `lot1` that brought $50."""
    plain: dict[str, Any] = {
        "lot_id": "lot1",
        "ticker": "AAPL",
        "quantity": 10,
        "cost": 17_123_000,
        "proceeds": 17_623_000,
        "commission": 0,
        "acquired_at": AT,
        "closed_at": AT,
    }
    return LotClosure(**plain | fields)


def a_trade(**fields: Any) -> ClosedTrade:
    """Return a round trip of ten shares that brought $50."""
    plain: dict[str, Any] = {
        "ticker": "AAPL",
        "decision_id": "d1",
        "exit_decision_id": "d2",
        "recommendation_id": "rec-of-1",
        "sector": None,
        "quantity": 10,
        "entry_price": 1_712_300,
        "exit_price": 1_762_300,
        "entry_at": AT,
        "exit_at": AT,
        "pnl": 500_000,
        "costs": 0,
        "pnl_pct": 0.0292,
        "exit_reason": "take_profit",
        "signal_confidence": 0.7,
    }
    return ClosedTrade(**plain | fields)


def a_notice(**fields: Any) -> Notice:
    """Return the word that the rest of `d1`'s entry was cancelled."""
    plain: dict[str, Any] = {
        "at": AT,
        "kind": NoticeKind.TRANCHES_CANCELLED,
        "ticker": "AAPL",
        "reference_id": "d1",
        "note": "2 of 3 tranches, 6 shares: stop_loss",
    }
    return Notice(**plain | fields)


def metrics(
    *, trades: dict[str, Any] | None = None, micro: dict[str, Any] | None = None, **fields: Any
) -> PerformanceMetrics:
    """Return the figures of an account that did nothing; `trades` and `micro` are fields of its trade statistics."""
    plain: dict[str, Any] = {
        "initial_value": 1_000_000_000,
        "final_value": 1_000_000_000,
        "total_return": 0.0,
        "annual_return": None,
        "sharpe_ratio": None,
        "max_drawdown": 0.0,
        "current_drawdown": 0.0,
        "exposure": 0.0,
        "costs": 0,
        "flows": 0,
        "reserve": 0,
        "sessions": 2,
        "trades": replace(NO_TRADES, **(trades or {})),
        "micro": replace(NO_TRADES, **(micro or {})),
    }
    return PerformanceMetrics(**plain | fields)


def a_mark(**fields: Any) -> PositionMark:
    """Return a position as it stands at a close."""
    plain: dict[str, Any] = {
        "ticker": "AAPL",
        "quantity": 20,
        "entry_price": 1_712_300,
        "last_price": 1_720_000,
        "cost": 34_246_000,
        "stop": 1_652_300,
        "target": 1_832_300,
        "trailing_stop_active": False,
        "sector": None,
        "signal_confidence": 0.7,
        "opened_at": AT,
        "decision_id": "d1",
    }
    return PositionMark(**plain | fields)
