"""Metrics: what does an engine's process show at /metrics, and how does it come by the numbers without any delay?

    turns ─▶ counts (the engine's thread)            ┐
    the engine's loop, asked for its figures          ├─▶ text, when somebody asks
    the account, read once; the queue, if there is one ┘

Nothing here waits for a turn. A loop that does not answer in time is said by a number, with the last figures beside it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.errors import StonksError
from engine.guard import Guard
from engine.leadership import Leadership
from engine.model.live import Heartbeat
from engine.model.notifications import DeliveryStatus, NotificationChannel
from engine.trader import Trader
from stonks_tui import engine_figures, metric_values
from stonks_tui.engine_figures import EngineFigures
from stonks_tui.metric_names import METRICS, Metric
from stonks_tui.metric_values import Reading, Samples
from stonks_tui.trading import World
from stonks_tui.turn_counts import TurnCounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stonks_tui.broker_status import BrokerStatus

ANSWER_SECONDS = 0.5
"""So long the engine's loop, the account and the queue may take; somebody waits for the page."""
QUEUE_SECONDS = 5.0
"""What is known of the queue is so old at most: asking takes a connection."""


class Books(Protocol):
    """What is read of an account (a part of `LiveReader`)."""

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `LiveReader.heartbeat`."""

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `LiveReader.notification_counts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    loop: asyncio.AbstractEventLoop
    figures: Callable[[], EngineFigures]


class Metrics:
    """The numbers of one process. `queue` asks the queue to the broker, if there is one (`broker_status.read`).

    A trader's turns are heard by `on_turn`; `watched` is what `trading.trade` is given. Both are for the engine's
    thread, `text` is for any other loop, always the same one.
    """

    def __init__(self, queue: "Callable[[], Awaitable[BrokerStatus]] | None" = None) -> None:
        self.counts = TurnCounts()
        self._queue = queue
        self._engine: _Engine | None = None
        self._last: EngineFigures | None = None
        self._queue_seen: tuple[float, BrokerStatus | None] = (-QUEUE_SECONDS, None)
        self._samples: Samples = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Families(lambda: self._samples))
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def on_turn(self, seq: int, event: Event, effects: Sequence[Effect]) -> None:
        """Hear of a turn."""
        self.counts(seq, event, effects)

    @asynccontextmanager
    async def watched(
        self, trader: Trader, guard: Guard, leadership: Leadership, world: World
    ) -> "AsyncIterator[None]":
        """Show the figures of this engine as long as it leads."""

        def figures() -> EngineFigures:
            return engine_figures.of(trader, guard, leadership, world.sources, world.clock.now())

        self._engine = _Engine(loop=asyncio.get_running_loop(), figures=figures)
        try:
            yield
        finally:
            self._engine = self._last = None

    async def text(self, now: datetime, books: Books) -> bytes:
        """Return the page, in Prometheus' format, as of `now` by this machine's clock; `books` are the account's."""
        reading = Reading(counts=self.counts.of)
        reading = await self._with_figures(reading)
        reading = await self._with_account(reading, now, books)
        reading = await self._with_queue(reading)
        self._samples = metric_values.samples(reading)  # nothing is awaited from here on
        return generate_latest(self._registry)

    async def _with_figures(self, reading: Reading) -> Reading:
        engine, since = self._engine, time.monotonic()
        if engine is None:
            return reading
        found = await _asked(engine)
        if found is not None:
            self._last = found
        return replace(
            reading,
            is_leader=True,
            figures=self._last,
            has_answered=found is not None,
            answered_seconds=time.monotonic() - since,
        )

    async def _with_account(self, reading: Reading, now: datetime, books: Books) -> Reading:
        with suppress(StonksError, TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                told = await books.notification_counts(now - timedelta(hours=24))
                beat = await books.heartbeat()
            age = max(0.0, (now - beat[1]).total_seconds()) if beat else None
            epoch = beat[0].epoch if beat else None
            return replace(reading, is_account_read=True, told=told, heartbeat_age_seconds=age, epoch=epoch)
        return reading

    async def _with_queue(self, reading: Reading) -> Reading:
        if self._queue is None:
            return reading
        seen_at, status = self._queue_seen
        if time.monotonic() - seen_at >= QUEUE_SECONDS:
            status = None
            with suppress(StonksError, TimeoutError):
                async with asyncio.timeout(2 * ANSWER_SECONDS):
                    status = await self._queue()
            self._queue_seen = time.monotonic(), status
        return replace(reading, has_queue=True, queue=status)


async def _asked(engine: _Engine) -> EngineFigures | None:
    """Return its figures, made between two of its steps; None when it is at one for longer than somebody waits."""
    answer: Future[EngineFigures] = Future()

    def make() -> None:
        if answer.set_running_or_notify_cancel():
            try:
                answer.set_result(engine.figures())
            except Exception as error:  # noqa: BLE001 - it is for whoever asked, not for the engine's loop
                answer.set_exception(error)

    try:
        engine.loop.call_soon_threadsafe(make)
        return await asyncio.wait_for(asyncio.wrap_future(answer), ANSWER_SECONDS)
    except (TimeoutError, RuntimeError):  # it is busy, or its loop has ended
        return None


class _Families(Collector):
    """What the registry asks."""

    def __init__(self, samples: Callable[[], Samples]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        samples = self._samples()
        for name, metric in METRICS.items():
            if name in samples:
                yield _family(metric, samples[name])


def _family(metric: Metric, values: Mapping[tuple[str, ...], float]) -> CounterMetricFamily | GaugeMetricFamily:
    made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family: CounterMetricFamily | GaugeMetricFamily = made(metric.name, metric.words, labels=metric.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
