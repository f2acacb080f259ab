"""Decision schemas: how does a decision look from outside, with its trace and what it led to?"""

from datetime import date

from pydantic import Field

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.notices import NoticeKind
from engine.model.orders import OrderSide, OrderTag
from engine.model.portfolio import RiskTierName
from engine.model.positions import StopRule
from engine.model.verdict import Check
from stonks_tui.http.schemas import Dollars, Fraction, Moment, Number, Told


class Decision(Told):
    """An answer to a recommendation, or to what happened; `failed_value` and `failed_limit` are why it was skipped."""

    decision_id: str = Field(examples=["d-17"])
    at: Moment
    kind: DecisionKind
    outcome: TradingDecisionType
    ticker: str
    cause: str
    recommendation_id: str | None
    skip_reason: str | None
    failed_value: Number
    failed_limit: Number
    confidence: Number
    price: Dollars | None
    shares: int
    dollars: Number
    risk_tier: RiskTierName
    heat: Fraction
    active_pool: Dollars
    reserve: Dollars
    is_micro: bool


class Decisions(Told):
    """A page, newest first. `next_cursor` gives the next one; null at the end."""

    decisions: list[Decision]
    next_cursor: int | None


class Verdict(Told):
    """One check: `value` and `limit` are in `unit`."""

    check: Check
    passed: bool
    value: Number
    limit: Number
    unit: str
    note: str


class SizingStep(Told):
    """One link of the sizing chain."""

    name: str
    before: Number
    after: Number
    unit: str
    note: str


class LossAtStake(Told):
    """A loss that the purchase would put off for tax."""

    loss: Dollars
    until: date


class Trace(Told):
    """Everything that a decision rests on."""

    verdicts: list[Verdict]
    sizing: list[SizingStep]
    inputs: list[tuple[str, float | int | str | None]]
    not_computed: list[Check]
    at_stake: LossAtStake | None


class Fill(Told):
    """Shares that were bought or sold."""

    client_order_id: str
    ticker: str
    side: OrderSide
    quantity: int
    price: Dollars
    commission: Dollars
    at: Moment


class Execution(Told):
    """A fill with why its order was made."""

    fill: Fill
    decision_id: str
    tag: OrderTag


class Levels(Told):
    """Where a position is sold."""

    stop: Dollars
    target: Dollars
    atr: Number
    atr_multiplier: Number
    reward_risk_ratio: Number
    trailing_stop_active: bool


class StopChange(Told):
    """A change of levels, and the rule that made it."""

    at: Moment
    ticker: str
    rule: StopRule
    entry_price: Dollars
    levels: Levels


class Trade(Told):
    """A round trip."""

    ticker: str
    decision_id: str
    exit_decision_id: str
    quantity: int
    entry_price: Dollars
    exit_price: Dollars
    entry_at: Moment
    exit_at: Moment
    pnl: Dollars
    costs: Dollars
    pnl_pct: Fraction
    exit_reason: str


class Notice(Told):
    """What people were told of it."""

    at: Moment
    kind: NoticeKind
    ticker: str
    value: Number
    limit: Number
    note: str


class DecisionDetail(Decision):
    """A decision with its whole trace (null when none was kept), and what it led to."""

    trace: Trace | None
    executions: list[Execution]
    stops: list[StopChange]
    trades: list[Trade]
    notices: list[Notice]
