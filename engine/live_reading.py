"""Live reading: what may anybody ask of a live account, in this process or another, while the engine trades?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from engine.live_ports import Checkpoint
from engine.model.audit import AuditEvent
from engine.model.live import Heartbeat, JournalEntry, LiveMetrics
from engine.model.notifications import (
    EVERY_NOTIFICATION,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationFilter,
)


class LiveReader(Protocol):
    """What is kept of an account beside the books that every run has. It never waits for the engine, nor holds it up.

    Raises NotFound when there is no account, Unavailable when it cannot be read.
    """

    async def last_turn(self) -> int:
        """Return the number of the last turn, 0 before any: has anything happened since? This costs next to nothing."""

    def has_happened(self, after: int) -> bool:
        """Was a turn after the turn `after` more than a look at prices of which nothing came? It costs as little."""

    async def state(self) -> str | None:
        """Return the core's state after the last turn as canonical JSON, None before any."""

    async def settings(self) -> str:
        """Return the rules that hold now as canonical JSON, empty before any turn."""

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """Return the last sign of life, and when it was by this machine's clock; None when there never was one."""

    async def metrics(self, since: datetime | None = None) -> tuple[LiveMetrics, ...]:
        """Return what was measured from `since` on, that moment too, in order; all of it if None."""

    async def audits(self, limit: int = 100) -> tuple[AuditEvent, ...]:
        """Return the last `limit` words of people that were taken, newest first."""

    async def checkpoint(self, at: datetime | None = None) -> Checkpoint | None:
        """Return the last checkpoint at or before `at`, the first that is left if None; None when there is none."""

    async def notifications(
        self, wanted: NotificationFilter = EVERY_NOTIFICATION, limit: int = 100
    ) -> tuple[Notification, ...]:
        """Return the last `limit` that are `wanted`, newest first."""

    async def count_notifications(self, wanted: NotificationFilter) -> int:
        """Return how many are `wanted`."""

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """Return how many there are by channel and status: those that came or left from `since` on, and what waits."""

    def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Yield the turns after `after`, in order. After a checkpoint none is missing."""
