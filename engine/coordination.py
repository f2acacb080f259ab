"""Coordination: what may other programs read of an engine at a glance, and what does it never read there itself?

    store ─▶ mirror ─▶ decisions that were made, marks of what was evaluated, breakers that are on, messages of the hour

A fast path for other programs and never the only copy: the engine's own truth is its store (rows of decisions,
breakers and notifications, the state). It reads nothing here but how far it has written, so nothing that is lost here,
forgotten, or left over from another life of the account can change a decision.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision
from engine.model.money import Money, to_decimal
from engine.model.notifications import NotificationChannel

SCHEMA_VERSION = 1
MARKED_SECONDS = 86_400
"""So long it is known that a recommendation was evaluated (plan, task 13.1)."""
DECISIONS_KEPT = 10_000
HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How far decisions were written, and of what account: that at `place` (from 1 on, 0 before any) was the last.

    `last` says which it was: after a backup was restored another one may have its place, and its id.
    """

    account_id: str
    place: int
    last: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A decision as it is told: its text, and the recommendation that it answers, empty when it answers none."""

    text: str
    recommendation_id: str = ""


class Coordination(Protocol):
    """What is kept for other programs. All of it raises Unavailable when it cannot be reached, or is full."""

    async def mark(self, recommendation_id: str) -> bool:
        """Mark a recommendation as evaluated for MARKED_SECONDS; return False when it was marked already."""

    async def is_marked(self, recommendation_id: str) -> bool:
        """Was it evaluated?"""

    async def show_breakers(self, breakers: Sequence[BreakerEvent], at: datetime) -> None:
        """Show these, which are on at `at`, in place of those that were shown; each until its cool-down is over."""

    async def breakers(self) -> Mapping[str, str]:
        """Return the texts of the breakers that are shown, by trigger: `daily_loss`, `single_position:AAPL`."""

    async def show_notifications(self, counts: Mapping[NotificationChannel, int]) -> None:
        """Show how many were sent within the last hour; it is forgotten after an hour."""

    async def notifications(self, channel: NotificationChannel) -> int:
        """Return how many were sent by `channel` as far as it is known."""

    async def publish(self, decisions: Sequence[Told], written: Written) -> None:
        """Put `decisions` before those that are there, mark what they answer, and note `written`: all or nothing.

        DECISIONS_KEPT are kept.
        """

    async def written(self) -> Written | None:
        """Return how far was written, None when that is not known any more."""

    async def was_emptied(self) -> bool:
        """Has what was here been lost since this was asked last? The first answer is no."""

    async def decisions(self, limit: int = 100) -> Sequence[str]:
        """Return the texts of the last decisions, newest first."""


def decision_text(decision: Decision, *, account_id: str, epoch: int) -> str:
    """Return `decision` as JSON: money is dollars in a text, a moment ISO 8601 in UTC. `epoch` is of who wrote it."""
    return _text(
        {
            "schema_version": SCHEMA_VERSION,
            "account_id": account_id,
            "epoch": epoch,
            "decision_id": decision.decision_id,
            "at": _moment(decision.at),
            "kind": decision.kind,
            "decision": decision.outcome,
            "ticker": decision.ticker,
            "recommendation_id": decision.recommendation_id,
            "cause": decision.cause,
            "skip_reason": decision.skip_reason,
            "failed_value": decision.failed_value,
            "failed_limit": decision.failed_limit,
            "confidence": decision.confidence,
            "price": _dollars(decision.price),
            "shares": decision.shares,
            "dollars": decision.dollars,
            "risk_tier": decision.risk_tier,
            "heat": decision.heat,
            "active_pool": _dollars(decision.active_pool),
            "reserve": _dollars(decision.reserve),
            "is_micro": decision.is_micro,
        }
    )


def breaker_text(breaker: BreakerEvent) -> str:
    """Return `breaker` as JSON."""
    ends = breaker.cooldown_expires
    return _text(
        {
            "schema_version": SCHEMA_VERSION,
            "breaker_id": breaker.breaker_id,
            "trigger_type": breaker.trigger,
            "ticker": breaker.ticker or None,
            "triggered_at": _moment(breaker.at),
            "threshold": breaker.threshold,
            "actual": breaker.actual,
            "cooldown_expires": _moment(ends) if ends else None,
        }
    )


def breaker_name(breaker: BreakerEvent) -> str:
    """Return under which name `breaker` is shown."""
    return f"{breaker.trigger}:{breaker.ticker}" if breaker.ticker else breaker.trigger.value


def seconds_left(breaker: BreakerEvent, at: datetime) -> float | None:
    """Return how long `breaker` is still on at `at`, 0 or less when it has ended; None: until somebody ends it."""
    if breaker.resolved_at is not None:
        return 0.0
    return None if breaker.cooldown_expires is None else (breaker.cooldown_expires - at).total_seconds()


def _dollars(amount: Money | None) -> str | None:
    return None if amount is None else str(to_decimal(amount))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _text(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
