"""Delivery: who sees to it that people are told, each thing once and nothing lost, without ever holding up trading?"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from engine.model.notifications import Message, NotificationChannel
from engine.notification_ports import NotificationStore, Notifier
from engine.notification_settings import NotificationSettings
from engine.telling.channel import Channel
from engine.telling.notifications import addressed

LAST_MOMENT_SECONDS = 2.0
"""So long an attempt that is under way may still take when the engine ends."""


PREPARED_SECONDS = 5.0
"""So long what loads slowly is waited for, before anything is traded."""
LAST_WORDS_SECONDS = 8.0
"""So long an engine that breaks tries to say so."""


class Deliveries:
    """All channels. Use it as an async context manager: at the end what is still waiting waits for the next engine."""

    def __init__(
        self,
        store: NotificationStore,
        notifiers: Mapping[NotificationChannel, Notifier],
        settings: Callable[[], NotificationSettings],
        now: Callable[[], datetime],
        *,
        account: str,
    ) -> None:
        self._settings, self._now, self._account = settings, now, account
        self._channels = [
            Channel(channel, store, notifiers.get(channel), settings, now) for channel in NotificationChannel
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._alarms = 0

    async def __aenter__(self) -> Self:
        with suppress(TimeoutError):
            async with asyncio.timeout(PREPARED_SECONDS):
                await asyncio.gather(*[channel.prepare() for channel in self._channels])
        self._tasks = [asyncio.create_task(channel.run(), name=f"send {channel.name}") for channel in self._channels]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels:
            channel.stop()
        await asyncio.wait(self._tasks, timeout=LAST_MOMENT_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel in self._channels:
            await channel.close()

    def wake(self) -> None:
        """Something waits that was not there before."""
        for channel in self._channels:
            channel.wake()

    async def at_rest(self) -> None:
        """Return once nothing more can leave at this moment of the clock."""
        for channel in self._channels:
            await channel.at_rest()

    async def last_words(self, message: Message) -> None:
        """Have `message` leave before this engine ends, as far as that takes some seconds only."""
        self.alarm(message)
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await asyncio.gather(*[channel.alarms_tried() for channel in self._channels])

    def alarm(self, message: Message) -> None:
        """Have `message` leave at once, although it cannot be kept now; it is kept when that can be."""
        self._alarms += 1
        at = self._now()
        key = f"alarm {at:%Y%m%dT%H%M%S.%f} {self._alarms}"
        for notification in addressed(message, self._settings(), at, key=key, account=self._account):
            for channel in self._channels:
                if channel.name is notification.channel:
                    channel.alarm(notification)
