"""Events: all that can happen, in the past tense. Each carries its moment; the core knows no other time."""

from dataclasses import dataclass
from datetime import date, datetime

from engine.model.macro import MacroEvent
from engine.model.market import Dividend, Market, Split
from engine.model.money import Money
from engine.model.notices import NoticeKind
from engine.model.orders import Fill
from engine.model.portfolio import FlowKind, RiskTierName, TradingState
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationBatch
from engine.notification_settings import NotificationSettings
from engine.policy import TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """The exchange has opened. What is counted for a day begins anew; no price is known yet."""

    at: datetime
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesSeen:
    """Prices were looked at: `market` knows the last print of each ticker and how old it is."""

    at: datetime
    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class BarOpened:
    """Bars have opened, of a day or of a minute: `market` knows the opens, and what was known before."""

    at: datetime
    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class BarTraded:
    """The bars have run their course: `market` knows their range. Levels inside it were hit."""

    at: datetime
    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class BarClosed:
    """The bars have closed: `market` knows the closes."""

    at: datetime
    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """The session is over, and everything that its close caused is done: the day's books can be taken."""

    at: datetime
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationReceived:
    """A recommendation is due. One that can be neither taken nor skipped yet comes again later."""

    at: datetime
    recommendation: Recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationsReceived:
    """Several recommendations are due together. They are judged one after another, as if each had come alone."""

    at: datetime
    batch: RecommendationBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesDue:
    """Sells have had their turn, and buys are next: what is planned for this time is due."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalReceived:
    """An intraday signal is due. One that can be neither taken nor skipped yet comes again later."""

    at: datetime
    signal: IntradaySignal


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroEventReceived:
    """Something that shakes the market has become known."""

    at: datetime
    event: MacroEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerStatusTold:
    """The broker has said whether trading in a silent ticker is halted."""

    at: datetime
    ticker: str
    is_halted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """The broker executed part of an order, or all of it."""

    at: datetime
    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded:
    """The broker ended an order before all of it was filled: rejected, cancelled or expired."""

    at: datetime
    client_order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitTookEffect:
    """Old shares became new ones before this session's open."""

    at: datetime
    split: Split


@dataclass(frozen=True, slots=True, kw_only=True)
class DividendWentEx:
    """Who held the share before this session's open is paid."""

    at: datetime
    dividend: Dividend


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingEnded:
    """A ticker's last bar lies behind: it will not trade again."""

    at: datetime
    ticker: str
    last_bar_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsMoved:
    """Money came or went without a trade. `amount` is signed."""

    at: datetime
    kind: FlowKind
    amount: Money
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStateSet:
    """A person set what the engine may do."""

    at: datetime
    state: TradingState
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSet:
    """A person chose the tier."""

    at: datetime
    tier: RiskTierName


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveAdjusted:
    """A person moved money between reserve and active pool. `amount` is signed: into the reserve is positive."""

    at: datetime
    amount: Money
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSet:
    """A person tripped the manual breaker."""

    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerCleared:
    """A person ended a breaker before its time, or the manual one."""

    at: datetime
    breaker_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAsked:
    """A person wants a position closed."""

    at: datetime
    ticker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """A person changed what the engine decides by: from the next event on `policy` holds."""

    at: datetime
    policy: TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsSet:
    """From now on people are told by other settings. No decision depends on it."""

    at: datetime
    settings: NotificationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationAsked:
    """Somebody wants to be sent something by every channel that is on, to see whether it arrives."""

    at: datetime


Command = (
    TradingStateSet
    | TierSet
    | ReserveAdjusted
    | BreakerSet
    | BreakerCleared
    | CloseAsked
    | PolicySet
    | NotificationsSet
    | NotificationAsked
)
"""What a person may tell the core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultNoticed:
    """Whoever drives the core has noticed what its books do not tell. One that is `unexplained` leaves exits only."""

    at: datetime
    kind: NoticeKind
    ticker: str = ""
    value: float | None = None
    limit: float | None = None
    note: str = ""
    unexplained: bool = False


Event = (
    SessionOpened
    | PricesSeen
    | BarOpened
    | BarTraded
    | BarClosed
    | SessionEnded
    | RecommendationReceived
    | RecommendationsReceived
    | EntriesDue
    | SignalReceived
    | MacroEventReceived
    | TickerStatusTold
    | OrderFilled
    | OrderEnded
    | SplitTookEffect
    | DividendWentEx
    | ListingEnded
    | FundsMoved
    | FaultNoticed
    | Command
)
