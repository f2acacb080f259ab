"""Macro events: what shakes the market, or part of it, and for how long?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.errors import BadInput


class Severity(StrEnum):
    """How hard. Only `high` makes the engine more careful (spec section 5)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroEvent:
    """What shakes prices from `at` until `until`: those of `tickers`, of a `sector`, or all when neither is set."""

    event_id: str
    severity: Severity
    at: datetime
    until: datetime
    tickers: frozenset[str] = frozenset()
    sector: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None or self.until.tzinfo is None:
            raise BadInput(f"macro event {self.event_id} has a moment without a time zone")
        if self.until < self.at:
            raise BadInput(f"macro event {self.event_id} ends before it begins", hint="`until` comes after `at`")
