"""Telling: how are people told what happens to an account as long as its engine leads?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from engine.errors import LostLease
from engine.guard import Guard
from engine.live_ports import Clock
from engine.model.notifications import NotificationChannel
from engine.model.sessions import SessionTable
from engine.notification_ports import NotificationStore, Notifier
from engine.notification_settings import NotificationSettings
from engine.telling.delivery import Deliveries
from engine.telling.notice_messages import engine_broke
from engine.telling.summariser import Books, Summariser
from engine.trader import Trader
from stonks_tui.told_clock import ToldClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who carries notifications, new ones for each time that this engine leads, and the books that are summed up.

    `clock` is one that waits until people are told; time passes too fast there for whoever tells them to keep up.
    """

    notifiers: Callable[[], Mapping[NotificationChannel, Notifier]]
    books: Books
    clock: ToldClock | None = None


@asynccontextmanager
async def people_told(
    telling: Telling, trader: Trader, guard: Guard, store: NotificationStore, clock: Clock, sessions: SessionTable
) -> AsyncIterator[None]:
    """See to it that people are told in the meantime. An engine that breaks says so with its last breath."""

    def settings() -> NotificationSettings:
        return trader.settings.notifications

    account = trader.policy.account
    async with Deliveries(store, telling.notifiers(), settings, clock.now, account=account) as deliveries:
        trader.on_told, guard.alarm = deliveries.wake, deliveries.alarm
        summariser = Summariser(
            telling.books, store, sessions, settings, clock.now, account=account, on_told=deliveries.wake
        )
        if telling.clock is not None:
            telling.clock.attend(deliveries, summariser)
        summing_up = asyncio.create_task(summariser.run(), name="sum up")
        try:
            yield
        except LostLease:
            raise
        except Exception as error:
            await deliveries.last_words(engine_broke(str(error) or type(error).__name__))
            raise
        finally:
            summing_up.cancel()
            await asyncio.gather(summing_up, return_exceptions=True)
