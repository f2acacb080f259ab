"""Live: what is written of each turn, what leaves for the broker, and what comes back?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.model.money import Money
from engine.model.orders import Order, OrderState


class ErrandKind(StrEnum):
    """What is asked of the broker."""

    ORDER = "order"
    CANCEL = "cancel"
    STATUS = "status"  # of a ticker: is trading in it halted?


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing asked of the broker. `errand_id` counts up without a gap; `subject` is an order's id, or a ticker.

    The same errand may be brought twice: whoever receives it knows it by its id, an order by its `client_order_id`.
    """

    errand_id: int
    kind: ErrandKind
    subject: str
    at: datetime
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What the broker says of an order, `number` counting up from 1 for each order.

    `quantity` shares at `price` with `commission` are what this report adds; `filled` is everything so far.
    """

    client_order_id: str
    number: int
    state: OrderState
    at: datetime
    filled: int = 0
    quantity: int = 0
    price: Money = 0
    commission: Money = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerReport:
    """What the broker says of trading in a ticker."""

    ticker: str
    at: datetime
    is_halted: bool


Report = OrderReport | TickerReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who trades: `owner` until `expires_at`. `epoch` rises with every other owner, so that a late one is known."""

    owner: str
    epoch: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One turn as it can be played again: event, answers of the market and effects, each as canonical JSON."""

    seq: int
    at: datetime
    event: str
    answers: str
    effects: str
