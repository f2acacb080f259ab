"""Delivery: the tasks that send, beside an engine that trades."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from engine.model.notifications import (
    Delivery,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
    Outcome,
    Urgency,
)
from engine.notification_settings import NotificationSettings
from engine.telling import delivery
from engine.telling.delivery import Deliveries
from storage.in_memory_notifications import InMemoryNotifications
from tests.support.carriers import BOTH_ON, Carrier, SetClock, a_message, a_notification

SMS, EMAIL = NotificationChannel.SMS, NotificationChannel.EMAIL


class Slow(Carrier):
    """A carrier whose attempts end when the test says so."""

    def __init__(self, *answers: Outcome | Delivery) -> None:
        super().__init__(*answers)
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def send(self, notification: Notification, settings: NotificationSettings) -> Delivery:
        """See `Notifier.send`."""
        self.began.set()
        await self.may_end.wait()
        return await super().send(notification, settings)


@asynccontextmanager
async def delivering(
    store: InMemoryNotifications, sms: Carrier, email: Carrier, settings: NotificationSettings = BOTH_ON
) -> AsyncIterator[Deliveries]:
    """Give deliveries that run."""
    carriers = {SMS: sms, EMAIL: email}
    async with Deliveries(store, carriers, lambda: settings, SetClock().now, account="paper") as running:
        yield running


async def _settled(store: InMemoryNotifications, number: int) -> list[Notification]:
    async with asyncio.timeout(10):
        while True:
            found = [n for n in await store.notifications(limit=1000) if n.delivery_status is DeliveryStatus.DELIVERED]
            if len(found) >= number:
                return found
            await asyncio.sleep(0.001)


async def test_what_waits_leaves_as_soon_as_somebody_calls() -> None:
    store, sms, email = InMemoryNotifications(), Carrier(), Carrier()
    async with delivering(store, sms, email) as running:
        await asyncio.sleep(0.01)
        await store.tell([a_notification(1), a_notification(1, channel=SMS)])
        running.wake()
        await _settled(store, 2)
    assert [n.subject for n in (*sms.carried, *email.carried)] == ["Alarm 1", "Alarm 1"]
    assert sms.is_closed
    assert email.is_closed


async def test_a_slow_channel_keeps_the_other_from_nothing() -> None:
    store, sms, email = InMemoryNotifications(), Slow(), Carrier()
    async with delivering(store, sms, email) as running:
        await store.tell([a_notification(n, channel=channel) for n in range(5) for channel in (SMS, EMAIL)])
        running.wake()
        assert {n.channel for n in await _settled(store, 5)} == {EMAIL}
        sms.may_end.set()
        await _settled(store, 10)


async def test_an_urgent_one_that_comes_during_an_attempt_is_the_next_to_leave() -> None:
    store, email = InMemoryNotifications(), Slow()
    async with delivering(store, Carrier(), email) as running:
        await store.tell([a_notification(n, urgency=Urgency.NEWS) for n in range(5)])
        running.wake()
        await email.began.wait()
        await store.tell([a_notification(9)])
        running.wake()
        email.may_end.set()
        await _settled(store, 6)
    assert [n.subject for n in email.carried[:2]] == ["Alarm 0", "Alarm 9"]


async def test_an_attempt_under_way_is_brought_to_its_end_when_the_engine_ends() -> None:
    store, email = InMemoryNotifications(), Slow()
    await store.tell([a_notification(1), a_notification(2)])
    async with delivering(store, Carrier(), email):
        await email.began.wait()
        asyncio.get_running_loop().call_later(0.05, email.may_end.set)
    assert [n.delivery_status for n in await store.notifications()] == [
        DeliveryStatus.PENDING,
        DeliveryStatus.DELIVERED,
    ]


async def test_an_attempt_that_takes_too_long_then_is_left_for_the_next_engine_to_find(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "LAST_MOMENT_SECONDS", 0.05)
    store, email = InMemoryNotifications(), Slow()
    await store.tell([a_notification(1)])
    async with delivering(store, Carrier(), email):
        await email.began.wait()
    (left,) = await store.notifications()
    assert left.attempted_at is not None
    async with delivering(store, Carrier(), Carrier()):
        (found,) = await _settled(store, 1)
    assert found.in_doubt == 1


async def test_an_alarm_that_nothing_keeps_leaves_by_every_channel_that_wants_it() -> None:
    store, sms, email = InMemoryNotifications(), Carrier(), Carrier()
    async with delivering(store, sms, email) as running:
        running.alarm(a_message(event=NotificationEvent.STORAGE_FAILURE, kind="storage_failure"))
        found = await _settled(store, 2)
    assert {n.channel for n in found} == {SMS, EMAIL}
    assert "Price feed failed. Nothing has a price any more." in sms.carried[0].message
    assert email.carried[0].subject == "[stonks paper] Price feed failed"


async def test_last_words_are_waited_for_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    store, sms, email = InMemoryNotifications(), Carrier(), Slow()
    monkeypatch.setattr(delivery, "LAST_WORDS_SECONDS", 0.2)
    monkeypatch.setattr(delivery, "LAST_MOMENT_SECONDS", 0.05)
    async with delivering(store, sms, email) as running:
        await running.last_words(a_message(event=NotificationEvent.ENGINE_BROKE))
        assert len(sms.carried) == 1
        assert email.carried == []


async def test_last_words_are_no_reason_to_wait_when_nobody_wants_them() -> None:
    off = replace(BOTH_ON, sms_enabled=False, email_enabled=False)
    async with delivering(InMemoryNotifications(), Carrier(), Carrier(), off) as running:
        async with asyncio.timeout(30):
            await running.last_words(a_message())


async def test_a_bug_in_a_carrier_ends_nothing() -> None:
    store, email, tried = InMemoryNotifications(), Carrier(), asyncio.Event()

    def breaks(notification: Notification) -> None:
        tried.set()
        if notification.subject == "Alarm 1":
            raise KeyError(notification.subject)

    email.on_send = breaks
    async with delivering(store, Carrier(), email) as running:
        await store.tell([a_notification(1), a_notification(2)])
        running.wake()
        async with asyncio.timeout(10):
            await tried.wait()
        email.on_send = lambda _: None
        running.wake()
        found = await _settled(store, 2)
    assert {n.subject: n.in_doubt for n in found} == {"Alarm 1": 1, "Alarm 2": 0}
