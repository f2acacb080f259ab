"""Notification rows: how are notifications kept and found again, in a transaction of whoever asks?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, union, update

from engine.errors import BrokenInvariant
from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationFilter, Urgency
from engine.model.runs import LIVE_RUN
from storage.columns import Columns
from storage.notification_tables import IS_WAITING, NOTIFICATIONS
from storage.row_map import RowMap

_N = NOTIFICATIONS.c
_OURS = _N.run_id == LIVE_RUN

NOTIFICATION_ROWS: RowMap[Notification] = RowMap(
    table=NOTIFICATIONS,
    kind=Notification,
    fields={
        "notification_id": "notification_id",
        "channel": "channel",
        "event_type": "event_type",
        "subject": "subject",
        "message": "message",
        "delivery_status": "delivery_status",
        "retry_count": "retry_count",
        "error_message": "error_message",
        "created_at": "created_at",
        "delivered_at": "delivered_at",
        "dedupe_key": "key",
        "urgency": "urgency",
        "kind": "kind",
        "next_try_at": "next_try_at",
        "attempted_at": "attempted_at",
        "in_doubt": "in_doubt",
        "provider_id": "provider_id",
    },
    packed={"urgency": int},
    unpacked={"urgency": Urgency},
)
_WHAT_BECOMES = ("delivery_status", "retry_count", "error_message", "delivered_at", "next_try_at", "attempted_at")
_CHANGED = (*_WHAT_BECOMES, "in_doubt", "provider_id")

LAST_ID = select(func.max(_N.notification_id)).where(_OURS)


def numbered(connection: Connection, notifications: Sequence[Notification]) -> Columns:
    """Return the columns of `notifications`, numbered after the last that is kept."""
    last = connection.execute(LAST_ID).scalar() or 0
    return NOTIFICATION_ROWS.columns_of(
        [replace(n, notification_id=number) for number, n in enumerate(notifications, start=last + 1)]
    )


def new(connection: Connection, notifications: Sequence[Notification]) -> list[Notification]:
    """Return those whose key their channel does not have yet."""
    keys = {n.key for n in notifications}
    query = select(_N.channel, _N.dedupe_key).where(_OURS, _N.dedupe_key.in_(keys))
    known = {(row.channel, row.dedupe_key) for row in connection.execute(query)}
    found: dict[tuple[NotificationChannel, str], Notification] = {}
    for notification in notifications:
        place = (notification.channel, notification.key)
        if place not in known:
            found.setdefault(place, notification)
    return list(found.values())


def note(connection: Connection, notification: Notification) -> None:
    """Keep what has become of it. One that is not there raises BrokenInvariant."""
    row = NOTIFICATION_ROWS.columns_of([notification])
    values = {name: row[name][0] for name in _CHANGED}
    this = (_OURS, _N.notification_id == notification.notification_id)
    if connection.execute(update(NOTIFICATIONS).where(*this).values(**values)).rowcount != 1:
        raise BrokenInvariant(f"there is no notification {notification.notification_id}")


def begin(connection: Connection, notification: Notification, at: datetime) -> Notification | None:
    """Note that an attempt begins, unless it is no more as `notification` says."""
    this = (_OURS, _N.notification_id == notification.notification_id, IS_WAITING)
    same = (
        _N.attempted_at.is_not_distinct_from(notification.attempted_at),
        _N.next_try_at.is_not_distinct_from(notification.next_try_at),
        _N.retry_count == notification.retry_count,
    )
    values = {"attempted_at": at, "in_doubt": notification.in_doubt}
    if connection.execute(update(NOTIFICATIONS).where(*this, *same).values(**values)).rowcount != 1:
        return None
    return replace(notification, attempted_at=at)


def waiting(channel: NotificationChannel, at: datetime, *, limit: int) -> Select[Any]:
    """Return the query for those of `channel` that may leave at `at`, most urgent first."""
    these = (_OURS, _N.channel == channel, IS_WAITING, _N.next_try_at <= at)
    return select(NOTIFICATIONS).where(*these).order_by(_N.urgency, _N.notification_id).limit(limit)


def next_try_at(channel: NotificationChannel) -> Select[Any]:
    """Return the query for when the next of `channel` may leave."""
    return select(func.min(_N.next_try_at)).where(_OURS, _N.channel == channel, IS_WAITING)


def sent_since(channel: NotificationChannel, at: datetime) -> Select[Any]:
    """Return the query for what was delivered by `channel` from `at` on, or may have been, in the order it left."""
    left = or_(_N.delivered_at >= at, _N.attempted_at >= at)
    these = (_OURS, _N.channel == channel, left)
    return (
        select(NOTIFICATIONS)
        .where(*these)
        .order_by(func.coalesce(_N.delivered_at, _N.attempted_at), _N.notification_id)
    )


def held_back(channel: NotificationChannel, kind: str, since: datetime) -> Select[Any]:
    """Return the query for how many of `kind` that came from `since` on were held back for good."""
    these = (_OURS, _N.channel == channel, _N.kind == kind, _N.created_at >= since)
    for_good = (_N.delivery_status == DeliveryStatus.RATE_LIMITED, _N.next_try_at.is_(None))
    return select(func.count()).where(*these, *for_good)


def found(wanted: NotificationFilter, limit: int) -> Select[Any]:
    """Return the query for the last `limit` that are `wanted`, newest first."""
    query = select(NOTIFICATIONS).order_by(_N.notification_id.desc()).limit(limit)
    return _only(query, wanted)


def counted(wanted: NotificationFilter) -> Select[Any]:
    """Return the query for how many are `wanted`."""
    return _only(select(func.count().label("number")).select_from(NOTIFICATIONS), wanted)


def _only(query: Select[Any], wanted: NotificationFilter) -> Select[Any]:
    query = query.where(_OURS)
    if wanted.channel is not None:
        query = query.where(_N.channel == wanted.channel)
    if wanted.event_type is not None:
        query = query.where(_N.event_type == wanted.event_type)
    if wanted.status is not None:
        query = query.where(_N.delivery_status == wanted.status)
    if wanted.before is not None:
        query = query.where(_N.notification_id < wanted.before)
    if wanted.keys:
        query = query.where(_N.dedupe_key.in_(wanted.keys))
    return query


def tallied(since: datetime) -> Select[Any]:
    """Return the query for how many there are by channel and status: settled from `since` on, or still waiting."""
    of_all = (_OURS, _N.channel.in_(list(NotificationChannel)))
    came = select(_N.notification_id).where(_OURS, _N.created_at >= since)
    left = select(_N.notification_id).where(*of_all, _N.delivered_at >= since)
    waits = select(_N.notification_id).where(*of_all, IS_WAITING)
    query = select(_N.channel, _N.delivery_status, func.count().label("number"))
    these = _N.notification_id.in_(union(came, left, waits))  # each by its index
    return query.where(_OURS, these).group_by(_N.channel, _N.delivery_status)
