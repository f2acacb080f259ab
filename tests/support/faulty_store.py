"""Faulty store: a live store that does not answer for a while, as it says itself.

What fails has not happened: the store behind it was not asked.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from engine.errors import StonksError, Unavailable
from engine.live_ports import Kept, LiveStore, Turn
from engine.model.live import Heartbeat, JournalEntry, Lease, LiveMetrics
from tests.support.notifications_through import NotificationsThrough

ALL = frozenset({"load", "commit", "brought", "decided", "take_lease", "release_lease", "beat", "measured"})
TELLING = frozenset({"tell", "waiting", "next_try_at", "begin", "noted", "sent_since", "held_back"})


class FaultyStore(NotificationsThrough):
    """A `LiveStore` that raises `error` at every call of which `fails`, given its name, says so."""

    def __init__(self, store: LiveStore) -> None:
        self.error: StonksError = Unavailable("the file is away")
        self.fails: Callable[[str], bool] = lambda _: False
        self.failed = 0
        self._store = store

    def fail(self, times: int, *, calls: frozenset[str] = ALL, error: StonksError | None = None) -> None:
        """Fail at the next `times` of these calls, then no more."""
        self.error = error or self.error
        left = times

        def fails(call: str) -> bool:
            nonlocal left
            if call not in calls or not left:
                return False
            left -= 1
            return True

        self.fails = fails

    def _ask(self, call: str) -> LiveStore:
        if self.fails(call):
            self.failed += 1
            raise self.error
        return self._store

    async def load(self) -> Kept | None:
        """See `LiveStore.load`."""
        return await self._ask("load").load()

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`."""
        await self._ask("commit").commit(turn)

    async def brought(self, errand_id: int) -> None:
        """See `LiveStore.brought`."""
        await self._ask("brought").brought(errand_id)

    async def decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        """See `LiveStore.decided`."""
        return await self._ask("decided").decided(cause_ids)

    async def take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        """See `LiveStore.take_lease`."""
        return await self._ask("take_lease").take_lease(owner, at, seconds)

    async def release_lease(self, owner: str) -> None:
        """See `LiveStore.release_lease`."""
        await self._ask("release_lease").release_lease(owner)

    def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """See `LiveStore.journal`."""
        return self._store.journal(after)

    async def beat(self, heartbeat: Heartbeat) -> None:
        """See `LiveStore.beat`."""
        await self._ask("beat").beat(heartbeat)

    async def measured(self, metrics: LiveMetrics) -> None:
        """See `LiveStore.measured`."""
        await self._ask("measured").measured(metrics)

    async def forget_prices(self, before: datetime) -> int:
        """See `LiveStore.forget_prices`."""
        return await self._store.forget_prices(before)
