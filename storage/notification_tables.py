"""Notification tables: what is kept of what people were sent, or were to be?"""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from engine.model.notifications import DeliveryStatus, NotificationChannel, NotificationEvent
from storage.table_kinds import METADATA, optional, required
from storage.types import UtcDateTime, WordType

NOTIFICATIONS = Table(
    "notifications",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("notification_id", Integer, primary_key=True, autoincrement=False),
    required("channel", WordType(NotificationChannel)),
    required("event_type", WordType(NotificationEvent)),
    required("subject", String),
    required("message", Text),
    required("delivery_status", WordType(DeliveryStatus)),
    required("retry_count", Integer),
    required("error_message", String),
    required("created_at", UtcDateTime()),
    optional("delivered_at", UtcDateTime()),
    required("dedupe_key", String),  # what is told once is told once by each channel
    required("urgency", Integer),
    required("kind", String),
    optional("next_try_at", UtcDateTime()),  # empty: it is settled
    optional("attempted_at", UtcDateTime()),  # an attempt is under way, or nobody knows what came of it
    required("in_doubt", Integer),
    required("provider_id", String),
    sqlite_with_rowid=False,
)
_N = NOTIFICATIONS.c
IS_WAITING = text("next_try_at IS NOT NULL")
"""In these words, else the index is not taken."""

Index("uq_notifications_dedupe_key", _N.run_id, _N.dedupe_key, _N.channel, unique=True)
Index(
    "ix_notifications_waiting",
    _N.run_id,
    _N.channel,
    _N.urgency,
    _N.notification_id,
    sqlite_where=IS_WAITING,
    postgresql_where=IS_WAITING,
)
Index("ix_notifications_created_at", _N.run_id, _N.created_at)
Index("ix_notifications_event_type", _N.run_id, _N.event_type, _N.notification_id)
Index("ix_notifications_delivered_at", _N.run_id, _N.channel, _N.delivered_at)
Index(
    "ix_notifications_attempted_at",
    _N.run_id,
    _N.channel,
    _N.attempted_at,
    sqlite_where=_N.attempted_at.is_not(None),
    postgresql_where=_N.attempted_at.is_not(None),
)
Index("ix_notifications_kind", _N.run_id, _N.channel, _N.kind, _N.created_at)
