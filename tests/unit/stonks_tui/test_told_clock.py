"""Told clock: no moment passes before everybody is told what happened in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel
from engine.notification_settings import NotificationSettings
from engine.telling.delivery import Deliveries
from engine.telling.summariser import Summariser
from stonks_tui import told_clock
from stonks_tui.told_clock import ToldClock
from storage.in_memory_live import InMemoryLiveStore
from tests.support.carriers import BOTH_ON, Carrier, SetClock, a_notification
from tests.support.live_turns import ACCOUNT
from tests.support.tapes import at
from tests.support.trading_room import SESSIONS

EMAIL = NotificationChannel.EMAIL
FRIDAY_CLOSE = datetime(2024, 1, 26, 21, tzinfo=UTC)
MONDAY = datetime(2024, 1, 29, 14, 30, tzinfo=UTC)


class Jumping(SetClock):
    """A clock that goes as far as it is waited for, at once."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.stops: list[datetime] = []

    async def until(self, moment: datetime) -> None:
        self.at = max(self.at, moment)
        self.stops.append(self.at)

    def jumped_seconds(self) -> float:
        return 0.0


class Desk:
    """An account in memory whose people are told by a carrier, before its clock goes on."""

    def __init__(self, start: datetime, settings: NotificationSettings = BOTH_ON) -> None:
        self.store, self.inner, self.mail, self.settings = (
            InMemoryLiveStore(ACCOUNT),
            Jumping(start),
            Carrier(),
            settings,
        )
        self.clock = ToldClock(self.inner)

    @asynccontextmanager
    async def tells(self) -> AsyncIterator[Deliveries]:
        """Have what waits sent."""
        about = (lambda: self.settings, self.inner.now)
        async with Deliveries(self.store, {EMAIL: self.mail}, *about, account="paper") as deliveries:
            summariser = Summariser(self.store, self.store, SESSIONS, *about, account="paper", on_told=deliveries.wake)
            self.clock.attend(deliveries, summariser)
            yield deliveries

    async def happens(self, deliveries: Deliveries, *told: Notification) -> None:
        """Have `told` wait, as after a turn."""
        await self.store.tell(told)
        deliveries.wake()

    async def left(self) -> list[tuple[str, datetime | None]]:
        """Return what has left, and when."""
        found = await self.store.notifications(limit=100)
        return [(n.subject, n.delivered_at) for n in found[::-1] if n.delivery_status is DeliveryStatus.DELIVERED]


def waits(number: int, when: datetime, kind: str = "") -> Notification:
    """Return one that happened then."""
    return a_notification(number, kind=kind or f"kind {number}", created_at=when, next_try_at=when)


async def test_what_happened_at_a_moment_leaves_at_that_moment() -> None:
    desk = Desk(at(0, 0))
    async with desk.tells() as deliveries:
        for minute in range(5):
            await desk.happens(deliveries, waits(minute, at(0, minute)))
            await desk.clock.until(at(0, minute + 1))
    assert await desk.left() == [(f"Alarm {minute}", at(0, minute)) for minute in range(5)]


async def test_what_is_held_back_leaves_as_soon_as_the_clock_is_there_however_fast_it_goes() -> None:
    desk = Desk(at(0, 0))
    async with desk.tells() as deliveries:
        await desk.happens(deliveries, waits(1, at(0, 0), "the same"))
        await desk.clock.until(at(0, 1))
        await desk.happens(deliveries, waits(2, at(0, 1), "the same"))
        for minute in range(2, 9):
            await desk.clock.until(at(0, minute))
        await desk.clock.until(at(0, 10))
    assert await desk.left() == [("Alarm 1", at(0, 0)), ("Alarm 2", at(0, 5))]


async def test_an_hour_that_is_full_has_room_again_an_hour_later() -> None:
    desk = Desk(
        at(0, 0),
        NotificationSettings(
            email_enabled=True, gmail_sender="a@b.invalid", gmail_recipient="a@b.invalid", email_max_per_hour=2
        ),
    )
    async with desk.tells() as deliveries:
        await desk.happens(deliveries, waits(1, at(0, 0)), waits(2, at(0, 0)))
        for minute in range(90):
            await desk.clock.until(at(0, minute))
    assert await desk.left() == [("Alarm 1", at(0, 0)), ("Alarm 2", at(0, 60))]


async def test_a_clock_that_nobody_attends_goes_as_it_does() -> None:
    desk = Desk(at(0, 0))
    await desk.clock.until(at(0, 3))
    assert desk.clock.now() == at(0, 3)
    assert desk.clock.jumped_seconds() == 0.0


async def test_it_rests_in_the_evening_for_the_day_and_for_the_week() -> None:
    desk = Desk(FRIDAY_CLOSE)
    async with desk.tells():
        await desk.clock.until(MONDAY)
    assert desk.inner.stops == [FRIDAY_CLOSE + timedelta(minutes=30), FRIDAY_CLOSE + timedelta(minutes=60), MONDAY]


async def test_it_rests_for_nothing_when_nothing_is_summed_up() -> None:
    desk = Desk(FRIDAY_CLOSE, NotificationSettings(daily_summary_time="", weekly_digest_time=""))
    async with desk.tells():
        await desk.clock.until(MONDAY)
    assert desk.inner.stops == [MONDAY]


async def test_a_carrier_that_hangs_holds_it_up_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_clock, "PATIENCE_SECONDS", 0.01)
    desk, may_end = Desk(at(0, 0)), asyncio.Event()

    class Hanging(Carrier):
        async def send(self, notification: Notification, settings: NotificationSettings):  # type: ignore[no-untyped-def]
            await may_end.wait()
            return await super().send(notification, settings)

    desk.mail = Hanging()
    async with desk.tells() as deliveries:
        await desk.happens(deliveries, waits(1, at(0, 0)))
        await desk.clock.until(at(0, 1))
        assert await desk.left() == []
        may_end.set()
        await desk.clock.until(at(0, 2))
    assert await desk.left() == [("Alarm 1", at(0, 1))]
