"""Account schemas: how do engine, account, positions, orders, breakers, tier and reserve look from outside?"""

from typing import Literal

from pydantic import Field

from engine.model.breakers import CircuitBreakerTriggerType
from engine.model.orders import OrderSide, OrderState, OrderTag, OrderType
from engine.model.portfolio import ReservePoolTriggerType, RiskTierName, TierChangeCause, TradingState
from stonks_tui.http.schemas import Dollars, Fraction, Moment, Number, Told


class Health(Told):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])


class Part(Told):
    """One thing that has to be well before the engine counts as ready."""

    ok: bool
    words: str = Field(description="how it stands, and why it is not well if it is not")


class Ready(Told):
    """May it be relied upon? `role` is whether this process leads or stands by."""

    ready: bool
    role: Literal["leading", "standby", "unknown"]
    parts: dict[Literal["account", "loop", "lease", "data"], Part]


class Breaker(Told):
    """A time that a breaker tripped. It ends at `cooldown_expires`, at a person's word when that is null."""

    breaker_id: str
    at: Moment
    trigger: CircuitBreakerTriggerType
    ticker: str
    threshold: Number
    actual: Number
    cooldown_expires: Moment | None
    resolved_at: Moment | None


class Leader(Told):
    """The engine that leads, by its last sign of life."""

    owner: str = Field(description="HOST:PID")
    epoch: int
    is_here: bool = Field(description="is it the process that answers?")
    seconds_ago: float
    doing: str
    next_at: Moment | None
    lag_seconds: float
    protected: Fraction
    prices_at: Moment | None
    looks: int
    troubles: list[str]


class Standby(Told):
    """An engine that would follow."""

    owner: str
    since: Moment


class Status(Told):
    """Engine and account as of the last turn. `figures` are as `stonks status --json` has them."""

    engine: Literal["running", "standby", "offline"] = Field(description="of the process that answers")
    enabled: bool = Field(description="are entries made, as far as state, breakers and settings say?")
    trading: TradingState
    cause: str
    risk_tier: RiskTierName
    turn: int
    session: str | None = Field(description="the session that is on, or the last one", examples=["2026-03-02"])
    total_value: Dollars
    cash: Dollars
    active_pool: Dollars
    reserve: Dollars
    heat: Fraction
    drawdown: Fraction
    open_positions: int
    working_orders: int
    decisions: int
    last_decision_at: Moment | None
    breakers: list[Breaker]
    leader: Leader | None
    standbys: list[Standby]
    troubles: list[str]
    figures: dict[str, str]


class Position(Told):
    """What is held of a ticker, at the last price."""

    ticker: str
    quantity: int
    entry_price: Dollars
    last_price: Dollars
    market_value: Dollars
    cost: Dollars
    unrealised: Dollars
    return_pct: Fraction
    stop: Dollars
    target: Dollars
    trailing_stop_active: bool
    sector: str | None
    signal_confidence: Fraction
    opened_at: Moment
    decision_id: str
    is_micro: bool
    is_exiting: bool = Field(description="is it being sold?")


class Positions(Told):
    """All that is held. `confirm` is what closing all of it asks for."""

    turn: int
    positions: list[Position]
    confirm: str = Field(examples=["all 5 positions"])


class Order(Told):
    """An order that the broker has not ended yet."""

    client_order_id: str
    decision_id: str
    recommendation_id: str | None
    ticker: str
    side: OrderSide
    order_type: OrderType
    tag: OrderTag
    state: OrderState
    quantity: int
    filled: int
    limit_price: Dollars | None
    created_at: Moment


class Orders(Told):
    """The orders on their way."""

    turn: int
    orders: list[Order]


class Breakers(Told):
    """Those that are on, and the last that tripped, newest first."""

    active: list[Breaker]
    history: list[Breaker]


class TierStep(Told):
    """A change of the tier, with the figures that it was decided on."""

    at: Moment
    previous: RiskTierName
    new: RiskTierName
    cause: TierChangeCause
    win_rate: Number
    trades: int
    drawdown: Fraction
    reserve_pct: Fraction


class Tier(Told):
    """The tier, and its last changes, newest first."""

    name: RiskTierName
    changes: list[TierStep]


class ReserveMove(Told):
    """A movement of the reserve; into it is positive."""

    at: Moment
    trigger: ReservePoolTriggerType
    amount: Dollars
    balance_after: Dollars
    reference_id: str
    notes: str


class Reserve(Told):
    """The reserve, and its last movements, newest first."""

    balance: Dollars
    entries: list[ReserveMove]


class AuditEntry(Told):
    """A word of a person that was taken: who said it, from where, and what it changed."""

    at: Moment
    word: str
    arguments: dict[str, str]
    who: str
    origin: str = Field(examples=["http 127.0.0.1"])
    done: bool
    words: str
    before: dict[str, str]
    after: dict[str, str]


class Audit(Told):
    """The last words of people, newest first."""

    entries: list[AuditEntry]
