"""Live stores: the same account in memory, on SQLite and on PostgreSQL, each with whoever reads it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.live_ports import Checkpoint, Kept, LiveStore
from engine.live_reading import LiveReader
from engine.model.audit import AuditEvent
from engine.model.live import Heartbeat, JournalEntry, LiveMetrics
from engine.model.notifications import Notification
from engine.model.runs import RunBooks
from storage.in_memory_live import InMemoryLiveStore
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.postgres_live import PostgresLive
from storage.postgres_reader import PostgresLiveReader
from tests.support import postgres
from tests.support.live_turns import ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """All that a `LiveReader` says."""

    last_turn: int
    state: str | None
    settings: str
    heartbeat: Heartbeat | None
    metrics: tuple[LiveMetrics, ...]
    audits: tuple[AuditEvent, ...]
    checkpoints: tuple[Checkpoint, ...]
    journal: tuple[JournalEntry, ...]
    notifications: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A store, and whoever reads what it keeps."""

    store: LiveStore
    reader: InMemoryLiveStore | SqlLiveReader

    async def books(self) -> RunBooks:
        """Return the books of the account."""
        return RunBooks(
            decisions=(await self.reader.decisions(0, limit=1000, with_traces=True)).decisions,
            executions=await self.reader.executions(0),
            trades=await self.reader.trades(0),
            snapshots=await self.reader.snapshots(0),
            stop_changes=await self.reader.stop_changes(0),
            reserve_entries=await self.reader.reserve_entries(0),
            tier_changes=await self.reader.tier_changes(0),
            breakers=await self.reader.breakers(0),
            flows=await self.reader.flows(0),
            notices=await self.reader.notices(0),
            splits=await self.reader.splits(0),
            open_lots=await self.reader.open_lots(0),
        )

    async def journal(self, after: int = 0) -> list[JournalEntry]:
        """Return the journal."""
        return [entry async for entry in self.store.journal(after)]

    async def everything(self) -> tuple[Kept | None, list[JournalEntry], RunBooks, ReadBack]:
        """Return all that is kept."""
        return await self.store.load(), await self.journal(), await self.books(), await read_back(self.reader)


async def read_back(reader: LiveReader) -> ReadBack:
    """Return what `reader` says: of checkpoints each one that it finds at the moment of a turn, or as the first."""
    journal = tuple([entry async for entry in reader.journal()])
    moments: list[datetime | None] = [None, *sorted({entry.at for entry in journal})]
    found = [await reader.checkpoint(at) for at in moments]
    beaten = await reader.heartbeat()
    return ReadBack(
        last_turn=await reader.last_turn(),
        state=await reader.state(),
        settings=await reader.settings(),
        heartbeat=beaten[0] if beaten else None,
        metrics=await reader.metrics(),
        audits=await reader.audits(),
        checkpoints=tuple(dict.fromkeys(checkpoint for checkpoint in found if checkpoint)),
        journal=journal,
        notifications=await reader.notifications(limit=1000),
    )


@asynccontextmanager
async def in_memory() -> AsyncIterator[Opened]:
    """An account that the process forgets."""
    store = InMemoryLiveStore(ACCOUNT)
    yield Opened(store=store, reader=store)


@asynccontextmanager
async def on_sqlite() -> AsyncIterator[Opened]:
    """An account in a file of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stonks.db"
        async with SqlLiveStore(path, ACCOUNT) as store:
            yield Opened(store=store, reader=SqlLiveReader(path))


@asynccontextmanager
async def on_postgres() -> AsyncIterator[Opened]:
    """An account in a database of its own."""
    async with postgres.emptied() as database, SqlLiveStore(PostgresLive(database, own_time=True), ACCOUNT) as store:
        yield Opened(store=store, reader=PostgresLiveReader(database))


Opening = Callable[[], AbstractAsyncContextManager[Opened]]
STORES: tuple[Opening, ...] = (in_memory, on_sqlite, on_postgres)
