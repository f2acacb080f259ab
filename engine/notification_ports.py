"""Notification ports: what does the delivery of notifications ask of storage and of those who carry them?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from engine.model.notifications import Delivery, Notification, NotificationChannel
from engine.notification_settings import NotificationSettings


class NotificationStore(Protocol):
    """Keeps notifications for ever. Those of a turn are kept with it (`Turn.notifications`)."""

    async def tell(self, notifications: Sequence[Notification]) -> None:
        """Keep `notifications` that no turn has made. One whose key its channel has already is left out."""

    async def waiting(self, channel: NotificationChannel, at: datetime, limit: int) -> tuple[Notification, ...]:
        """Return those of `channel` that may leave at `at`: most urgent first, then in the order they came."""

    async def next_try_at(self, channel: NotificationChannel) -> datetime | None:
        """Return when the first that is held back for a while may leave; None when none is."""

    async def begin(self, notification: Notification, at: datetime) -> Notification | None:
        """Note that an attempt begins at `at`, and return it so; None when it is no more as `notification` says.

        Another engine has it then, or has settled it.
        """

    async def noted(self, notifications: Sequence[Notification]) -> None:
        """Keep what has become of `notifications`, known by their ids, in one transaction."""

    async def sent_since(self, channel: NotificationChannel, at: datetime) -> tuple[Notification, ...]:
        """Return those of `channel` that were delivered, or may have been, from `at` on, in the order they left."""

    async def held_back(self, channel: NotificationChannel, kind: str, since: datetime) -> int:
        """Return how many of `kind` that came from `since` on were held back for good."""


class Notifier(Protocol):
    """Carries notifications by one channel. Whatever happens is an answer, not an exception."""

    async def prepare(self, settings: NotificationSettings) -> None:
        """Load and open what takes long, so that no attempt has to. Whatever is wrong the attempts will say."""

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """Try once. Takes some seconds at most, and never holds up the event loop."""

    async def was_sent(self, notification: Notification, settings: NotificationSettings) -> bool | None:
        """Ask whether an attempt of which nothing is known arrived; None: the provider cannot tell."""

    def missing(self, settings: NotificationSettings) -> tuple[str, ...]:
        """Return what is missing for sending, a sentence each with what to do; asks nobody."""

    async def close(self) -> None:
        """Let go of what is open. Attempts under way are given up."""
