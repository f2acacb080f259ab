"""Told account: one whose engine has told people of much, by both channels, with every way in which that may end."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.adapters import door_socket
from engine.model.audit import Asked, Word
from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationEvent, Urgency
from stonks_tui import bootstrap
from tests.support import live_account
from tests.support.carriers import a_notification
from tests.support.waiting_engine import waiting

AT = datetime(2024, 1, 23, 14, 49, 30, tzinfo=UTC)
BOTH_ON = {
    "sms_enabled": "yes",
    "sns_phone_number": "+15551234567",
    "email_enabled": "yes",
    "gmail_sender": "engine@example.com",
    "gmail_recipient": "me@example.org",
}
SMS, EMAIL = NotificationChannel
_DELIVERED = {"delivery_status": DeliveryStatus.DELIVERED, "next_try_at": None, "provider_id": "00000001"}
_ENDS: tuple[Mapping[str, object], ...] = (
    {"channel": SMS, "event_type": NotificationEvent.TEST, "urgency": Urgency.NEWS, "subject": "This is a test"}
    | _DELIVERED,
    {"channel": EMAIL, "subject": "[stonks paper] Price feed failed", "retry_count": 2} | _DELIVERED,
    {"channel": SMS, "subject": "Price feed failed", "in_doubt": 1} | _DELIVERED,
    {
        "channel": EMAIL,
        "event_type": NotificationEvent.TRADING_STATE_CHANGED,
        "urgency": Urgency.CRITICAL,
        "subject": "[stonks paper] HALTED: nothing leaves, not even a stop",
        "message": "What happened\nSomebody has halted trading.\n\nWhat to do\nResume when it is safe to.\n",
        "delivery_status": DeliveryStatus.FAILED,
        "retry_count": 3,
        "next_try_at": None,
        "error_message": "the refresh token is no longer valid: make a new one",
    },
    {
        "channel": SMS,
        "event_type": NotificationEvent.RISK_TIER_CHANGED,
        "urgency": Urgency.NEWS,
        "subject": "The tier is conservative",
        "delivery_status": DeliveryStatus.RATE_LIMITED,
        "next_try_at": None,
        "error_message": "told at 14:21 UTC already",
    },
    {"channel": EMAIL, "subject": "[stonks paper] The broker is silent", "event_type": NotificationEvent.BROKER_SILENT},
)


def notifications() -> tuple[Notification, ...]:
    """Return one for each way in which it may end, oldest first, a few minutes apart."""
    found = []
    for number, fields in enumerate(_ENDS, start=1):
        at = AT - timedelta(minutes=5 * (len(_ENDS) - number))
        n = a_notification(number, **{"created_at": at, "next_try_at": AT + timedelta(minutes=1), **fields})
        is_delivered = n.delivery_status is DeliveryStatus.DELIVERED
        found.append(replace(n, delivered_at=at + timedelta(seconds=4)) if is_delivered else n)
    return tuple(found)


def told(folder: Path, **settings: str) -> None:
    """Set what an engine that waits is to tell, and by which channel."""
    answer = door_socket.ask(bootstrap.door_path(folder), Asked(word=Word.SET, arguments=settings, origin="cli"))
    assert answer.done, answer.words


def make(folder: Path) -> None:
    """Make the account in `folder`, with both channels on and nobody told of anything."""
    with waiting(folder):
        told(folder, **BOTH_ON)


def copied(account: Path, folder: Path) -> Path:
    """Return `folder` with a copy of the account in it."""
    shutil.copytree(account, folder, ignore=shutil.ignore_patterns("*.sock"))
    return folder


async def tell(folder: Path, *more: Notification) -> None:
    """Keep `more` notifications in the account in `folder`, as its engine would."""
    async with bootstrap.open_account(folder, live_account.account().record()) as files:
        await files.store.tell(more)
