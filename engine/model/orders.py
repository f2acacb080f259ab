"""Orders: what was asked of the broker, and how far has it come?

created ─▶ submitted ─▶ accepted ─▶ partially_filled ─▶ filled
   │           │            │              │
   │           ├────────────┴──────────────┴──▶ cancelled, expired, rejected
   │           └──▶ unknown ──▶ any of the above, once the broker has said
   └──▶ rejected (refused before it left)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.errors import BrokenInvariant
from engine.model.money import Money


class OrderSide(StrEnum):
    """Which way shares move."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """At any price, or at this one or better."""

    MARKET = "market"
    LIMIT = "limit"


class TimeInForce(StrEnum):
    """How long the order stands."""

    DAY = "day"


class OrderTag(StrEnum):
    """Why the order exists (spec section 7)."""

    ENTRY = "entry"
    RECOMMENDATION_EXIT = "recommendation_exit"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    REBALANCE = "rebalance"
    BREAKER = "breaker"
    MICRO_ENTRY = "micro_entry"
    MICRO_CLOSE = "micro_close"
    NO_PRICE = "no_price"
    VANISHED = "vanished"
    MANUAL = "manual"


class OrderState(StrEnum):
    """How far an order has come."""

    CREATED = "created"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


ENTRY_LASTS = timedelta(seconds=60)
"""So long an entry at a limit may be executed after it was ordered (spec section 7)."""

_ENDS = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED})
_LIVE = frozenset({OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED})

TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.CREATED: frozenset({OrderState.SUBMITTED, OrderState.REJECTED, OrderState.CANCELLED}),
    OrderState.SUBMITTED: _LIVE | _ENDS | {OrderState.UNKNOWN},
    OrderState.ACCEPTED: _ENDS | {OrderState.PARTIALLY_FILLED, OrderState.UNKNOWN},
    OrderState.PARTIALLY_FILLED: _ENDS - {OrderState.REJECTED} | {OrderState.PARTIALLY_FILLED, OrderState.UNKNOWN},
    OrderState.UNKNOWN: _LIVE | _ENDS,
    OrderState.FILLED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.EXPIRED: frozenset(),
    OrderState.REJECTED: frozenset(),
}
"""From each state, the states that may follow. The ends have none."""


def advance(current: OrderState, to: OrderState) -> OrderState:
    """Return `to` when the table allows it, else raise BrokenInvariant."""
    if to not in TRANSITIONS[current]:
        raise BrokenInvariant(f"an order cannot go from {current} to {to}")
    return to


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An instruction to the broker. `limit_price` only for limit orders; `trigger_price` names the level that was hit.

    The same intent always has the same `client_order_id`: decision, tranche and attempt (spec section 7).
    """

    client_order_id: str
    decision_id: str
    recommendation_id: str | None
    ticker: str
    side: OrderSide
    quantity: int
    order_type: OrderType
    limit_price: Money | None
    time_in_force: TimeInForce
    tag: OrderTag
    created_at: datetime
    tranche: int = 1
    tranche_count: int = 1
    attempt: int = 1
    trigger_price: Money | None = None

    @property
    def is_entry(self) -> bool:
        """Is it an entry at a limit, which stands for `ENTRY_LASTS` only?"""
        return self.side is OrderSide.BUY and self.order_type is OrderType.LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution of part of an order: `quantity` shares at `price` each, `commission` on top."""

    client_order_id: str
    ticker: str
    side: OrderSide
    quantity: int
    price: Money
    commission: Money
    at: datetime


def client_order_id(decision_id: str, *, tranche: int = 1, attempt: int = 1) -> str:
    """Return the id of an order intent."""
    return f"{decision_id}-{tranche}-{attempt}"
