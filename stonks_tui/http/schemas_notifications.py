"""Notification schemas: what were people told?"""

from pydantic import Field

from engine.model.notifications import DeliveryStatus, NotificationChannel, NotificationEvent
from stonks_tui.http.schemas import Moment, Told


class Notification(Told):
    """One message on its way by one channel."""

    notification_id: int
    channel: NotificationChannel
    event_type: NotificationEvent
    kind: str
    subject: str
    message: str
    created_at: Moment
    delivery_status: DeliveryStatus
    retry_count: int
    error_message: str
    delivered_at: Moment | None
    next_try_at: Moment | None
    in_doubt: int


class Notifications(Told):
    """A page, newest first. `next_cursor` gives the next one; null at the end."""

    notifications: list[Notification]
    next_cursor: int | None = Field(examples=[41])
