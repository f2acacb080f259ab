"""Notifying: by which channels are people told, does it work, and what became of a test?"""

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from engine.adapters import clock
from engine.errors import NotFound, Unavailable
from engine.model.notifications import (
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
    NotificationFilter,
)
from engine.notification_settings import NotificationSettings
from engine.telling.notifications import addressed
from engine.telling.turn_messages import test_message
from stonks_tui import bootstrap, demo_mailbox, live_account
from stonks_tui.view_models.channel_state import ChannelState

TESTS = NotificationFilter(event_type=NotificationEvent.TEST)
_RECENT = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_ASKED_AGAIN_SECONDS = 0.25


async def states(folder: Path) -> tuple[ChannelState, ...]:
    """Return how each channel of the account in `folder` stands; nobody is asked, and nothing is sent."""
    settings = (await live_account.settings(folder))[0].notifications
    carriers, now = await demo_mailbox.carriers(folder, os.environ), clock.now()
    mailbox = ""
    if await demo_mailbox.is_demo(folder):
        mailbox, now = str(bootstrap.mailbox_path(folder)), await _demo_time(folder) or now
    found = []
    for channel in NotificationChannel:
        is_enabled = settings.is_enabled(channel)
        per_hour = settings.per_hour(channel)
        found.append(
            ChannelState(
                channel=channel,
                is_enabled=is_enabled,
                reaches=reached(channel, settings),
                events=settings.sms_events if channel is NotificationChannel.SMS else settings.email_events,
                per_hour=per_hour,
                room=max(0, per_hour - await _left_within_the_hour(folder, channel, now)),
                missing=carriers[channel].missing(settings) if is_enabled else (),
                counts=await _counts(folder, channel, now),
                mailbox=mailbox,
            )
        )
        await carriers[channel].close()
    return tuple(found)


def reached(channel: NotificationChannel, settings: NotificationSettings) -> str:
    """Return whom `channel` reaches."""
    if channel is NotificationChannel.SMS:
        return settings.sns_phone_number or settings.sns_topic_arn
    return settings.gmail_recipient


async def last_test(folder: Path) -> int:
    """Return the id of the last test that the account in `folder` was asked for, 0 before any."""
    found = await live_account.reader(folder).notifications(TESTS, 1)
    return found[0].notification_id if found else 0


async def outcome(folder: Path, since: int, seconds: float) -> tuple[Notification, ...]:
    """Return what became of the tests after the one `since`; what is not settled after `seconds` is as it is then."""
    reader = live_account.reader(folder)
    until = clock.passed_seconds() + seconds
    while True:
        found = [n for n in await reader.notifications(TESTS, 10) if n.notification_id > since]
        if (found and all(_is_told(n) for n in found)) or clock.passed_seconds() > until:
            return tuple(reversed(found))
        await asyncio.sleep(_ASKED_AGAIN_SECONDS)


async def send_from_here(folder: Path) -> tuple[Notification, ...]:
    """Send a test by each channel that is on, without an engine, and return what became of each. Nothing keeps them."""
    from engine.telling import states as becomes

    settings = await live_account.settings(folder)
    told, account = settings[0].notifications, settings[0].policy.account
    carriers, now = await demo_mailbox.carriers(folder, os.environ), clock.now()
    found = []
    for notification in addressed(test_message(), told, now, key=f"test {now:%Y%m%dT%H%M%S.%f}", account=account):
        delivery = await carriers[notification.channel].send(notification, told)
        found.append(becomes.after(notification, delivery, told, clock.now()))
    for carrier in carriers.values():
        await carrier.close()
    return tuple(found)


def _is_told(n: Notification) -> bool:
    """Is there something to say of it: is it settled, or was it tried at least?"""
    return n.next_try_at is None or n.retry_count > 0 or n.delivery_status is DeliveryStatus.RATE_LIMITED


async def _demo_time(folder: Path) -> datetime | None:
    """Return what time it is in the demo in `folder`, as its engine has shown last; None when it has not yet."""
    beat = await live_account.reader(folder).heartbeat()
    return beat[0].at if beat else None


async def _left_within_the_hour(folder: Path, channel: NotificationChannel, now: datetime) -> int:
    since = now - _HOUR
    try:
        delivered = NotificationFilter(channel=channel, status=DeliveryStatus.DELIVERED)
        recent = await live_account.reader(folder).notifications(delivered, 1000)
    except (NotFound, Unavailable):
        return 0
    return sum(n.delivered_at is not None and n.delivered_at > since for n in recent)


async def _counts(folder: Path, channel: NotificationChannel, now: datetime) -> Mapping[DeliveryStatus, int]:
    try:
        counts = await live_account.reader(folder).notification_counts(now - _RECENT)
    except (NotFound, Unavailable):
        return {}
    return {status: number for (of, status), number in counts.items() if of is channel}
