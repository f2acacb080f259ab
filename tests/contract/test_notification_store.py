"""What every store promises of notifications: in memory, on SQLite."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.decision.effects import RecordDecision
from engine.errors import BrokenInvariant, LostLease, StonksError
from engine.model.notifications import (
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationEvent,
    NotificationFilter,
    Urgency,
)
from engine.telling.states import again, delivered, doubtful, failed, held_back
from tests.support.live_stores import STORES, Opened
from tests.support.live_turns import a_turn, an_errand
from tests.support.samples import AT, a_decision

SMS, EMAIL = NotificationChannel.SMS, NotificationChannel.EMAIL
ALARM, NEWS, DIGEST = Urgency.ALARM, Urgency.NEWS, Urgency.DIGEST


@pytest.fixture(params=STORES)
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    async with request.param() as found:
        yield found


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def a_note(key: str, **fields: Any) -> Notification:
    plain: dict[str, Any] = {
        "key": key,
        "channel": SMS,
        "event_type": NotificationEvent.BROKER_SILENT,
        "urgency": ALARM,
        "kind": "broker_silent",
        "subject": f"subject of {key}",
        "message": f"words of {key},\nin two lines: é",
        "created_at": AT,
        "next_try_at": AT,
    }
    return Notification(**plain | fields)


async def told(opened: Opened, *notes: Notification) -> tuple[Notification, ...]:
    """Tell `notes`, and return them as they are kept."""
    await opened.store.tell(notes)
    return (await opened.reader.notifications())[::-1]


async def keys(opened: Opened, **wanted: Any) -> list[str]:
    where = NotificationFilter(**wanted)
    found = [n.key for n in await opened.reader.notifications(where)]
    assert await opened.reader.count_notifications(where) == len(found)
    return found


async def waiting(opened: Opened, at: datetime, *, limit: int = 100) -> list[str]:
    return [n.key for n in await opened.store.waiting(SMS, at, limit)]


async def test_what_was_told_comes_back_as_it_was_with_numbers_in_the_order_it_came(opened: Opened) -> None:
    notes = [a_note("a"), a_note("b", channel=EMAIL, urgency=DIGEST, next_try_at=None), a_note("c", retry_count=2)]
    await opened.store.tell(notes[:2])
    await opened.store.tell(notes[2:])
    kept = (await opened.reader.notifications())[::-1]
    assert kept == tuple(replace(n, notification_id=number) for number, n in enumerate(notes, start=1))


async def test_under_one_key_each_channel_is_given_one_and_the_first_counts(opened: Opened) -> None:
    kept = await told(opened, a_note("k", message="first"), a_note("k", message="second"), a_note("k", channel=EMAIL))
    assert [(n.channel, n.message[:6]) for n in kept] == [(SMS, "first"), (EMAIL, "words ")]
    kept = await told(opened, a_note("k", message="third"), a_note("other"))
    assert [(n.notification_id, n.channel, n.key) for n in kept] == [(1, SMS, "k"), (2, EMAIL, "k"), (3, SMS, "other")]
    assert kept[0].message == "first"


async def test_nothing_told_is_nothing_kept(opened: Opened) -> None:
    assert await told(opened) == ()


async def test_what_is_most_urgent_leaves_first_then_what_came_first(opened: Opened) -> None:
    urgencies = {"digest": DIGEST, "news": NEWS, "alarm": ALARM, "second alarm": ALARM, "second news": NEWS}
    notes = [a_note(key, urgency=urgency) for key, urgency in urgencies.items()]
    await opened.store.tell([*notes, a_note("mail", channel=EMAIL)])
    assert await waiting(opened, AT) == ["alarm", "second alarm", "news", "second news", "digest"]
    assert await waiting(opened, AT, limit=3) == ["alarm", "second alarm", "news"]
    assert await waiting(opened, AT, limit=0) == []


async def test_what_is_held_back_waits_until_its_moment_and_not_a_microsecond_longer(opened: Opened) -> None:
    at = AT + timedelta(microseconds=3)
    await opened.store.tell([a_note("settled", next_try_at=None), a_note("held", next_try_at=at)])
    assert await waiting(opened, at - timedelta(microseconds=1)) == []
    assert await waiting(opened, at) == ["held"]


async def test_the_next_moment_is_that_of_the_first_that_waits_in_its_channel(opened: Opened) -> None:
    assert await opened.store.next_try_at(SMS) is None
    await told(opened, a_note("settled", next_try_at=None), a_note("mail", channel=EMAIL, next_try_at=later(1)))
    assert await opened.store.next_try_at(SMS) is None
    await told(opened, a_note("b", next_try_at=later(9)), a_note("a", next_try_at=later(5), urgency=DIGEST))
    assert await opened.store.next_try_at(SMS) == later(5)
    assert await opened.store.next_try_at(EMAIL) == later(1)


async def test_an_attempt_begins_once_whoever_else_has_found_it_waiting(opened: Opened) -> None:
    (found,) = await told(opened, a_note("a"))
    begun = await opened.store.begin(found, later(1))
    assert begun == replace(found, attempted_at=later(1))
    assert await opened.reader.notifications() == (begun,)
    assert await opened.store.begin(found, later(1)) is None
    assert await opened.reader.notifications() == (begun,)


async def test_the_next_engine_may_begin_again_what_was_begun_and_only_one_of_two_does(opened: Opened) -> None:
    (found,) = await told(opened, a_note("a"))
    left = await opened.store.begin(found, later(1))
    assert left
    again_begun = await opened.store.begin(doubtful(left), later(60))
    assert again_begun
    assert (again_begun.attempted_at, again_begun.in_doubt) == (later(60), 1)
    assert await opened.reader.notifications() == (again_begun,)
    assert await opened.store.begin(doubtful(left), later(61)) is None


BECOMES: dict[str, Callable[[Notification], Notification]] = {
    "delivered": lambda n: delivered(n, later(2), "m-1"),
    "failed": lambda n: failed(n, "no such number"),
    "held back for good": lambda n: held_back(n, "told already", None),
    "held back for a while": lambda n: held_back(n, "told already", later(60)),
    "to be tried again": lambda n: again(n, "busy", later(2), 30),
}


@pytest.mark.parametrize("became", BECOMES)
async def test_what_has_become_of_it_is_kept_and_no_attempt_begins_on_what_it_was_before(
    opened: Opened, became: str
) -> None:
    (found,) = await told(opened, a_note("a"))
    begun = await opened.store.begin(found, later(1))
    assert begun
    after = BECOMES[became](doubtful(begun))
    await opened.store.noted([after])
    assert await opened.reader.notifications() == (after,)
    assert await opened.store.begin(found, later(3)) is None
    assert await opened.reader.notifications() == (after,)
    is_settled = after.next_try_at is None
    assert (await opened.store.begin(after, later(3)) is None) == is_settled


async def test_the_words_that_were_told_stay_whatever_is_noted(opened: Opened) -> None:
    (found,) = await told(opened, a_note("a"))
    await opened.store.noted([replace(delivered(found, AT, "m-1"), message="other", subject="other", key="other")])
    (kept,) = await opened.reader.notifications()
    assert kept == delivered(found, AT, "m-1")


async def test_nothing_of_a_batch_is_noted_when_one_of_it_is_not_there(opened: Opened) -> None:
    found = await told(opened, a_note("a"), a_note("b"))
    for unknown in (0, 3, -1):
        batch = [delivered(found[0], AT, "m"), failed(replace(found[0], notification_id=unknown), "x"), found[1]]
        with pytest.raises(BrokenInvariant, match=f"no notification {unknown}"):
            await opened.store.noted(batch)
        assert (await opened.reader.notifications())[::-1] == found
    assert await opened.store.begin(replace(found[0], notification_id=3), AT) is None
    await opened.store.noted([])


async def test_what_left_since_a_moment_is_what_was_delivered_or_is_under_way_in_the_order_it_left(
    opened: Opened,
) -> None:
    names = ("early", "at it", "late", "under way", "under way early", "failed", "untried", "mail", "in doubt")
    kept = await told(opened, *[a_note(name, channel=EMAIL if name == "mail" else SMS) for name in names])
    early, at_it, late, under_way, under_way_early, gone, _, mail, in_doubt = kept
    await opened.store.begin(under_way, later(70))
    await opened.store.begin(under_way_early, later(59))
    begun = await opened.store.begin(gone, later(71))
    doubted = await opened.store.begin(in_doubt, later(72))
    assert begun
    assert doubted
    await opened.store.noted(
        [
            delivered(late, later(80), ""),
            delivered(early, later(59.999999), ""),
            delivered(at_it, later(60), ""),
            failed(begun, "refused"),
            held_back(doubtful(doubted), "too many", None),
            delivered(mail, later(75), ""),
        ]
    )
    left = await opened.store.sent_since(SMS, later(60))
    assert [n.key for n in left] == ["at it", "under way", "in doubt", "late"]
    assert [n.key for n in await opened.store.sent_since(EMAIL, AT)] == ["mail"]


async def test_how_many_were_held_back_counts_those_for_good_of_the_kind_and_the_time(opened: Opened) -> None:
    names = ("before", "one", "two", "for a while", "delivered", "another kind", "mail")
    notes = [
        a_note(
            name,
            kind="feed" if name == "another kind" else "broker_silent",
            channel=EMAIL if name == "mail" else SMS,
            created_at=later(number),
        )
        for number, name in enumerate(names)
    ]
    kept = {n.key: n for n in await told(opened, *notes)}
    for_good = [held_back(kept[name], "told already", None) for name in names if name not in ("for a while",)]
    await opened.store.noted([*for_good, held_back(kept["for a while"], "later", later(99))])
    await opened.store.noted([delivered(kept["delivered"], AT, "")])
    assert await opened.store.held_back(SMS, "broker_silent", later(1)) == 2
    assert await opened.store.held_back(SMS, "broker_silent", AT) == 3
    assert await opened.store.held_back(EMAIL, "broker_silent", AT) == 1
    assert await opened.store.held_back(SMS, "nothing", AT) == 0


async def test_a_reader_finds_what_it_wants_newest_first(opened: Opened) -> None:
    notes = [
        a_note("a"),
        a_note("b", channel=EMAIL),
        a_note("c", event_type=NotificationEvent.TEST),
        a_note("d", delivery_status=DeliveryStatus.FAILED, next_try_at=None),
        a_note("a", channel=EMAIL),
    ]
    await opened.store.tell(notes)
    assert await keys(opened) == ["a", "d", "c", "b", "a"]
    assert await keys(opened, channel=EMAIL) == ["a", "b"]
    assert await keys(opened, event_type=NotificationEvent.TEST) == ["c"]
    assert await keys(opened, status=DeliveryStatus.FAILED) == ["d"]
    assert await keys(opened, status=DeliveryStatus.PENDING, channel=SMS) == ["c", "a"]
    assert await keys(opened, before=3) == ["b", "a"]
    assert await keys(opened, before=1) == []
    assert await keys(opened, keys=("a", "c", "nobody")) == ["a", "c", "a"]
    assert [n.key for n in await opened.reader.notifications(limit=2)] == ["a", "d"]


async def test_counts_are_of_what_came_or_left_since_then_and_of_all_that_waits(opened: Opened) -> None:
    old, since = later(-3600), AT
    kept = await told(
        opened,
        a_note("new", created_at=AT),
        a_note("old", created_at=old, next_try_at=None, delivery_status=DeliveryStatus.FAILED),
        a_note("old, waits", created_at=old),
        a_note("old, left now", created_at=old),
        a_note("mail", created_at=AT, channel=EMAIL, next_try_at=None, delivery_status=DeliveryStatus.RATE_LIMITED),
    )
    await opened.store.noted([delivered(kept[3], AT, "")])
    assert dict(await opened.reader.notification_counts(since)) == {
        (SMS, DeliveryStatus.PENDING): 2,
        (SMS, DeliveryStatus.DELIVERED): 1,
        (EMAIL, DeliveryStatus.RATE_LIMITED): 1,
    }
    found = await opened.reader.notification_counts(old)
    assert found[(SMS, DeliveryStatus.FAILED)] == 1


async def test_what_a_turn_tells_is_kept_with_it_and_told_once(opened: Opened) -> None:
    await opened.store.take_lease("a", AT, 60)
    await opened.store.commit(a_turn(1, notifications=(a_note("turn 1.0"), a_note("turn 1.0", channel=EMAIL))))
    await opened.store.commit(a_turn(2, notifications=(a_note("turn 1.0"), a_note("turn 2.0"))))
    assert [(n.notification_id, n.key) for n in (await opened.reader.notifications())[::-1]] == [
        (1, "turn 1.0"),
        (2, "turn 1.0"),
        (3, "turn 2.0"),
    ]
    *_, read = await opened.everything()
    assert [n.key for n in read.notifications] == ["turn 2.0", "turn 1.0", "turn 1.0"]


REFUSED: dict[str, tuple[dict[str, Any], type[StonksError]]] = {
    "of an engine that lost the lead": ({"epoch": 0}, LostLease),
    "whose errand is out of place": ({"errands": (an_errand(7),)}, BrokenInvariant),
    "with a number that is none": (
        {"records": (RecordDecision(decision=a_decision(2, failed_value=float("nan"))),)},
        BrokenInvariant,
    ),
}


@pytest.mark.parametrize("refused", REFUSED)
async def test_nobody_is_told_of_a_turn_that_is_not_kept(opened: Opened, refused: str) -> None:
    fields, error = REFUSED[refused]
    await opened.store.take_lease("a", AT, 60)
    await opened.store.commit(a_turn(1, notifications=(a_note("turn 1.0"),)))
    before = await opened.everything()
    with pytest.raises(error):
        await opened.store.commit(a_turn(2, notifications=(a_note("turn 2.0"),), **fields))
    assert await opened.everything() == before
    await opened.store.commit(a_turn(2, notifications=(a_note("turn 2.0"),)))
    assert await keys(opened) == ["turn 2.0", "turn 1.0"]
