"""Soak, told: who carries the notifications of a soaked account, badly, and what must hold of those that arrived?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random

from engine.live_reading import LiveReader
from engine.model.notifications import (
    Delivery,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationFilter,
    Outcome,
)
from engine.notification_settings import NotificationSettings
from tests.support.carriers import Carrier

HOUR = timedelta(minutes=60)
_OUTCOMES = {
    Outcome.DELIVERED: 70,
    Outcome.FAILED: 10,
    Outcome.UNKNOWN: 8,
    Outcome.UNREACHABLE: 8,
    Outcome.REFUSED: 4,
}
"""How often each comes, of a hundred."""


class BadCarrier(Carrier):
    """A `Notifier` that fails in every way, and forgets what it carried."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = Random(seed)

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """See `Notifier.send`."""
        outcome = self._rng.choices(list(_OUTCOMES), list(_OUTCOMES.values()))[0]
        self.answers = [outcome]
        delivery = await super().send(notification, settings)
        self.carried.clear()
        return delivery


def carriers(seed: int) -> Mapping[NotificationChannel, BadCarrier]:
    """Return one for each channel."""
    return {channel: BadCarrier(seed + place) for place, channel in enumerate(NotificationChannel)}


async def faults(reader: LiveReader, settings: NotificationSettings) -> Sequence[str]:
    """Return what does not hold: within no hour has more arrived than may, and nothing twice under one key."""
    found = []
    for channel in NotificationChannel:
        wanted = NotificationFilter(channel=channel, status=DeliveryStatus.DELIVERED)
        arrived = await reader.notifications(wanted, 10**6)
        times = sorted(n.delivered_at for n in arrived if n.delivered_at)
        limit = settings.per_hour(channel)
        found += [
            f"{channel}: more than {limit} in the hour since {at}"
            for at, later in zip(times, times[limit:], strict=False)
            if later - at < HOUR
        ]
        if len({n.key for n in arrived}) != len(arrived):
            found.append(f"{channel}: something has arrived twice")
    return found


async def tally(reader: LiveReader) -> str:
    """Return in words what has become of everything that was to be told."""
    counts = Counter(n.delivery_status.value for n in await reader.notifications(limit=10**6))
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
