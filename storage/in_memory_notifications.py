"""In memory: what are the notifications of a store without a file? Answers as `notification_rows` does."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import BrokenInvariant
from engine.model.notifications import (
    EVERY_NOTIFICATION,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationFilter,
)

_BECOMES = (
    "delivery_status",
    "retry_count",
    "error_message",
    "delivered_at",
    "next_try_at",
    "attempted_at",
    "in_doubt",
    "provider_id",
)


class InMemoryNotifications:
    """A `NotificationStore` (engine/notification_ports.py) for tests, and whoever reads it."""

    def __init__(self) -> None:
        self._told: dict[int, Notification] = {}

    async def tell(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.tell`."""
        known = {(n.channel, n.key) for n in self._told.values()}
        for notification in notifications:
            if (notification.channel, notification.key) not in known:
                number = len(self._told) + 1
                self._told[number] = replace(notification, notification_id=number)
                known.add((notification.channel, notification.key))

    async def waiting(self, channel: NotificationChannel, at: datetime, limit: int) -> tuple[Notification, ...]:
        """See `NotificationStore.waiting`."""
        found = [n for n in self._of(channel) if n.next_try_at is not None and n.next_try_at <= at]
        return tuple(sorted(found, key=lambda n: (n.urgency, n.notification_id))[:limit])

    async def next_try_at(self, channel: NotificationChannel) -> datetime | None:
        """See `NotificationStore.next_try_at`."""
        return min((n.next_try_at for n in self._of(channel) if n.next_try_at is not None), default=None)

    async def begin(self, notification: Notification, at: datetime) -> Notification | None:
        """See `NotificationStore.begin`."""
        kept = self._told.get(notification.notification_id)
        if kept is None or kept.next_try_at is None or _state(kept) != _state(notification):
            return None
        self._told[kept.notification_id] = replace(kept, attempted_at=at, in_doubt=notification.in_doubt)
        return replace(notification, attempted_at=at)

    async def noted(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.noted`."""
        noted: dict[int, Notification] = {}
        for n in notifications:
            kept = self._told.get(n.notification_id)
            if kept is None:
                raise BrokenInvariant(f"there is no notification {n.notification_id}")
            noted[n.notification_id] = replace(kept, **{name: getattr(n, name) for name in _BECOMES})
        self._told |= noted

    async def sent_since(self, channel: NotificationChannel, at: datetime) -> tuple[Notification, ...]:
        """See `NotificationStore.sent_since`."""
        found = [(left, n) for n in self._of(channel) if (left := _left_at(n)) is not None and left >= at]
        return tuple(n for _, n in sorted(found, key=lambda pair: (pair[0], pair[1].notification_id)))

    async def held_back(self, channel: NotificationChannel, kind: str, since: datetime) -> int:
        """See `NotificationStore.held_back`."""
        return sum(
            n.kind == kind
            and n.created_at >= since
            and n.delivery_status is DeliveryStatus.RATE_LIMITED
            and n.next_try_at is None
            for n in self._of(channel)
        )

    async def notifications(
        self, wanted: NotificationFilter = EVERY_NOTIFICATION, limit: int = 100
    ) -> tuple[Notification, ...]:
        """See `LiveReader.notifications`."""
        newest_first = [self._told[number] for number in sorted(self._told, reverse=True)]
        return tuple([n for n in newest_first if wanted.fits(n)][:limit])

    async def count_notifications(self, wanted: NotificationFilter) -> int:
        """See `LiveReader.count_notifications`."""
        return sum(map(wanted.fits, self._told.values()))

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `LiveReader.notification_counts`."""
        recent = [
            n
            for n in self._told.values()
            if n.created_at >= since or (n.delivered_at and n.delivered_at >= since) or n.next_try_at
        ]
        return Counter((n.channel, n.delivery_status) for n in recent)

    def _of(self, channel: NotificationChannel) -> list[Notification]:
        return [n for n in self._told.values() if n.channel is channel]


def _state(n: Notification) -> tuple[datetime | None, datetime | None, int]:
    return n.attempted_at, n.next_try_at, n.retry_count


def _left_at(n: Notification) -> datetime | None:
    return n.delivered_at or n.attempted_at
