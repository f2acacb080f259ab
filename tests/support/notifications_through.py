"""Notifications through: a store that hands what is asked about notifications on to another one."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from engine.live_ports import LiveStore
from engine.model.live import Heartbeat
from engine.model.notifications import Notification, NotificationChannel


class NotificationsThrough(ABC):
    """The part of a `LiveStore` that is about notifications; `_ask` is given the name of each call."""

    @abstractmethod
    def _ask(self, call: str) -> LiveStore:
        """Return the store behind this one, or raise."""

    async def tell(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.tell`."""
        await self._ask("tell").tell(notifications)

    async def waiting(self, channel: NotificationChannel, at: datetime, limit: int) -> tuple[Notification, ...]:
        """See `NotificationStore.waiting`."""
        return await self._ask("waiting").waiting(channel, at, limit)

    async def next_try_at(self, channel: NotificationChannel) -> datetime | None:
        """See `NotificationStore.next_try_at`."""
        return await self._ask("next_try_at").next_try_at(channel)

    async def begin(self, notification: Notification, at: datetime) -> Notification | None:
        """See `NotificationStore.begin`."""
        return await self._ask("begin").begin(notification, at)

    async def noted(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.noted`."""
        await self._ask("noted").noted(notifications)

    async def sent_since(self, channel: NotificationChannel, at: datetime) -> tuple[Notification, ...]:
        """See `NotificationStore.sent_since`."""
        return await self._ask("sent_since").sent_since(channel, at)

    async def held_back(self, channel: NotificationChannel, kind: str, since: datetime) -> int:
        """See `NotificationStore.held_back`."""
        return await self._ask("held_back").held_back(channel, kind, since)

    async def last_heartbeat(self) -> Heartbeat | None:
        """See `LiveStore.last_heartbeat`."""
        return await self._ask("last_heartbeat").last_heartbeat()
