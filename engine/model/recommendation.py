"""Recommendation: what did somebody suggest, when, and how sure were they?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What is suggested. Everything else that senders write, such as hold, is not for the engine."""

    BUY = "buy"
    SELL = "sell"


class Mode(StrEnum):
    """For which kind of account the sender released it."""

    PAPER_ELIGIBLE = "paper_eligible"
    LIVE_ELIGIBLE = "live_eligible"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Someone's suggestion, unjudged. `confidence` is 0..1; moments are aware."""

    recommendation_id: str
    ticker: str
    action: Action
    mode: Mode
    confidence: float
    generated_at: datetime
    expires_at: datetime | None = None
    source: str = ""
    thesis: str = ""


def evaluation_order(recommendation: Recommendation) -> tuple[float, datetime, str]:
    """Return the sort key of spec section 3: confidence descending, then time, then id."""
    return (-recommendation.confidence, recommendation.generated_at, recommendation.recommendation_id)
