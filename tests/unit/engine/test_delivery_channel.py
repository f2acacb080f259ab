"""Delivery channel: what leaves, in which order, how often, and what is noted of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.errors import Unavailable
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
from engine.telling.channel import BATCH, Channel
from storage.in_memory_notifications import InMemoryNotifications
from tests.support.carriers import BOTH_ON, Carrier, SetClock, a_notification
from tests.support.samples import AT

EMAIL = NotificationChannel.EMAIL


class Post:
    """A channel by itself: what waits for it is sent whenever the test says so."""

    def __init__(self, *answers: Outcome | Delivery, settings: NotificationSettings = BOTH_ON) -> None:
        self.store, self.clock, self.carrier = InMemoryNotifications(), SetClock(), Carrier(*answers)
        self.settings = settings
        self.channel = self.new_channel()

    def new_channel(self, carrier: Carrier | None = None) -> Channel:
        """Return a channel as another engine would have it, after this one has died."""
        return Channel(EMAIL, self.store, carrier or self.carrier, lambda: self.settings, self.clock.now)

    async def told(self, *notifications: Notification) -> None:
        """Have `notifications` wait, and whatever may leave leave."""
        await self.store.tell(notifications)
        await self.go_on()

    async def go_on(self, **time: float) -> None:
        """Let time pass, and whatever may leave leave."""
        self.clock.passes(**time)
        await self.channel._send_unkept()
        await self.channel._send_waiting()

    async def kept(self) -> list[Notification]:
        """Return what is known of all of them, in their order."""
        return list(reversed(await self.store.notifications(limit=10_000)))

    async def statuses(self) -> list[DeliveryStatus]:
        """Return what has become of them, in their order."""
        return [n.delivery_status for n in await self.kept()]

    @property
    def carried(self) -> list[str]:
        """The subjects of what was carried, in that order."""
        return [n.subject for n in self.carrier.carried]


async def test_what_waits_leaves_once_and_says_when_and_under_which_name() -> None:
    post = Post()
    await post.told(a_notification(1))
    await post.go_on(hours=1)
    (kept,) = await post.kept()
    assert post.carried == ["Alarm 1"]
    assert (kept.delivery_status, kept.delivered_at, kept.provider_id) == (DeliveryStatus.DELIVERED, AT, "no. 1")
    assert (kept.next_try_at, kept.attempted_at, kept.in_doubt) == (None, None, 0)


async def test_an_attempt_is_noted_before_it_is_made() -> None:
    post = Post()
    noted: list[Any] = []
    post.carrier.on_send = lambda n: noted.append((n.attempted_at, post.store._told[n.notification_id].attempted_at))
    await post.told(a_notification(1))
    assert noted == [(AT, AT)]


async def test_alarms_leave_before_news_and_news_before_digests() -> None:
    post = Post()
    urgencies = (Urgency.DIGEST, Urgency.NEWS, Urgency.ALARM, Urgency.NEWS)
    await post.told(*(a_notification(i, urgency=urgency) for i, urgency in enumerate(urgencies)))
    assert post.carried == ["Alarm 2", "Alarm 1", "Alarm 3", "Alarm 0"]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNKNOWN])
async def test_what_a_provider_does_not_take_is_tried_three_times_more_at_growing_distances(outcome: Outcome) -> None:
    post = Post(*([outcome] * 9))
    await post.told(a_notification(1))
    for seconds, tried in ((29, 1), (1, 2), (119, 2), (1, 3), (479, 3), (1, 4), (36_000, 4)):
        await post.go_on(seconds=seconds)
        assert len(post.carrier.carried) == tried
    (kept,) = await post.kept()
    assert (kept.delivery_status, kept.retry_count) == (DeliveryStatus.FAILED, 3)
    assert kept.error_message == f"{outcome.value}, it said"
    assert kept.in_doubt == (4 if outcome is Outcome.UNKNOWN else 0)


async def test_a_provider_says_itself_after_how_long_it_wants_to_be_asked_again() -> None:
    post = Post(Delivery(outcome=Outcome.FAILED, words="too many", retry_after_seconds=400))
    await post.told(a_notification(1))
    await post.go_on(seconds=399)
    assert await post.statuses() == [DeliveryStatus.PENDING]
    await post.go_on(seconds=1)
    assert await post.statuses() == [DeliveryStatus.DELIVERED]


async def test_what_is_refused_is_not_tried_again() -> None:
    post = Post(Outcome.REFUSED)
    await post.told(a_notification(1), a_notification(2))
    await post.go_on(hours=2)
    assert post.carried == ["Alarm 1", "Alarm 2"]
    assert await post.statuses() == [DeliveryStatus.FAILED, DeliveryStatus.DELIVERED]


async def test_without_a_network_everything_waits_for_it_and_then_leaves_in_order() -> None:
    post = Post(*([Outcome.UNREACHABLE] * 12))
    await post.told(a_notification(1))
    await post.told(a_notification(2))
    assert post.carried == ["Alarm 1"]  # one is enough to know that nobody is reached
    for _ in range(60):
        await post.go_on(seconds=60)
    assert len(post.carrier.carried) == 14
    assert post.carried[-2:] == ["Alarm 2", "Alarm 1"] or post.carried[-2:] == ["Alarm 1", "Alarm 2"]
    assert await post.statuses() == [DeliveryStatus.DELIVERED] * 2


async def test_what_reaches_nobody_for_a_day_is_given_up_with_the_reason() -> None:
    post = Post(*([Outcome.UNREACHABLE] * 1000))
    await post.told(a_notification(1))
    for _ in range(25):
        await post.go_on(hours=1)
    (kept,) = await post.kept()
    assert (kept.delivery_status, kept.error_message) == (DeliveryStatus.FAILED, "unreachable, it said")


async def test_an_attempt_that_a_crash_left_behind_is_made_again_and_counted_as_in_doubt() -> None:
    post = Post()
    await post.store.tell([a_notification(1)])
    (waits,) = await post.store.waiting(EMAIL, AT, 10)
    await post.store.begin(waits, AT)
    await post.go_on(seconds=10)
    (kept,) = await post.kept()
    assert post.carried == ["Alarm 1"]
    assert (kept.delivery_status, kept.in_doubt) == (DeliveryStatus.DELIVERED, 1)


async def test_it_is_not_made_again_when_the_provider_knows_that_it_arrived() -> None:
    post = Post()
    post.carrier.tells, post.carrier.arrived = True, {"turn 1.0"}
    await post.store.tell([a_notification(1), a_notification(2)])
    for waits in await post.store.waiting(EMAIL, AT, 10):
        await post.store.begin(waits, AT)
    await post.go_on(seconds=10)
    assert post.carried == ["Alarm 2"]
    assert [(n.delivery_status, n.in_doubt) for n in await post.kept()] == [
        (DeliveryStatus.DELIVERED, 0),
        (DeliveryStatus.DELIVERED, 1),
    ]


async def test_an_attempt_of_which_nothing_is_known_is_not_made_again_when_the_provider_knows_that_it_arrived() -> None:
    post = Post(Outcome.UNKNOWN)
    post.carrier.tells, post.carrier.arrived = True, {"turn 1.0"}
    await post.told(a_notification(1))
    await post.go_on(hours=1)
    (kept,) = await post.kept()
    assert post.carried == ["Alarm 1"]
    assert (kept.delivery_status, kept.in_doubt) == (DeliveryStatus.DELIVERED, 0)


async def test_one_that_another_engine_has_begun_is_left_to_it() -> None:
    post = Post()
    await post.store.tell([a_notification(1)])
    (waits,) = await post.store.waiting(EMAIL, AT, 10)
    await post.store.begin(waits, AT)
    assert post.carrier.carried == []
    assert not await post.channel._attempt(waits, post.carrier)
    assert post.carrier.carried == []


async def test_the_same_again_waits_longer_each_time_and_says_how_many_there_were() -> None:
    post = Post()
    for minute in range(60):
        await post.told(a_notification(minute, kind="feed", created_at=post.clock.at, next_try_at=post.clock.at))
        post.clock.passes(minutes=1)
    left = [n.delivered_at for n in await post.kept() if n.delivered_at]
    assert left == [AT + timedelta(minutes=m) for m in (0, 5, 15, 35)]
    assert [n.message.strip() for n in post.carrier.carried] == [
        "This is alarm 0.",
        f"This is alarm 5. (and 4 more of this since {AT:%H:%M} UTC)",
        f"This is alarm 15. (and 9 more of this since {AT + timedelta(minutes=5):%H:%M} UTC)",
        f"This is alarm 35. (and 19 more of this since {AT + timedelta(minutes=15):%H:%M} UTC)",
    ]
    waits = [n for n in await post.kept() if n.next_try_at is not None]
    assert [n.subject for n in waits] == ["Alarm 59"]  # the last of them is told in the end


async def test_the_last_of_what_is_told_too_often_is_told_when_its_time_has_come() -> None:
    post = Post()
    await post.told(*(a_notification(n, kind="feed") for n in range(1, 200)))
    assert post.carried == ["Alarm 1"]
    await post.go_on(minutes=5)
    assert post.carried == ["Alarm 1", "Alarm 199"]
    assert post.carrier.carried[-1].message == f"This is alarm 199. (and 197 more of this since {AT:%H:%M} UTC)"
    assert set(await post.statuses()) == {DeliveryStatus.DELIVERED, DeliveryStatus.RATE_LIMITED}
    assert await post.store.next_try_at(EMAIL) is None


async def test_an_alarm_leaves_although_news_has_used_up_the_hour() -> None:
    post = Post()
    await post.told(*(a_notification(n, urgency=Urgency.NEWS) for n in range(40)))
    assert len(post.carrier.carried) == 14  # of 20 places four are for alarms, and two for what is critical
    await post.told(*(a_notification(n) for n in range(100, 110)))
    assert post.carried[14:] == [f"Alarm {n}" for n in range(100, 104)]
    await post.told(*(a_notification(n, urgency=Urgency.CRITICAL) for n in range(200, 205)))
    assert post.carried[18:] == ["Alarm 200", "Alarm 201"]
    await post.go_on(minutes=61)
    assert post.carried[20:] == [f"Alarm {n}" for n in (202, 203, 204, *range(104, 110))]
    assert (await post.statuses()).count(DeliveryStatus.RATE_LIMITED) == 26


async def test_what_has_left_is_known_after_a_restart() -> None:
    post = Post()
    await post.told(*(a_notification(n, urgency=Urgency.NEWS) for n in range(14)))
    post.channel = post.new_channel()
    await post.told(a_notification(50, urgency=Urgency.NEWS), a_notification(51, kind="kind 3"))
    assert post.carried[14:] == []
    await post.go_on(minutes=5)
    assert post.carried[14:] == ["Alarm 51"]


async def test_a_channel_that_is_switched_off_or_not_set_up_says_so_of_what_waits() -> None:
    post = Post(settings=replace(BOTH_ON, email_enabled=False))
    await post.told(a_notification(1))
    post.settings, post.channel = BOTH_ON, Channel(EMAIL, post.store, None, lambda: BOTH_ON, post.clock.now)
    await post.told(a_notification(2))
    assert [n.error_message for n in await post.kept()] == ["email was switched off", "email is not set up here"]
    assert await post.statuses() == [DeliveryStatus.FAILED] * 2


async def test_thousands_that_wait_are_handled_in_small_batches() -> None:
    post = Post()
    sizes: list[int] = []
    waiting = post.store.waiting

    async def watched(channel: NotificationChannel, at: Any, limit: int) -> tuple[Notification, ...]:
        found = await waiting(channel, at, limit)
        sizes.append(len(found))
        return found

    post.store.waiting = watched  # type: ignore[method-assign]
    await post.told(*(a_notification(n, urgency=Urgency.NEWS) for n in range(2_000)))
    assert max(sizes) == BATCH
    assert (await post.statuses()).count(DeliveryStatus.DELIVERED) == 14


class Away(InMemoryNotifications):
    """A store that can be away."""

    is_away = False

    async def waiting(self, channel: NotificationChannel, at: Any, limit: int) -> tuple[Notification, ...]:
        """See `NotificationStore.waiting`."""
        self._require_there()
        return await super().waiting(channel, at, limit)

    async def tell(self, notifications: Any) -> None:
        """See `NotificationStore.tell`."""
        self._require_there()
        await super().tell(notifications)

    async def noted(self, notifications: Any) -> None:
        """See `NotificationStore.noted`."""
        self._require_there()
        await super().noted(notifications)

    def _require_there(self) -> None:
        if self.is_away:
            raise Unavailable("the file is away")


async def test_an_alarm_about_storage_leaves_although_storage_is_away_and_is_kept_when_it_is_back() -> None:
    post = Post(Outcome.FAILED)
    post.store = store = Away()
    post.channel = post.new_channel()
    store.is_away = True
    post.channel.alarm(a_notification(1, event_type=NotificationEvent.STORAGE_FAILURE))
    for seconds in (0, 29, 1, 1000):
        with pytest.raises(Unavailable):
            await post.go_on(seconds=seconds)
    assert post.carried == ["Alarm 1", "Alarm 1"]
    store.is_away = False
    await post.go_on()
    (kept,) = await post.kept()
    assert (kept.delivery_status, kept.retry_count) == (DeliveryStatus.DELIVERED, 1)
    assert post.carried == ["Alarm 1", "Alarm 1"]


@pytest.mark.parametrize(("tells", "carried", "in_doubt"), [(None, 2, 1), (True, 1, 0)])
async def test_such_an_alarm_of_which_nothing_is_known_is_asked_about_and_counted_too(
    tells: bool | None, carried: int, in_doubt: int
) -> None:
    post = Post(Outcome.UNKNOWN)
    post.carrier.tells, post.carrier.arrived = tells, {"turn 1.0"}
    post.store = store = Away()
    post.channel = post.new_channel()
    store.is_away = True
    post.channel.alarm(a_notification(1, event_type=NotificationEvent.STORAGE_FAILURE))
    for seconds in (0, 30):
        with pytest.raises(Unavailable):
            await post.go_on(seconds=seconds)
    store.is_away = False
    await post.go_on()
    (kept,) = await post.kept()
    assert len(post.carrier.carried) == carried
    assert (kept.delivery_status, kept.in_doubt) == (DeliveryStatus.DELIVERED, in_doubt)


async def test_what_was_sent_while_storage_went_away_is_noted_before_anything_else_leaves() -> None:
    post = Post()
    post.store = store = Away()
    post.channel = post.new_channel()
    post.carrier.on_send = lambda _: setattr(store, "is_away", True)
    with pytest.raises(Unavailable):
        await post.told(a_notification(1), a_notification(2))
    with pytest.raises(Unavailable):
        await post.go_on(seconds=60)
    assert post.carried == ["Alarm 1"]
    store.is_away, post.carrier.on_send = False, lambda _: None
    await post.go_on(seconds=60)
    assert post.carried == ["Alarm 1", "Alarm 2"]
    assert [n.in_doubt for n in await post.kept()] == [0, 0]
