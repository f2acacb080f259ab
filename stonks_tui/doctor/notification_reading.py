"""Notification reading: what became of what people were to be told, and what is missing to tell them?

Nobody is asked but the account's file and the environment; what a secret is, is looked at and never kept.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationFilter
from engine.notification_settings import NotificationSettings
from stonks_tui import bootstrap, demo_mailbox
from storage import database
from storage.moments import from_micros, to_micros
from storage.notification_tables import NOTIFICATIONS

RECENT = timedelta(hours=24)
LATE = timedelta(minutes=15)
"""A provider that does not take something is asked again three times, within eleven minutes."""
HOUR = timedelta(hours=1)
_HAS_TABLE = f"SELECT 1 FROM sqlite_master WHERE name = '{NOTIFICATIONS.name}'"
_NOTHING = (0, None, None)
_OURS = "FROM notifications WHERE run_id = 0 AND"
_OVERDUE = f"""
    SELECT count(*), min(created_at), error_message {_OURS} channel = :channel AND next_try_at IS NOT NULL
    AND created_at < :late AND (delivery_status = 'pending' OR next_try_at < :late)
"""
_WAITING = f"SELECT count(*) {_OURS} channel = :channel AND next_try_at IS NOT NULL"
_LEFT = f"SELECT count(*) {_OURS} channel = :channel AND delivered_at > :hour"
_DOUBTFUL = f"SELECT count(*) {_OURS} channel = :channel AND created_at >= :recent AND in_doubt > 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """How many wait for too long, since when the oldest does, and what was said of it last."""

    count: int
    since: datetime
    why: str


class NotificationReading:
    """The notifications in the account's file `path`, which may not be there, as they are `now`.

    Whatever cannot be read raises a StonksError that says why.
    """

    def __init__(self, path: Path, environment: Mapping[str, str], now: datetime) -> None:
        self._path = path
        self._environment = environment
        self._now = now

    def missing(self, channel: NotificationChannel, settings: NotificationSettings) -> tuple[str, ...]:
        """Return what is missing to send by `channel`, a sentence each with what to do."""
        carriers = asyncio.run(demo_mailbox.carriers(self._path.parent, self._environment))
        return carriers[channel].missing(settings)

    @cached_property
    def counts(self) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """How many there are by channel and status of the last day, and of what waits; none without an account."""
        if not self._path.exists():
            return {}
        return asyncio.run(bootstrap.live_reader(self._path.parent).notification_counts(self._now - RECENT))

    def last(self, channel: NotificationChannel, status: DeliveryStatus) -> Notification | None:
        """Return the newest of `channel` in `status`."""
        wanted = NotificationFilter(channel=channel, status=status)
        found = asyncio.run(bootstrap.live_reader(self._path.parent).notifications(wanted, 1))
        return found[0] if found else None

    def overdue(self, channel: NotificationChannel) -> Overdue | None:
        """Return what of `channel` has waited for longer than LATE and is not held back on purpose."""
        count, since, why = self._row(_OVERDUE, channel)
        return Overdue(count=count, since=from_micros(since), why=why) if count else None

    def waiting(self, channel: NotificationChannel) -> int:
        """Return how many of `channel` wait, for whatever reason."""
        return int(self._row(_WAITING, channel)[0])

    def left_within_the_hour(self, channel: NotificationChannel) -> int:
        """Return how many of `channel` were delivered within the last hour."""
        return int(self._row(_LEFT, channel)[0])

    def doubtful(self, channel: NotificationChannel) -> int:
        """Return of how many of the last day nobody knows whether an attempt has arrived."""
        return int(self._row(_DOUBTFUL, channel)[0])

    def _row(self, query: str, channel: NotificationChannel) -> Any:
        about = {
            "channel": channel.value,
            "late": to_micros(self._now - LATE),
            "hour": to_micros(self._now - HOUR),
            "recent": to_micros(self._now - RECENT),
        }
        with database.open_raw(self._path) as raw, database.translated(self._path):
            has_table = raw.execute(_HAS_TABLE).fetchone()  # an account of an earlier version has none
            return raw.execute(query, about).fetchone() if has_table else _NOTHING
