"""Decision: what did we answer, and on which numbers?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model.money import Money
from engine.model.portfolio import RiskTierName
from engine.model.verdict import Trace


class TradingDecisionType(StrEnum):
    """Taken or not."""

    ACT = "act"
    SKIP = "skip"


class DecisionKind(StrEnum):
    """What the decision is about."""

    ENTRY = "entry"
    EXIT = "exit"
    REBALANCE = "rebalance"
    MICRO = "micro"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Our answer to a recommendation, or to a level that was hit.

    `cause` is a recommendation id, or what happened (`stop_loss`, `take_profit`, ...) for decisions without one.
    `failed_value` and `failed_limit` are those of the check that stopped it. `price` is the last price seen, `shares`
    what was ordered. `active_pool`, `reserve` and `heat` are as they stood before it. `trace` may be absent in a large
    backtest: it is then derived when someone looks (spec section 4).
    """

    decision_id: str
    at: datetime
    kind: DecisionKind
    outcome: TradingDecisionType
    ticker: str
    cause: str
    recommendation_id: str | None = None
    skip_reason: str | None = None
    failed_value: float | None = None
    failed_limit: float | None = None
    confidence: float | None = None
    price: Money | None = None
    shares: int = 0
    dollars: float = 0.0
    risk_tier: RiskTierName
    heat: float
    active_pool: Money
    reserve: Money
    is_micro: bool = False
    trace: Trace | None = None
