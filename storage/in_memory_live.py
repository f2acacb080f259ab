"""In memory: what is a live store without a file? Forgets with the process; answers as `live_store` does."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from engine.errors import BrokenInvariant, NotFound
from engine.live_ports import Checkpoint, Kept, Turn
from engine.model.audit import AuditEvent
from engine.model.live import Errand, Heartbeat, JournalEntry, Lease, LiveMetrics
from engine.model.runs import LIVE_RUN, RunBooks, RunRecord, RunStatus
from storage import leases, live_books
from storage.in_memory import InMemoryRunReader, KeptRun
from storage.in_memory_notifications import InMemoryNotifications
from storage.leases import LeaseRow
from storage.moments import to_micros


class InMemoryLiveStore(InMemoryNotifications, InMemoryRunReader):
    """A `LiveStore` (engine/live_ports.py) for tests. Its books are read as those of run 0.

    It is its own `LiveReader` (engine/live_reading.py). A machine's clock it has none: the engine's counts.
    """

    def __init__(self, account: RunRecord) -> None:
        super().__init__()
        self._account = replace(account, run_id=LIVE_RUN, status=RunStatus.RUNNING)
        self._seq = 0
        self._state: str | None = None
        self._settings = ""
        self._checkpoints: list[Checkpoint] = []
        self._audits: list[AuditEvent] = []
        self._heartbeat: Heartbeat | None = None
        self._metrics: dict[datetime, LiveMetrics] = {}
        self._journal: list[JournalEntry] = []
        self._errands: list[Errand] = []
        self._waiting: dict[int, Errand] = {}
        self._lease: LeaseRow | None = None
        self._books: defaultdict[str, list[Any]] = defaultdict(list)
        self._keys = _Keys()

    async def load(self) -> Kept | None:
        """See `LiveStore.load`."""
        if self._state is None:
            return None
        waiting = tuple(self._waiting.values())
        return Kept(
            seq=self._seq, state=self._state, waiting=waiting, errands=len(self._errands), settings=self._settings
        )

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`."""
        books = live_books.books_of(turn)
        leases.require_epoch(self._lease, turn.epoch)
        if self._journal and self._journal[-1] == turn.entry:
            return
        if self._journal and self._journal[-1] in turn.looks:
            turn = live_books.without_looks_until(turn, self._seq)
        live_books.require_next(turn, self._seq, len(self._errands))
        self._keys.add(books)
        self._journal += (*turn.looks, turn.entry)
        self._seq, self._state = turn.entry.seq, turn.state
        checkpoint = live_books.checkpoint_of(turn, self._settings)
        self._checkpoints += [checkpoint] if checkpoint else []
        self._settings = turn.settings or self._settings
        self._audits += [turn.audit] if turn.audit else []
        self._errands += turn.errands
        await self.tell(turn.notifications)
        self._waiting |= {errand.errand_id: errand for errand in turn.errands}
        for book in fields(books):
            self._books[book.name] += getattr(books, book.name)
        # A dictionary keeps the place of the first one, and the value of the last.
        self._books["breakers"] = list({b.breaker_id: b for b in self._books["breakers"]}.values())
        self._books["snapshots"].sort(key=lambda day: day.on)

    async def brought(self, errand_id: int) -> None:
        """See `LiveStore.brought`."""
        if not 1 <= errand_id <= len(self._errands):
            raise BrokenInvariant(f"there is no errand {errand_id} that could have been brought")
        self._waiting.pop(errand_id, None)

    async def decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        """See `LiveStore.decided`."""
        return frozenset(cause_ids) & (self._keys.recommendations | self._keys.causes)

    async def take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        """See `LiveStore.take_lease`."""
        lease = leases.taken(self._lease, owner, at, seconds)
        if lease:
            self._lease = leases.row_of(lease)
        return lease

    async def release_lease(self, owner: str) -> None:
        """See `LiveStore.release_lease`."""
        self._lease = leases.released(self._lease, owner) or self._lease

    async def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """See `LiveStore.journal`."""
        while (place := bisect_right(self._journal, after, key=attrgetter("seq"))) < len(self._journal):
            entry = self._journal[place]
            yield entry
            after = entry.seq

    async def last_heartbeat(self) -> Heartbeat | None:
        """See `LiveStore.last_heartbeat`."""
        return self._heartbeat

    async def beat(self, heartbeat: Heartbeat) -> None:
        """See `LiveStore.beat`."""
        live_books.require_sound(heartbeat)
        self._heartbeat = heartbeat

    async def measured(self, metrics: LiveMetrics) -> None:
        """See `LiveStore.measured`."""
        live_books.require_sound(metrics)
        self._metrics[metrics.at] = metrics

    async def forget_prices(self, before: datetime) -> int:
        """See `LiveStore.forget_prices`."""
        to_micros(before)
        until = max((checkpoint.seq for checkpoint in self._checkpoints if checkpoint.at <= before), default=0)
        forgotten = {
            entry.seq
            for entry in self._journal
            if entry.seq < until and entry.at < before and live_books.is_mere_look(entry)
        }
        self._journal = [entry for entry in self._journal if entry.seq not in forgotten]
        self._checkpoints = [c for c in self._checkpoints if c.seq > max(forgotten, default=0)]
        return len(forgotten)

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `LiveReader.heartbeat`."""
        return (self._heartbeat, self._heartbeat.at) if self._heartbeat else None

    async def metrics(self, since: datetime | None = None) -> tuple[LiveMetrics, ...]:
        """See `LiveReader.metrics`."""
        return tuple(self._metrics[at] for at in sorted(self._metrics) if since is None or at >= since)

    async def audits(self, limit: int = 100) -> tuple[AuditEvent, ...]:
        """See `LiveReader.audits`."""
        return tuple(self._audits[::-1][:limit])

    async def last_turn(self) -> int:
        """See `LiveReader.last_turn`."""
        return self._seq

    def has_happened(self, after: int) -> bool:
        """See `LiveReader.has_happened`."""
        return any(not live_books.is_mere_look(entry) for entry in self._journal if entry.seq > after)

    async def checkpoint(self, at: datetime | None = None) -> Checkpoint | None:
        """See `LiveReader.checkpoint`."""
        if at is None:
            return next(iter(self._checkpoints), None)
        return next((c for c in reversed(self._checkpoints) if c.at <= at), None)

    async def settings(self) -> str:
        """See `LiveReader.settings`."""
        return self._settings

    async def state(self) -> str | None:
        """See `LiveReader.state`."""
        return self._state

    def _run(self, run_id: int) -> KeptRun:
        if run_id != LIVE_RUN:
            raise NotFound(f"there is no run {run_id}")
        books = RunBooks(**{book: tuple(values) for book, values in self._books.items()})
        return KeptRun(self._account, books)


class _Keys:
    """What may come only once in the books, and which causes have a decision."""

    def __init__(self) -> None:
        self.recommendations: set[str] = set()
        self.causes: set[str] = set()
        self._decisions: set[str] = set()
        self._days: set[date] = set()

    def add(self, books: RunBooks) -> None:
        """Note the keys of `books`. One that is there, or comes twice, raises BrokenInvariant; then none is noted."""
        decisions = [d.decision_id for d in books.decisions]
        recommendations = [d.recommendation_id for d in books.decisions if d.recommendation_id is not None]
        days = [day.on for day in books.snapshots]
        _require_new(decisions, self._decisions, "decision id")
        _require_new(recommendations, self.recommendations, "decision on recommendation")
        _require_new(days, self._days, "snapshot of")
        self._decisions |= set(decisions)
        self.recommendations |= set(recommendations)
        self.causes |= {d.cause for d in books.decisions if d.recommendation_id is None}
        self._days |= set(days)


def _require_new(keys: Sequence[Any], known: set[Any], what: str) -> None:
    for place, key in enumerate(keys):
        if key in known or key in keys[:place]:
            raise BrokenInvariant(f"{what} {key} comes twice")
