"""Breakers: what stopped new entries, why, and until when?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CircuitBreakerTriggerType(StrEnum):
    """What may trip. All are engine-wide but `single_position`, which is about its ticker only."""

    DAILY_LOSS = "daily_loss"
    SINGLE_POSITION = "single_position"
    VOLATILITY = "volatility"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerEvent:
    """One time that a breaker tripped. `threshold` and `actual` are fractions, or numbers of stops for volatility.

    It ends at `cooldown_expires`, at a person's word when that is None; `resolved_at` is when it ended, None before.
    """

    breaker_id: str
    at: datetime
    trigger: CircuitBreakerTriggerType
    threshold: float
    actual: float
    ticker: str = ""
    cooldown_expires: datetime | None = None
    resolved_at: datetime | None = None
