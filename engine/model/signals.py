"""Signals: what did somebody see coming within the day, and how sure were they?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignalDirection(StrEnum):
    """Which way the price is expected to go."""

    UP = "up"
    DOWN = "down"


class SignalWindow(StrEnum):
    """Over which time (the plan's two trend windows)."""

    INTRADAY = "intraday"
    ONE_DAY = "1d"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntradaySignal:
    """Someone's view of the next hours, unjudged. `confidence` is 0..1; the moment is aware."""

    signal_id: str
    ticker: str
    window: SignalWindow
    direction: SignalDirection
    confidence: float
    generated_at: datetime


def evaluation_order(signal: IntradaySignal) -> tuple[float, datetime, str]:
    """Return the sort key of spec section 3: confidence descending, then time, then id."""
    return (-signal.confidence, signal.generated_at, signal.signal_id)


def in_order(signals: Iterable[IntradaySignal]) -> tuple[IntradaySignal, ...]:
    """Return `signals` by time; of several with one id the first counts."""
    first: dict[str, IntradaySignal] = {}
    for signal in sorted(signals, key=lambda s: (s.generated_at, s.signal_id)):
        first.setdefault(signal.signal_id, signal)
    return tuple(first.values())
