"""Property 45 of notifications: every store answers the same to the same calls, whatever they are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BrokenInvariant
from engine.model.notifications import Notification, NotificationChannel, Urgency
from engine.telling.states import again, delivered, doubtful, failed, held_back
from tests.support.carriers import a_notification
from tests.support.live_stores import Opened, in_memory, on_sqlite
from tests.support.samples import AT

BECOMES: dict[str, Callable[[Notification], Notification]] = {
    "delivered": lambda n: delivered(n, AT + timedelta(seconds=2), "m-1"),
    "failed": lambda n: failed(n, "no such number"),
    "held back for good": lambda n: held_back(n, "told already", None),
    "held back for a while": lambda n: held_back(n, "told already", AT + timedelta(minutes=1)),
    "to be tried again": lambda n: again(n, "busy", AT + timedelta(seconds=2), 30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing that is done to a store, at `minute`, to the notification that has the number `number`."""

    does: str
    number: int
    minute: int
    key: str
    channel: NotificationChannel
    urgency: Urgency
    kind: str

    @property
    def at(self) -> datetime:
        return AT + timedelta(minutes=self.minute)

    def note(self) -> Notification:
        return a_notification(
            key=self.key,
            channel=self.channel,
            urgency=self.urgency,
            kind=self.kind,
            created_at=self.at,
            next_try_at=self.at,
        )


CALLS = st.builds(
    Call,
    does=st.sampled_from(("tell", "tell", "begin", "stale begin", "doubt", *BECOMES, "unknown")),
    number=st.integers(1, 6),
    minute=st.integers(-60, 60),
    key=st.sampled_from("abcdef"),
    channel=st.sampled_from(NotificationChannel),
    urgency=st.sampled_from(Urgency),
    kind=st.sampled_from(("x", "y")),
)


async def done(opened: Opened, call: Call, first_seen: dict[int, Notification]) -> Any:
    """Make `call`, and return what was answered."""
    kept = {n.notification_id: n for n in await opened.reader.notifications()}
    first_seen.update({number: n for number, n in kept.items() if number not in first_seen})
    n = kept.get(call.number)
    match call.does:
        case "tell":
            return await opened.store.tell(
                [call.note(), replace(call.note(), channel=NotificationChannel.EMAIL, message="another")]
            )
        case "unknown":
            with pytest.raises(BrokenInvariant):
                await opened.store.noted([*kept.values(), replace(call.note(), notification_id=1000)])
        case "begin" if n:
            return await opened.store.begin(n, call.at)
        case "stale begin" if n:
            return await opened.store.begin(first_seen[call.number], call.at)
        case "doubt" if n:
            return await opened.store.begin(doubtful(n), call.at)
        case becomes if n and becomes in BECOMES and n.next_try_at:
            await opened.store.noted([BECOMES[becomes](n)])
    return None


async def answers(opened: Opened, minute: int) -> list[Any]:
    """Return all that may be asked at `minute`."""
    at = AT + timedelta(minutes=minute)
    found: list[Any] = [await opened.reader.notifications(), dict(await opened.reader.notification_counts(at))]
    for channel in NotificationChannel:
        found += [
            await opened.store.waiting(channel, at, 3),
            await opened.store.next_try_at(channel),
            await opened.store.sent_since(channel, at),
            await opened.store.held_back(channel, "x", at),
        ]
    return found


@settings(max_examples=15)
@given(calls=st.lists(CALLS, max_size=12), minute=st.integers(-60, 60))
async def test_p45_all_stores_answer_the_same_to_the_same_calls(calls: list[Call], minute: int) -> None:
    async with in_memory() as memory, on_sqlite() as file:
        seen: tuple[dict[int, Notification], dict[int, Notification]] = ({}, {})
        for call in calls:
            assert await done(memory, call, seen[0]) == await done(file, call, seen[1])
        assert await answers(memory, minute) == await answers(file, minute)
