"""Property 30: no more notifications leave within any hour than the settings say, and what matters is not lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationEvent, Urgency
from engine.telling.channel import Channel
from engine.telling.limits import HOUR, KINDS, LONGEST, Answer, Limits, longest, places_for
from engine.telling.states import delivered
from storage.in_memory_notifications import InMemoryNotifications
from tests.support.carriers import BOTH_ON, Carrier, SetClock, a_notification
from tests.support.samples import AT

KINDS_OF = {
    "storage": Urgency.CRITICAL,
    "broker": Urgency.ALARM,
    "feed": Urgency.ALARM,
    "breaker over": Urgency.NEWS,
    "AAPL made": Urgency.NEWS,
    "daily_summary": Urgency.DIGEST,
}
"""A kind is always as urgent: see test_kinds_of_one_name_are_all_equally_urgent."""
GAPS = st.one_of(st.just(0.0), st.floats(0, 8), st.floats(0, 90), st.floats(0, 700))


@dataclass(frozen=True, slots=True, kw_only=True)
class Happens:
    """So many minutes after the last one `kind` happens; before that the engine may be started anew."""

    gap: float
    kind: str
    restarts: bool


STORIES = st.lists(
    st.builds(Happens, gap=GAPS, kind=st.sampled_from(sorted(KINDS_OF)), restarts=st.booleans()),
    min_size=1,
    max_size=40,
)
PER_HOUR = st.integers(1, 12)
REPEAT = st.sampled_from((0, 1, 5, 60, 240))


def a_note(number: int, kind: str, at: datetime) -> Notification:
    event = NotificationEvent.DAILY_SUMMARY if kind == "daily_summary" else NotificationEvent.BROKER_SILENT
    return a_notification(
        number,
        notification_id=number,
        kind=kind,
        urgency=KINDS_OF[kind],
        event_type=event,
        created_at=at,
        next_try_at=at,
    )


def require_rate(left: Sequence[datetime], per_hour: int) -> None:
    """Fail when more than `per_hour` have left within some hour, of which only one end counts."""
    assert list(left) == sorted(left)
    for first, one_too_many in zip(left, left[per_hour:], strict=False):
        assert one_too_many - first >= HOUR, (first, one_too_many)


class Limited:
    """Limits by themselves: what is to wait is judged again when its time has come."""

    def __init__(self, per_hour: int, repeat: int) -> None:
        self.limits, self.per_hour, self.repeat = Limits(), per_hour, repeat
        self.sent: list[Notification] = []
        self.waiting: list[tuple[datetime, Notification]] = []
        self.refused: list[Notification] = []

    @property
    def left(self) -> list[datetime]:
        return [n.delivered_at for n in self.sent if n.delivered_at]

    def restart(self) -> None:
        self.limits = Limits()
        self.limits.recall(self.sent, repeat_minutes=self.repeat)

    def passes(self, until: datetime) -> None:
        """Judge again what is due before `until`, in the order of its time."""
        while self.waiting and min(self.waiting, key=lambda pair: pair[0])[0] <= until:
            due = min(self.waiting, key=lambda pair: pair[0])
            self.waiting.remove(due)
            self.judged(due[1], due[0])

    def judged(self, note: Notification, at: datetime) -> None:
        verdict = self.limits.judge(note, at, per_hour=self.per_hour, repeat_minutes=self.repeat)
        match verdict.answer:
            case Answer.NOW:
                self.limits.took_place(at)
                self.limits.was_told(note, at, repeat_minutes=self.repeat)
                self.sent.append(delivered(note, at, ""))
            case Answer.LATER:
                assert verdict.until
                assert at < verdict.until <= at + max(HOUR, LONGEST, timedelta(minutes=self.repeat))
                self.waiting.append((verdict.until, note))
            case Answer.NEVER:
                self.refused.append(note)
                newer = [n for n in self.sent if n.kind == note.kind and n.created_at > note.created_at]
                assert newer or note.urgency is Urgency.NEWS
        assert (verdict.answer is Answer.NOW) == (not verdict.why)


@settings(max_examples=50)
@given(story=STORIES, per_hour=PER_HOUR, repeat=REPEAT)
def test_p30_within_any_hour_no_more_leave_than_the_settings_say(
    story: list[Happens], per_hour: int, repeat: int
) -> None:
    limited, at = Limited(per_hour, repeat), AT
    for number, happens in enumerate(story, start=1):
        at += timedelta(minutes=happens.gap)
        limited.passes(at)
        if happens.restarts:
            limited.restart()
        limited.judged(a_note(number, happens.kind, at), at)
    limited.passes(at + timedelta(days=30))
    require_rate(limited.left, per_hour)
    assert limited.waiting == []
    assert len(limited.sent) + len(limited.refused) == len(story)


@given(story=STORIES, per_hour=st.integers(4, 12))
def test_p30_news_never_takes_the_places_that_are_kept_for_alarms(story: list[Happens], per_hour: int) -> None:
    limited, at = Limited(per_hour, 0), AT
    for number, happens in enumerate(story, start=1):
        at += timedelta(minutes=happens.gap)
        limited.judged(a_note(number, happens.kind, at), at)
    quiet = [n for n in limited.sent if not n.urgency.is_urgent]
    require_rate([n.delivered_at for n in quiet if n.delivered_at], places_for(Urgency.NEWS, per_hour))


@given(per_hour=st.integers(1, 1000))
def test_p30_the_last_places_of_an_hour_are_for_what_is_most_urgent(per_hour: int) -> None:
    places = [places_for(urgency, per_hour) for urgency in Urgency]
    assert places == sorted(places, reverse=True)
    assert places[0] == per_hour
    assert min(places) >= 1
    assert per_hour < 2 or places[1] < places[0]
    assert per_hour < 10 or places[2] < places[1]


@given(
    repeat=st.sampled_from((1, 5, 60, 240)),
    every=st.integers(1, 30),
    count=st.integers(1, 400),
    urgency=st.sampled_from((Urgency.CRITICAL, Urgency.ALARM, Urgency.NEWS)),
)
def test_p30_what_goes_on_and_on_is_told_ever_less_often_but_not_less_than_its_urgency_wants(
    repeat: int, every: int, count: int, urgency: Urgency
) -> None:
    every = min(every, repeat)  # else it is as if it had never been told
    most = max(timedelta(minutes=repeat), longest(urgency))
    limited = Limited(1000, repeat)
    for number in range(count):
        at = AT + timedelta(minutes=every * number)
        note = replace(a_note(number, "feed", at), urgency=urgency)
        verdict = limited.limits.judge(note, at, per_hour=1000, repeat_minutes=repeat)
        if verdict.answer is Answer.NOW:
            limited.judged(note, at)
    apart = [later - earlier for earlier, later in pairwise(limited.left)]
    assert limited.left[0] == AT
    assert all(timedelta(minutes=repeat) <= gap <= most + timedelta(minutes=every) for gap in apart)
    slack = timedelta(minutes=every)
    assert all(later >= earlier - slack for earlier, later in pairwise(apart))
    assert len(limited.left) < 12 + timedelta(minutes=every * count) / most


def test_p30_however_many_kinds_there_are_few_are_remembered() -> None:
    limits, kinds = Limits(), [f"ticker {n}" for n in range(5 * KINDS)]
    for number, kind in enumerate(kinds):
        at = AT + timedelta(seconds=number)
        note = a_notification(number, kind=kind, urgency=Urgency.ALARM, created_at=at)
        limits.judge(note, at, per_hour=10, repeat_minutes=5)
        limits.was_told(note, at, repeat_minutes=5)
    assert sum(limits.told(kind) is not None for kind in kinds) <= KINDS + 1
    assert limits.told(kinds[-1]) is not None


def test_p30_a_clock_that_was_set_back_holds_up_nothing_for_long() -> None:
    limits = Limits()
    for number in range(10):
        limits.took_place(AT + timedelta(minutes=number))
    limits.was_told(a_notification(1, kind="feed"), AT, repeat_minutes=240)
    before = AT - timedelta(days=1)
    verdict = limits.judge(a_notification(2, kind="feed"), before, per_hour=1, repeat_minutes=240)
    assert verdict.answer is Answer.NOW


class Post:
    """A channel of an engine that may be started anew, and may die while it sends; every attempt counts as arrived."""

    def __init__(self, per_hour: int, repeat: int) -> None:
        self.store, self.clock, self.carrier = InMemoryNotifications(), SetClock(), Carrier()
        self.settings = replace(BOTH_ON, email_max_per_hour=per_hour, notification_repeat_minutes=repeat)
        self.left: list[datetime] = []
        self.dies, self.engines = False, 0
        self.carrier.on_send = self._sends
        self.restart()

    def restart(self) -> None:
        self.engines += 1
        name = NotificationChannel.EMAIL
        self.channel = Channel(name, self.store, self.carrier, lambda: self.settings, self.clock.now)

    def _sends(self, _: Notification) -> None:
        self.left.append(self.clock.at)
        if self.dies:
            self.dies = False
            raise asyncio.CancelledError

    async def happens(self, number: int, kind: str) -> None:
        await self.store.tell([a_note(number, kind, self.clock.at)])
        await self.go_on()

    async def go_on(self) -> None:
        try:
            await self.channel._send_waiting()
        except asyncio.CancelledError:
            self.restart()

    async def passes(self, until: datetime) -> None:
        """Let time pass until then, stopping whenever something may leave."""
        while (due := await self.store.next_try_at(NotificationChannel.EMAIL)) is not None and due <= until:
            self.clock.at = max(self.clock.at, due)
            await self.go_on()
        self.clock.at = max(self.clock.at, until)


@settings(max_examples=300)
@given(story=STORIES, per_hour=PER_HOUR, repeat=REPEAT, death=st.integers(0, 40))
async def test_p30_a_channel_keeps_to_it_and_loses_the_last_of_no_kind(
    story: list[Happens], per_hour: int, repeat: int, death: int
) -> None:
    post = Post(per_hour, repeat)
    for number, happens in enumerate(story, start=1):
        await post.passes(post.clock.at + timedelta(minutes=happens.gap))
        post.dies |= number == death
        if happens.restarts and number < death:  # what was tried twice is known to have been by that engine alone
            post.restart()
        await post.happens(number, happens.kind)
    await post.passes(post.clock.at + timedelta(days=30))

    require_rate(post.left, per_hour)
    kept = (await post.store.notifications(limit=100))[::-1]
    last = {n.kind: n for n in kept}
    assert len(kept) == len(story)
    for n in kept:
        assert n.next_try_at is None
        if n.delivery_status is DeliveryStatus.DELIVERED:
            continue
        assert n.delivery_status is DeliveryStatus.RATE_LIMITED
        is_for_want_of_room = (
            n.error_message.endswith("that is no alarm") or "have left within the hour" in n.error_message
        )
        assert n.urgency is Urgency.NEWS or not is_for_want_of_room
        assert n is not last[n.kind] or (n.urgency is Urgency.NEWS and is_for_want_of_room)


async def test_p30_an_engine_that_finds_an_older_one_waiting_keeps_the_newest_of_its_kind() -> None:
    post = Post(2, 0)
    await post.happens(1, "AAPL made")
    post.clock.passes(minutes=1)
    await post.happens(2, "broker")  # waits for the place of an alarm
    post.dies = True
    await post.happens(3, "storage")
    await post.happens(4, "broker")  # waits for a place of a later hour: the one in doubt has taken one
    await post.passes(post.clock.at + timedelta(days=1))
    assert "turn 4.0" in [n.key for n in post.carrier.carried]
