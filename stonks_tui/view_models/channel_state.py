"""Channel state: how does a channel stand by which people are told?"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.notifications import DeliveryStatus, NotificationChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """How a channel stands: whom it reaches, what is missing for it, and what became of the last day's notifications.

    `room` is how many may leave before an hour is full. `mailbox` is the folder in which everything lands in place of
    leaving, as that of a demo does; empty where people are reached.
    """

    channel: NotificationChannel
    is_enabled: bool
    reaches: str
    events: str
    per_hour: int
    room: int
    missing: tuple[str, ...]
    counts: Mapping[DeliveryStatus, int]
    mailbox: str = ""
