"""Effects: all that may be asked of the world, in the imperative. The core has already noted them in its state."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from engine.model.breakers import BreakerEvent
from engine.model.decision_log import TurnedDown
from engine.model.decisions import Decision
from engine.model.notices import Notice
from engine.model.orders import Order
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.positions import ClosedTrade, PositionSplit, StopChange
from engine.model.recommendation import Recommendation
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecision:
    """Keep this decision."""

    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTurnedDown:
    """Keep these decisions, all skips."""

    block: TurnedDown


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferRecommendation:
    """Offer this recommendation again, at `until` or at the next chance after it; at its end of life in any case."""

    recommendation: Recommendation
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferSignal:
    """Offer this signal again, at `until` or at the next chance after it."""

    signal: IntradaySignal
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRest:
    """Offer these once the order before them is on its way: what comes of it may change the answer to them."""

    batch: RecommendationBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOrder:
    """Send this order to the broker."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Ask the broker to end this order."""

    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskTickerStatus:
    """Ask the broker whether trading in this ticker is halted."""

    ticker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTrade:
    """Keep this round trip."""

    trade: ClosedTrade


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStopChange:
    """Keep this change of a position's levels."""

    change: StopChange


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReserveEntry:
    """Keep this line of the reserve ledger."""

    entry: ReserveEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTierChange:
    """Keep this line of the tier's history."""

    change: TierChange


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBreaker:
    """Keep this breaker that tripped; once it has ended, in place of what was kept before."""

    event: BreakerEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCashFlow:
    """Keep this line of the flow ledger."""

    flow: CashFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSplit:
    """Keep what a split did to the account."""

    split: PositionSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSnapshot:
    """Keep the books of this close."""

    snapshot: PortfolioSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNotice:
    """Keep this notice, and tell whoever is to be told."""

    notice: Notice


Record = (
    RecordDecision
    | RecordTurnedDown
    | RecordTrade
    | RecordStopChange
    | RecordReserveEntry
    | RecordTierChange
    | RecordBreaker
    | RecordCashFlow
    | RecordSplit
    | RecordSnapshot
    | RecordNotice
)

RECORDS = get_args(Record)

Effect = Record | DeferRecommendation | DeferSignal | OfferRest | SubmitOrder | CancelOrder | AskTickerStatus
