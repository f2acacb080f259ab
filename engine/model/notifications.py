"""Notifications: what is a person sent, by which channel, and what became of it?"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class NotificationChannel(StrEnum):
    """How a person is reached."""

    SMS = "sms"
    EMAIL = "email"


class DeliveryStatus(StrEnum):
    """What became of one. `RATE_LIMITED`: held back, for good or until there is room again (`next_try_at`)."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    RATE_LIMITED = "rate_limited"


class Urgency(IntEnum):
    """What goes first: money that nobody protects, what a person has to act on, what is good to know, what can wait."""

    CRITICAL = 0
    ALARM = 1
    NEWS = 2
    DIGEST = 3

    @property
    def is_urgent(self) -> bool:
        """Does it wake somebody up?"""
        return self <= Urgency.ALARM


class NotificationEvent(StrEnum):
    """What a notification is about. That it is over is told under the same name, but for breakers."""

    CIRCUIT_BREAKER_TRIGGERED = "circuit_breaker_triggered"
    CIRCUIT_BREAKER_RESUMED = "circuit_breaker_resumed"
    RISK_TIER_CHANGED = "risk_tier_changed"
    EMERGENCY_LIQUIDATION = "emergency_liquidation"
    LARGE_TRADE_PNL = "large_trade_pnl"
    DAILY_SUMMARY = "daily_summary"
    WEEKLY_DIGEST = "weekly_digest"
    RESERVE_HIGH_WATER = "reserve_high_water"
    FEED_FAILURE = "feed_failure"
    PROTECTION_BREACH = "protection_breach"
    RECONCILIATION_DIFFERENCE = "reconciliation_difference"
    LEADER_CHANGED = "leader_changed"
    BROKER_SILENT = "broker_silent"
    STORAGE_FAILURE = "storage_failure"
    BROKEN_INVARIANT = "broken_invariant"
    TICKER_HALTED = "ticker_halted"
    CLOCK_JUMPED = "clock_jumped"
    RECOMMENDATIONS_STALE = "recommendations_stale"
    TRADING_STATE_CHANGED = "trading_state_changed"
    ENGINE_BROKE = "engine_broke"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What there is to be told, whoever it is told to: what happened, what the engine did about it, what to do.

    Messages of one `kind` are about the same thing: when they come again and again, they are told less and less often.
    `facts` are lines of figures for those who read at length.
    """

    event: NotificationEvent
    urgency: Urgency
    kind: str
    title: str
    happened: str
    done: str = ""
    to_do: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message on its way by one channel. `key` is its own: with the same key a channel is never given two.

    `subject` and `message` are the words that leave. While an attempt is being made `attempted_at` says since when: one
    found so after a crash may have arrived. `in_doubt` counts the attempts of which nobody knows. Until `next_try_at`
    it is left alone; it is settled when that is None. `provider_id` is the provider's name for what it took.
    """

    key: str
    channel: NotificationChannel
    event_type: NotificationEvent
    urgency: Urgency
    kind: str
    subject: str
    message: str
    created_at: datetime
    notification_id: int = 0
    delivery_status: DeliveryStatus = DeliveryStatus.PENDING
    retry_count: int = 0
    error_message: str = ""
    delivered_at: datetime | None = None
    next_try_at: datetime | None = None
    attempted_at: datetime | None = None
    in_doubt: int = 0
    provider_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFilter:
    """Which notifications are asked for: those of a channel, of an event, in a status, with one of `keys`.

    `before` is the id of one: only those that came before it.
    """

    channel: NotificationChannel | None = None
    event_type: NotificationEvent | None = None
    status: DeliveryStatus | None = None
    before: int | None = None
    keys: tuple[str, ...] = ()

    def fits(self, n: Notification) -> bool:
        """Is `n` one of those that are asked for?"""
        return (
            self.channel in (None, n.channel)
            and self.event_type in (None, n.event_type)
            and self.status in (None, n.delivery_status)
            and (self.before is None or n.notification_id < self.before)
            and (not self.keys or n.key in self.keys)
        )


EVERY_NOTIFICATION = NotificationFilter()


class Outcome(StrEnum):
    """How an attempt ended: taken; never to be taken; not this time; nobody was reached; nobody knows."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came of an attempt, in `words` when it did not arrive. `retry_after_seconds` is what the provider asks."""

    outcome: Outcome
    words: str = ""
    provider_id: str = ""
    retry_after_seconds: float | None = None
