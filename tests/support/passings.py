"""Passings: at which points of its work may an engine die, and how is it made to die at one of them?

Store and broker are wrapped, so that every point is told before or after the call that makes it one; the engine knows
nothing of it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from engine.live_ports import Broker, Kept, LiveStore, Turn
from engine.model.live import Errand, Heartbeat, JournalEntry, Lease, LiveMetrics, OrderReport, Report
from engine.model.market import Market
from tests.support.notifications_through import NotificationsThrough


class Point(StrEnum):
    """A point that an engine passes again and again."""

    BEFORE_COMMIT = "before-commit"  # decided, nothing kept
    AFTER_COMMIT = "after-commit"  # kept, nothing brought
    BEFORE_BRING = "before-bring"
    AFTER_BRING = "after-bring"  # the broker has it, that is not marked
    AFTER_MARK = "after-mark"
    REPORTS_FETCHED = "reports-fetched"  # the broker has told of a fill, that is not kept
    FILL_KEPT = "fill-kept"


Passing = Callable[[Point], Awaitable[None]]


class Tally:
    """Counts how often each point is passed; at passing number `number` of `point` it does something once."""

    def __init__(self, do: Callable[[], Awaitable[None]], point: Point | None = None, number: int = 0) -> None:
        self.passed: Counter[Point] = Counter()
        self._do = do
        self._then = (point, number)

    async def __call__(self, point: Point) -> None:
        self.passed[point] += 1
        if self._then == (point, self.passed[point]):
            await self._do()


async def nothing() -> None:
    """Let everybody pass."""


class WatchedStore(NotificationsThrough):
    """A `LiveStore` that tells of the points around a turn."""

    def __init__(self, store: LiveStore, passing: Passing) -> None:
        self._store = store
        self._passing = passing

    def _ask(self, call: str) -> LiveStore:
        del call
        return self._store

    async def load(self) -> Kept | None:
        """See `LiveStore.load`."""
        return await self._store.load()

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`."""
        await self._passing(Point.BEFORE_COMMIT)
        await self._store.commit(turn)
        if turn.execution:
            await self._passing(Point.FILL_KEPT)
        await self._passing(Point.AFTER_COMMIT)

    async def brought(self, errand_id: int) -> None:
        """See `LiveStore.brought`."""
        await self._store.brought(errand_id)
        await self._passing(Point.AFTER_MARK)

    async def decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        """See `LiveStore.decided`."""
        return await self._store.decided(cause_ids)

    async def take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        """See `LiveStore.take_lease`."""
        return await self._store.take_lease(owner, at, seconds)

    async def release_lease(self, owner: str) -> None:
        """See `LiveStore.release_lease`."""
        await self._store.release_lease(owner)

    def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """See `LiveStore.journal`."""
        return self._store.journal(after)

    async def beat(self, heartbeat: Heartbeat) -> None:
        """See `LiveStore.beat`."""
        await self._store.beat(heartbeat)

    async def measured(self, metrics: LiveMetrics) -> None:
        """See `LiveStore.measured`."""
        await self._store.measured(metrics)

    async def forget_prices(self, before: datetime) -> int:
        """See `LiveStore.forget_prices`."""
        return await self._store.forget_prices(before)


class WatchedBroker:
    """A `Broker` that tells of the points around an errand, and of the fills that it tells."""

    def __init__(self, broker: Broker, passing: Passing) -> None:
        self._broker = broker
        self._passing = passing

    @property
    def news(self) -> asyncio.Event | None:
        """See `Broker.news`."""
        return self._broker.news

    async def serve(self, epoch: int) -> None:
        """See `Broker.serve`."""
        await self._broker.serve(epoch)

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        await self._passing(Point.BEFORE_BRING)
        await self._broker.bring(errand, epoch)
        await self._passing(Point.AFTER_BRING)

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        said = await self._broker.reports()
        if any(isinstance(report, OrderReport) and report.quantity for report in said):
            await self._passing(Point.REPORTS_FETCHED)
        return said

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`."""
        return await self._broker.reports_on(client_order_id)

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        return await self._broker.positions()

    async def market_shown(self, market: Market | None) -> None:
        """See `Broker.market_shown`."""
        await self._broker.market_shown(market)

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """See `Broker.prices_changed`."""
        await self._broker.prices_changed(market, at)
