"""Positions: what is held, what did it cost, and where does it end?"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from engine.model.money import Money, divide_half_even, dollars
from engine.model.tax import LotTax


class StopRule(StrEnum):
    """Which rule set a stop."""

    INITIAL = "initial"
    FURTHER_FILL = "further_fill"
    BREAK_EVEN = "break_even"
    ATR = "atr"
    EARNINGS = "earnings"
    EVENT = "event"
    HEAT = "heat"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopLevels:
    """Where a position is sold: at `stop` or below, at `target` or above. `atr` in dollars."""

    stop: Money
    target: Money
    atr: float
    atr_multiplier: float
    reward_risk_ratio: float
    trailing_stop_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StopChange:
    """One change of a position's levels and the rule that made it."""

    ticker: str
    decision_id: str
    at: datetime
    rule: StopRule
    entry_price: Money
    levels: StopLevels
    signal_confidence: float
    is_micro: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSplit:
    """A split as it met an account: `in_lieu` is the cash that came for the fraction of a share left over.

    `shares_before` old shares became `shares_after` new ones; both may be none, when nothing was held any more.
    """

    ticker: str
    at: datetime
    ratio: Fraction
    shares_before: int
    shares_after: int
    in_lieu: Money = 0

    @property
    def fraction(self) -> Fraction:
        """What was left of a new share."""
        return self.shares_before * self.ratio - self.shares_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Shares bought in one fill. `cost` is the total for all of them, without the `commission` paid.

    `share_cost` is what one share cost, once part of the lot is sold; before, it is `cost // quantity`. `tax` is only
    there in what a finished run keeps.
    """

    lot_id: str
    ticker: str
    quantity: int
    cost: Money
    commission: Money
    acquired_at: datetime
    share_cost: Money | None = None
    tax: LotTax | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotClosure:
    """Part of a lot, sold: `proceeds - cost` is the realised P&L, before `commission` (both sides' share).

    `tax` is only there in what a finished run keeps.
    """

    lot_id: str
    ticker: str
    quantity: int
    cost: Money
    proceeds: Money
    commission: Money
    acquired_at: datetime
    closed_at: datetime
    tax: LotTax | None = None

    @property
    def realised(self) -> Money:
        """P&L before costs."""
        return self.proceeds - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The open lots of one ticker, first bought first, with the levels that protect them.

    `entry_price` is the average fill price; `signal_confidence` is that of the newest recommendation, of
    `recommended_at`; `bought` to `closures` gather what happened since the position was flat; `initial_risk` is what
    its fills would have cost at the stop that they set, before commission. A micro position has a time at which it
    `closes_at` the latest. `tightened_on` is the session in which heat last brought its stop nearer.
    """

    ticker: str
    decision_id: str
    recommendation_id: str | None
    sector: str | None
    lots: tuple[Lot, ...]
    quantity: int
    cost: Money
    entry_price: Money
    levels: StopLevels
    signal_confidence: float
    recommended_at: datetime
    opened_at: datetime
    thesis: str = ""
    is_micro: bool = False
    closes_at: datetime | None = None
    tightened_on: date | None = None
    sessions_without_bar: int = 0
    bought: int = 0
    bought_cost: Money = 0
    sold: int = 0
    sold_proceeds: Money = 0
    realised: Money = 0
    commission: Money = 0
    initial_risk: Money = 0
    closures: tuple[LotClosure, ...] = field(default=(), repr=False)


class MarkedPosition(NamedTuple):
    """A position at a price: what it is worth now. A tuple, because a book makes one of each at every change."""

    position: Position
    price: Money

    @property
    def market_value(self) -> Money:
        """Shares at the price."""
        return self.position.quantity * self.price

    @property
    def unrealised(self) -> Money:
        """Market value less cost."""
        return self.market_value - self.position.cost

    @property
    def return_pct(self) -> float:
        """Unrealised P&L as a fraction of cost."""
        return self.unrealised / self.position.cost if self.position.cost else 0.0

    @property
    def open_risk_usd(self) -> float:
        """What this position adds to heat: market value * max(0, entry - stop) / entry, in dollars."""
        entry = self.position.entry_price
        distance = entry - self.position.levels.stop
        return dollars(self.market_value) * distance / entry if distance > 0 else 0.0


def average_price(cost: Money, quantity: int) -> Money:
    """Return cost / quantity rounded half-even to 4 places."""
    return divide_half_even(cost, quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrade:
    """A round trip, flat to flat. Prices are averages; `pnl` is after `costs`; `pnl_pct` a fraction of what it cost."""

    ticker: str
    decision_id: str
    exit_decision_id: str
    recommendation_id: str | None
    sector: str | None
    quantity: int
    entry_price: Money
    exit_price: Money
    entry_at: datetime
    exit_at: datetime
    pnl: Money
    costs: Money
    pnl_pct: float
    exit_reason: str
    signal_confidence: float
    thesis: str = ""
    is_micro: bool = False
    closures: tuple[LotClosure, ...] = field(default=(), repr=False)

    @property
    def hold_days(self) -> float:
        """Calendar days from entry to exit."""
        return (self.exit_at - self.entry_at).total_seconds() / 86_400
