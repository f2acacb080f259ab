"""Told filter: which notifications does a person mean who types `sms failed feed` after `/`?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.model.notifications import (
    EVERY_NOTIFICATION,
    DeliveryStatus,
    NotificationChannel,
    NotificationEvent,
    NotificationFilter,
)

CHANNELS: Mapping[str, NotificationChannel] = {
    "sms": NotificationChannel.SMS,
    "text": NotificationChannel.SMS,
    "email": NotificationChannel.EMAIL,
    "mail": NotificationChannel.EMAIL,
}
STATUSES: Mapping[str, DeliveryStatus] = {
    "waiting": DeliveryStatus.PENDING,
    "pending": DeliveryStatus.PENDING,
    "delivered": DeliveryStatus.DELIVERED,
    "failed": DeliveryStatus.FAILED,
    "held": DeliveryStatus.RATE_LIMITED,
    "rate_limited": DeliveryStatus.RATE_LIMITED,
}
HELP = "sms | email | waiting | delivered | failed | held | an event, or a part of its name that no other has"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was understood. `problem` says in words what was not."""

    where: NotificationFilter = EVERY_NOTIFICATION
    problem: str = ""


def parse(text: str) -> Parsed:
    """Return the filter that `text` means; each word says something else of a notification."""
    where = EVERY_NOTIFICATION
    for word in text.split():
        try:
            where = _with(where, word.casefold())
        except ValueError as error:
            return Parsed(where, str(error))
    return Parsed(where)


def completed(text: str) -> tuple[str, str]:
    """Return `text` with its last word completed where that is clear, and in words what it could become."""
    head, space, word = text.rpartition(" ")
    low = word.casefold()
    names = (*CHANNELS, *STATUSES, *(event.value for event in NotificationEvent))
    fitting = [name for name in names if name.startswith(low)] or [name for name in names if low in name]
    if len(fitting) == 1:
        return f"{head}{space}{fitting[0]} ", ""
    return text, ", ".join(fitting) if low and fitting else HELP


def _with(where: NotificationFilter, word: str) -> NotificationFilter:
    if (channel := CHANNELS.get(word.replace("-", ""))) is not None:
        _require_one(where.channel, channel, word, "leaves by one channel")
        return replace(where, channel=channel)
    if (status := STATUSES.get(word)) is not None:
        _require_one(where.status, status, word, "has one status")
        return replace(where, status=status)
    event = _event(word)
    _require_one(where.event_type, event, word, "is about one event")
    return replace(where, event_type=event)


def _event(word: str) -> NotificationEvent:
    """Return the event that `word` names, whole or in part. Raises ValueError, in words, when that is not clear."""
    every = list(NotificationEvent)
    found = [event for event in every if event.value == word] or [event for event in every if word in event.value]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"'{word}' may be {' or '.join(found)}")
    raise ValueError(f"'{word}' is nothing that is known of a notification; {HELP}")


def _require_one(before: object, wanted: object, word: str, why: str) -> None:
    if before not in (None, wanted):
        raise ValueError(f"'{word}': a notification {why}, and {before} is wanted too")
