"""Growing books: decisions and breakers of an account as a mirror reads them, while a test goes on to write them."""

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision
from engine.model.live import Heartbeat
from engine.model.notifications import DeliveryStatus, NotificationChannel
from engine.ports import DecisionPage
from tests.support.samples import a_decision


class Kept:
    """Books that somebody goes on to write."""

    def __init__(self) -> None:
        self.made: list[Decision] = []
        self.tripped: list[BreakerEvent] = []
        self.fault: Exception | None = None
        self.on_page: Callable[[int], None] = lambda _: None

    def decide(self, count: int) -> None:
        """Make some decisions."""
        first = len(self.made) + 1
        self.made += [a_decision(number) for number in range(first, first + count)]

    async def decisions(self, run_id: int, *, after: int | None = None, limit: int = 100) -> DecisionPage:
        """See `Books.decisions`."""
        del run_id
        if self.fault:
            raise self.fault
        first = after or 0
        self.on_page(first)
        page = tuple(self.made[first : first + limit])
        last = first + len(page)
        return DecisionPage(decisions=page, next=last if last < len(self.made) else None, last=last if page else None)

    async def count_decisions(self, run_id: int) -> int:
        """See `Books.count_decisions`."""
        del run_id
        return len(self.made)

    async def breakers(self, run_id: int) -> tuple[BreakerEvent, ...]:
        """See `Books.breakers`."""
        del run_id
        return tuple(self.tripped)

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `Books.notification_counts`."""
        del since
        return {(NotificationChannel.SMS, DeliveryStatus.DELIVERED): 3}

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `Books.heartbeat`."""
        return None
