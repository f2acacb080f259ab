"""Live: what is written of each turn, what leaves for the broker, and what comes back?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from engine.model.money import Money
from engine.model.orders import Fill, Order, OrderState
from engine.model.portfolio import TradingState

STOPPED = "stopped"
"""What an engine was doing last that has ended in order."""


class ErrandKind(StrEnum):
    """What is asked of the broker."""

    ORDER = "order"
    CANCEL = "cancel"
    STATUS = "status"  # of a ticker: is trading in it halted?
    SPLIT = "split"  # of a ticker: for a broker on paper, which has no exchange to tell it


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing asked of the broker. `errand_id` counts up without a gap; `subject` is an order's id, or a ticker.

    `ratio` are the new shares for an old one, of a split. The same errand may be brought twice: whoever receives it
    knows it by its id, an order by its `client_order_id`, a split by its ticker and moment.
    """

    errand_id: int
    kind: ErrandKind
    subject: str
    at: datetime
    order: Order | None = None
    ratio: Fraction | None = None


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

    def fill_of(self, order: Order) -> Fill:
        """Return what it adds, as a fill of `order`."""
        return Fill(
            client_order_id=self.client_order_id,
            ticker=order.ticker,
            side=order.side,
            quantity=self.quantity,
            price=self.price,
            commission=self.commission,
            at=self.at,
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a running engine is doing, renewed every few seconds: whoever finds it old knows that nobody watches.

    `doing` is in words what it waits for, until `next_at`. `lag_seconds` is how late the last look was, `protected` the
    part (0..1) of what is held whose stop is being watched, `prices_at` when the newest price was printed. `troubles`
    are what it cannot reach, in words.
    """

    at: datetime
    owner: str
    epoch: int
    pid: int
    started_at: datetime
    seq: int
    trading: TradingState
    cause: str
    doing: str
    next_at: datetime | None
    lag_seconds: float
    protected: float
    prices_at: datetime | None
    looks: int
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMetrics:
    """The account within the day, every few minutes: amounts are money, the rest fractions and counts."""

    at: datetime
    total_value: Money
    cash: Money
    reserve: Money
    active_pool: Money
    daily_pnl: Money
    unrealised: Money
    heat: float
    drawdown: float
    open_positions: int
    trades: int
    wins: int
    protected: float
