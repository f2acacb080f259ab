"""Telling child: a process that keeps turns with something to tell, sends it, and kills itself where it is told to.

    python -m tests.support.telling_child stonks.db 40 after-send 3

goes on until there have been 40 turns and everything has been sent, but for a `kill -9` of itself the third time that
it passes the point `after-send`; at a point that is none it never does. It sends to whatever the environment names.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from engine.adapters import clock
from engine.live_ports import LiveStore
from engine.model.notifications import Delivery, Notification, NotificationChannel, Urgency
from engine.notification_ports import Notifier
from engine.notification_settings import NotificationSettings
from engine.telling.delivery import Deliveries
from stonks_tui import bootstrap
from storage.live_store import SqlLiveStore
from tests.support.carriers import BOTH_ON, a_notification
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.notifications_through import NotificationsThrough

SETTINGS = replace(
    BOTH_ON,
    sms_max_per_hour=1000,
    email_max_per_hour=1000,
    notification_repeat_minutes=0,
    notification_retry_seconds=1,
)


class At(StrEnum):
    """Where a process can be killed."""

    BEFORE_BEGIN = "before-begin"
    BEFORE_SEND = "before-send"
    AFTER_SEND = "after-send"
    BEFORE_NOTED = "before-noted"
    AFTER_NOTED = "after-noted"
    AFTER_COMMIT = "after-commit"


class Killer:
    """Kills this process the `times`-th time that it passes `point`."""

    def __init__(self, point: str, times: int) -> None:
        self._point, self._left = point, times

    def passes(self, point: At) -> None:
        """Note that `point` is passed."""
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class WatchedPost(NotificationsThrough):
    """A `NotificationStore` that passes points."""

    def __init__(self, store: LiveStore, killer: Killer) -> None:
        self._store, self._killer = store, killer

    def _ask(self, call: str) -> LiveStore:
        del call
        return self._store

    async def begin(self, notification: Notification, at: datetime) -> Notification | None:
        """See `NotificationStore.begin`."""
        self._killer.passes(At.BEFORE_BEGIN)
        return await super().begin(notification, at)

    async def noted(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.noted`."""
        if not notifications:
            return
        self._killer.passes(At.BEFORE_NOTED)
        await super().noted(notifications)
        self._killer.passes(At.AFTER_NOTED)


class WatchedNotifier:
    """A `Notifier` that passes points."""

    def __init__(self, notifier: Notifier, killer: Killer) -> None:
        self._notifier, self._killer = notifier, killer

    async def prepare(self, settings: NotificationSettings) -> None:
        """See `Notifier.prepare`."""
        await self._notifier.prepare(settings)

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """See `Notifier.send`."""
        self._killer.passes(At.BEFORE_SEND)
        delivery = await self._notifier.send(notification, settings)
        self._killer.passes(At.AFTER_SEND)
        return delivery

    async def was_sent(self, notification: Notification, settings: NotificationSettings) -> bool | None:
        """See `Notifier.was_sent`."""
        return await self._notifier.was_sent(notification, settings)

    def missing(self, settings: NotificationSettings) -> tuple[str, ...]:
        """See `Notifier.missing`."""
        return self._notifier.missing(settings)

    async def close(self) -> None:
        """See `Notifier.close`."""
        await self._notifier.close()


def told_in(seq: int, at: datetime) -> tuple[Notification, ...]:
    """Return what the turn `seq` tells, by both channels."""
    urgency = Urgency(seq % 4)
    return tuple(
        a_notification(
            seq, channel=c, urgency=urgency, message=f"This is alarm {seq:03}.", created_at=at, next_try_at=at
        )
        for c in NotificationChannel
    )


async def live(path: Path, turns: int, killer: Killer) -> None:
    """Keep turns up to the number `turns`, and send what they tell."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqlLiveStore(path, ACCOUNT))
        lease = await store.take_lease("the only one", clock.now(), 3600)
        assert lease
        post = WatchedPost(store, killer)
        carriers = {c: WatchedNotifier(n, killer) for c, n in bootstrap.notifiers(os.environ).items()}
        deliveries = Deliveries(post, carriers, lambda: SETTINGS, clock.now, account="paper")
        await stack.enter_async_context(deliveries)
        kept = await store.load()
        for seq in range((kept.seq if kept else 0) + 1, turns + 1):
            await store.commit(a_turn(seq, epoch=lease.epoch, notifications=told_in(seq, clock.now())))
            killer.passes(At.AFTER_COMMIT)
            deliveries.wake()
            await asyncio.sleep(0.01)
        while any([await store.next_try_at(channel) for channel in NotificationChannel]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2]), Killer(sys.argv[3], int(sys.argv[4]))))
