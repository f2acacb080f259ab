"""Told room: a trading room whose people are told what happens, by carriers that keep what they were given."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.model.notifications import (
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
    NotificationFilter,
)
from engine.notification_settings import NotificationSettings
from stonks_tui.telling import Telling
from tests.support.carriers import BOTH_ON, Carrier
from tests.support.trading_room import Room

PATIENCE_SECONDS = 60


class ToldRoom(Room):
    """A room with a carrier for each channel. Its clock rests where a test wants something to have left."""

    def __init__(self, *, notifications: NotificationSettings = BOTH_ON, **about: Any) -> None:
        self.by_sms, self.by_email = Carrier(), Carrier()
        carriers = {NotificationChannel.SMS: self.by_sms, NotificationChannel.EMAIL: self.by_email}
        super().__init__(
            notifications=notifications,
            telling=lambda room: Telling(notifiers=lambda: carriers, books=room.reader),
            **about,
        )

    async def told(self, *events: NotificationEvent) -> list[Notification]:
        """Return what is kept of `events`, of all if none is given, in its order."""
        kept = (await self.reader.notifications(limit=1000))[::-1]
        return [n for n in kept if n.event_type in events or not events]

    def rests(self, moment: datetime, key: str = "") -> None:
        """Have the clock stand still at `moment` until all that waits has left, and `key` by both channels."""

        async def rest() -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    if await self._is_at_rest(key):
                        return
                    await asyncio.sleep(0.002)

        self.then(moment, rest)

    async def _is_at_rest(self, key: str) -> bool:
        if key:
            left = NotificationFilter(keys=(key,), status=DeliveryStatus.DELIVERED)
            return len(await self.reader.notifications(left)) == len(NotificationChannel)
        return all(n.next_try_at is None for n in await self.told())

    def breaks_off(self, moment: datetime, trading: Sequence[asyncio.Task[Any]]) -> None:
        """Have the engine that trades, the last one of `trading`, broken off at `moment`."""

        async def break_off() -> None:
            trading[-1].cancel()
            await asyncio.Event().wait()

        self.then(moment, break_off)
