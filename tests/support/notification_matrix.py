"""Notification matrix: what is kept, what is sent and what does the loop feel, of each event, by each channel?

The real parts: a SQLite account, the tasks that deliver, boto3 and httpx, over HTTP to what stands for the providers.
"""

import asyncio
import gc
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from unittest import mock

from engine.adapters import clock
from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationEvent, Urgency
from engine.telling.delivery import Deliveries
from stonks_tui import bootstrap
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from tests.support.carriers import BOTH_ON, a_notification
from tests.support.gmail_endpoint import SEND, gmail_endpoint
from tests.support.http_endpoint import HttpEndpoint
from tests.support.live_turns import ACCOUNT, a_turn
from tests.support.sns_endpoint import environment as sns_environment
from tests.support.sns_endpoint import faulty_sns

MANY = 10_000
WANTS_TO_RUN_EVERY = 0.005
NOBODY = "http://127.0.0.1:9"
"""A port on which nobody listens."""
SETTINGS = replace(
    BOTH_ON,
    sms_max_per_hour=1000,
    email_max_per_hour=1000,
    notification_repeat_minutes=0,
    notification_max_retries=1,
    notification_retry_seconds=1,
)


class Condition(StrEnum):
    """How a provider is."""

    OK = "ok"
    SLOW = "slow"
    REFUSES = "4xx"
    BREAKS = "5xx"
    NO_NETWORK = "no network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What came of one event by one channel."""

    event: NotificationEvent
    status: DeliveryStatus
    retries: int
    words: str
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All events by one channel under one condition: the cells, and what was felt meanwhile, in milliseconds."""

    channel: NotificationChannel
    condition: Condition
    cells: tuple[Cell, ...]
    largest_gap_ms: float
    longest_commit_ms: float


async def row(path: Path, channel: NotificationChannel, condition: Condition, *, slow_seconds: float) -> Row:
    """Return what comes of every event by `channel`, of an engine that keeps turns all the while."""
    felt = Felt()
    with provider(channel, condition, slow_seconds) as (environment, sent):
        async with SqlLiveStore(path, ACCOUNT) as store:
            lease = await store.take_lease("the only one", clock.now(), 3600)
            assert lease
            async with (
                Deliveries(
                    store, bootstrap.notifiers(environment), lambda: SETTINGS, clock.now, account="paper"
                ) as deliveries,
                felt.watching(),
            ):
                for seq, event in enumerate(NotificationEvent, start=1):
                    turn = a_turn(seq, epoch=lease.epoch, notifications=(_told(seq, event, channel),))
                    await felt.timed(store.commit, turn)
                    deliveries.wake()
                await _settled(store, channel, condition, felt, len(NotificationEvent))
        kept = await SqlLiveReader(path).notifications(limit=MANY)
        counts = sent()
    return Row(
        channel=channel,
        condition=condition,
        cells=tuple(
            Cell(
                event=n.event_type,
                status=n.delivery_status,
                retries=n.retry_count,
                words=n.error_message,
                sent=counts[n.event_type.value],
            )
            for n in reversed(kept)
        ),
        largest_gap_ms=1000 * felt.gap,
        longest_commit_ms=1000 * felt.commit,
    )


class Felt:
    """What an event loop feels: the largest gap of a task that wants to run every five milliseconds."""

    def __init__(self) -> None:
        self.gap = self.commit = 0.0

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch, with the garbage collector leaving alone what stays, as an engine has it (`stonks_tui/trading.py`)."""
        gc.collect()
        gc.freeze()
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            gc.unfreeze()
            watching.cancel()

    async def timed(self, do: Callable[..., object], *about: object) -> None:
        """Do it, and note how long it took."""
        began = time.perf_counter()
        await do(*about)  # type: ignore[misc]
        self.commit = max(self.commit, time.perf_counter() - began)

    async def _watch(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(WANTS_TO_RUN_EVERY)
            now = time.perf_counter()
            self.gap, last = max(self.gap, now - last - WANTS_TO_RUN_EVERY), now


@contextmanager
def provider(
    channel: NotificationChannel, condition: Condition, slow_seconds: float
) -> Iterator[tuple[Mapping[str, str], Callable[[], Counter[str]]]]:
    """Give the environment of a provider that is so, and what counts the events that it was sent."""
    with ExitStack() as stack:
        gmail, sns = stack.enter_context(gmail_endpoint()), stack.enter_context(faulty_sns())
        endpoint: HttpEndpoint = sns if channel is NotificationChannel.SMS else gmail
        environment = gmail.environment() | sns_environment(sns.url)
        match condition:
            case Condition.OK:
                pass
            case Condition.SLOW:
                endpoint.slow_seconds = slow_seconds
            case Condition.REFUSES:
                sns.refuse(400, "InvalidParameter", "no such number", times=MANY)
                gmail.answer_with(400, {"error": {"code": 400, "message": "no such address"}}, path=SEND, times=MANY)
            case Condition.BREAKS:
                sns.refuse(503, "ServiceUnavailable", times=MANY)
                gmail.answer_with(503, "", path=SEND, times=MANY)
            case Condition.NO_NETWORK:
                gone = {"STONKS_SNS_URL": NOBODY, "STONKS_GMAIL_API_URL": NOBODY, "STONKS_GMAIL_TOKEN_URL": NOBODY}
                environment = environment | gone

        def sent() -> Counter[str]:
            texts = gmail.bodies if channel is NotificationChannel.EMAIL else [form["Message"] for form in sns.sent]
            return Counter(text.split()[0] for text in texts)

        stack.enter_context(mock.patch.dict(os.environ, environment))  # AWS's credentials are looked for there
        yield environment, sent


def _told(seq: int, event: NotificationEvent, channel: NotificationChannel) -> Notification:
    now = clock.now()
    return a_notification(
        seq,
        channel=channel,
        event_type=event,
        kind=event.value,
        urgency=Urgency.ALARM,
        message=f"{event.value} has happened",
        created_at=now,
        next_try_at=now,
    )


async def _settled(
    store: SqlLiveStore, channel: NotificationChannel, condition: Condition, felt: Felt, turns: int
) -> None:
    """Go on keeping turns until nothing waits; without a network until one attempt has been made in vain."""
    async with asyncio.timeout(120):
        while await store.next_try_at(channel):
            waiting = await store.waiting(channel, clock.now(), MANY)
            if condition is Condition.NO_NETWORK and len(waiting) < turns:
                return
            await asyncio.sleep(0.02)
            turns_so_far = await store.load()
            assert turns_so_far
            turn = a_turn(turns_so_far.seq + 1, epoch=1)
            await felt.timed(store.commit, turn)
