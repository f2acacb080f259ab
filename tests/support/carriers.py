"""Carriers: who carries notifications in tests, as the test tells them to; and the time that tests set."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from engine.model.notifications import (
    Delivery,
    Message,
    Notification,
    NotificationChannel,
    NotificationEvent,
    Outcome,
    Urgency,
)
from engine.notification_settings import NotificationSettings
from tests.support.samples import AT

BOTH_ON = NotificationSettings(
    sms_enabled=True,
    sns_phone_number="+15551234567",
    sms_events="all",
    email_enabled=True,
    gmail_sender="engine@example.com",
    gmail_recipient="me@example.com",
)


class SetClock:
    """A time of day that stands until a test moves it."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return it."""
        return self.at

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.at += timedelta(**time)


class Carrier:
    """A `Notifier` that keeps what it was given, and answers what the test has laid out: first come, first served."""

    def __init__(self, *answers: Outcome | Delivery) -> None:
        self.answers = list(answers)
        self.carried: list[Notification] = []
        self.arrived: set[str] = set()
        self.tells: bool | None = None
        self.is_closed = False
        self.on_send: Callable[[Notification], None] = lambda _: None

    async def prepare(self, settings: NotificationSettings) -> None:
        """See `Notifier.prepare`."""

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """See `Notifier.send`."""
        del settings
        self.carried.append(notification)
        self.on_send(notification)
        answer = self.answers.pop(0) if self.answers else Outcome.DELIVERED
        if isinstance(answer, Delivery):
            return answer
        words = "" if answer is Outcome.DELIVERED else f"{answer.value}, it said"
        return Delivery(outcome=answer, words=words, provider_id=f"no. {len(self.carried)}")

    async def was_sent(self, notification: Notification, settings: NotificationSettings) -> bool | None:
        """See `Notifier.was_sent`."""
        del settings
        return self.tells if self.tells is None else notification.key in self.arrived

    def missing(self, settings: NotificationSettings) -> tuple[str, ...]:
        """See `Notifier.missing`."""
        del settings
        return ()

    async def close(self) -> None:
        """See `Notifier.close`."""
        self.is_closed = True


def a_message(**fields: Any) -> Message:
    """Return an alarm."""
    plain: dict[str, Any] = {
        "event": NotificationEvent.FEED_FAILURE,
        "urgency": Urgency.ALARM,
        "kind": "feed_failure",
        "title": "Price feed failed",
        "happened": "Nothing has a price any more.",
    }
    return Message(**plain | fields)


def a_notification(number: int = 1, **fields: Any) -> Notification:
    """Return one that waits: the alarm number `number`, of a kind of its own."""
    plain: dict[str, Any] = {
        "key": f"turn {number}.0",
        "channel": NotificationChannel.EMAIL,
        "event_type": NotificationEvent.FEED_FAILURE,
        "urgency": Urgency.ALARM,
        "kind": f"kind {number}",
        "subject": f"Alarm {number}",
        "message": f"This is alarm {number}.\n",
        "created_at": AT,
        "next_try_at": AT,
    }
    return Notification(**plain | fields)
