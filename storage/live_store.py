"""Live store: how is a turn of the live engine kept, all of it or nothing, and found again by the next engine?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Select, select, update

from engine.errors import BrokenInvariant
from engine.live_ports import Kept, Turn
from engine.model.live import Heartbeat, JournalEntry, Lease, LiveMetrics
from engine.model.notifications import Notification, NotificationChannel
from engine.model.runs import LIVE_RUN, RunRecord
from storage import leases, live_books, live_queries, live_turns, notification_rows
from storage.kept_space import KEPT_BYTES
from storage.leases import LeaseRow
from storage.live_connection import LiveConnection, LiveDatabase
from storage.live_mappers import ERRANDS, HEARTBEATS, JOURNAL, LEASE_ROWS, METRICS
from storage.live_queries import JOURNAL_PAGE
from storage.live_tables import ENGINE_HEARTBEAT, IS_WAITING, LEASES, LIVE_METRICS, OUTBOX
from storage.live_turns import insert, rows
from storage.moments import to_micros
from storage.types import utc_now

BUSY_SECONDS = 1.0
"""How long the engine waits for somebody else's transaction: stops have to be looked at meanwhile."""

ASKED_AT_ONCE = 500
"""So many ids go into one question."""

FORGOTTEN_AT_ONCE = 500
"""So many turns are forgotten at a time: commits come in between."""


class SqlLiveStore:
    """A `LiveStore` (engine/live_ports.py) over one SQLite file, or over PostgreSQL. An async context manager.

    The account is made when it is not there, with `account` as what is said of it: its run 0. Everything happens
    in one thread, one thing after the other. A database that cannot be used raises Unavailable, and is opened anew for
    whatever is asked next.

    Once it is open, `account_id` is the one that the account got when it was made; the broker's books have the same.
    """

    def __init__(
        self,
        place: Path | LiveDatabase,
        account: RunRecord,
        *,
        account_id: str = "",
        busy_seconds: float = BUSY_SECONDS,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        """`account_id` is what a new account gets. `kept_bytes` of the disk are kept aside while a file is open."""
        self.account_id = account_id
        self._account = account
        self._file: LiveDatabase = (
            LiveConnection(place, busy_seconds=busy_seconds, kept_bytes=kept_bytes)
            if isinstance(place, Path)
            else place
        )

    async def __aenter__(self) -> Self:
        self.account_id = await self._file.prepare(self._account, self.account_id)
        await self._file.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._file.close()

    async def load(self) -> Kept | None:
        """See `LiveStore.load`."""
        return await self._file.asked(self._load)

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`. It returns when the turn is kept and raises when it is not, also when cancelled.

        Whoever is cancelled meanwhile hears of it at the next await.
        """
        committing = self._file.asked(self._commit, turn)
        was_cancelled = False
        while not committing.done():
            try:
                await asyncio.wait([committing])
            except asyncio.CancelledError:
                was_cancelled = True
        if was_cancelled and (task := asyncio.current_task()):
            task.uncancel()  # it is the same word again
            task.cancel()
        committing.result()

    async def brought(self, errand_id: int) -> None:
        """See `LiveStore.brought`. A power cut may undo it: the errand is then brought twice, which does no harm."""
        await self._file.asked(self._brought, errand_id)

    async def decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        """See `LiveStore.decided`."""
        return await self._file.asked(self._decided, tuple(cause_ids))

    async def take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        """See `LiveStore.take_lease`. While another's lasts nothing is written: a file has one writer."""
        return await self._file.asked(self._take_lease, owner, at, seconds)

    async def release_lease(self, owner: str) -> None:
        """See `LiveStore.release_lease`."""
        await self._file.asked(self._release_lease, owner)

    async def end_lost_lease(self, is_dead: Callable[[str], bool]) -> None:
        """End the lease of an owner that `is_dead`, so that nobody has to wait until it is over."""
        await self._file.asked(self._end_lost_lease, is_dead)

    async def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """See `LiveStore.journal`."""
        while page := await self._file.asked(self._journal_page, after):
            for entry in page:
                yield entry
            after = page[-1].seq

    async def tell(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.tell`."""
        await self._file.asked(self._tell, tuple(notifications))

    async def waiting(self, channel: NotificationChannel, at: datetime, limit: int) -> tuple[Notification, ...]:
        """See `NotificationStore.waiting`."""
        return await self._file.asked(self._notifications, notification_rows.waiting(channel, at, limit=limit))

    async def next_try_at(self, channel: NotificationChannel) -> datetime | None:
        """See `NotificationStore.next_try_at`."""
        found: datetime | None = await self._file.asked(self._one, notification_rows.next_try_at(channel))
        return found

    async def begin(self, notification: Notification, at: datetime) -> Notification | None:
        """See `NotificationStore.begin`."""
        return await self._file.asked(self._begin, notification, at)

    async def noted(self, notifications: Sequence[Notification]) -> None:
        """See `NotificationStore.noted`."""
        await self._file.asked(self._noted, tuple(notifications))

    async def sent_since(self, channel: NotificationChannel, at: datetime) -> tuple[Notification, ...]:
        """See `NotificationStore.sent_since`."""
        return await self._file.asked(self._notifications, notification_rows.sent_since(channel, at))

    async def held_back(self, channel: NotificationChannel, kind: str, since: datetime) -> int:
        """See `NotificationStore.held_back`."""
        return int(await self._file.asked(self._one, notification_rows.held_back(channel, kind, since)))

    async def last_heartbeat(self) -> Heartbeat | None:
        """See `LiveStore.last_heartbeat`."""
        return await self._file.asked(self._last_heartbeat)

    async def beat(self, heartbeat: Heartbeat) -> None:
        """See `LiveStore.beat`. The database's own clock notes when it was."""
        await self._file.asked(self._beat, heartbeat)

    async def measured(self, metrics: LiveMetrics) -> None:
        """See `LiveStore.measured`."""
        await self._file.asked(self._measured, metrics)

    async def forget_prices(self, before: datetime) -> int:
        """See `LiveStore.forget_prices`. Checkpoints after which turns are missing are forgotten with them."""
        forgotten = 0
        while found := await self._file.asked(self._forget_prices, before):
            forgotten += found
        return forgotten

    def _load(self) -> Kept | None:
        with self._file.reading() as connection:
            last = connection.execute(live_queries.STATE).one_or_none()
            if last is None:
                return None
            waiting = rows(connection, live_queries.WAITING)
            return Kept(
                seq=last.seq,
                state=last.state,
                waiting=tuple(map(ERRANDS.value_of, waiting)),
                errands=connection.execute(live_queries.LAST_ERRAND).scalar() or 0,
                settings=connection.execute(live_queries.SETTINGS).scalar() or "",
            )

    def _commit(self, turn: Turn) -> None:
        books = live_books.books_of(turn)
        with self._file.writing() as connection:
            live_turns.keep(connection, turn, books)

    def _brought(self, errand_id: int) -> None:
        this = (OUTBOX.c.run_id == LIVE_RUN, OUTBOX.c.errand_id == errand_id)
        with self._file.writing(synced=False) as connection:
            marked = connection.execute(update(OUTBOX).where(*this, IS_WAITING).values(brought_at=utc_now()))
            if not marked.rowcount and connection.execute(select(OUTBOX.c.kind).where(*this)).one_or_none() is None:
                raise BrokenInvariant(f"there is no errand {errand_id} that could have been brought")

    def _decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        with self._file.reading() as connection:
            for start in range(0, len(cause_ids), ASKED_AT_ONCE):
                asked = cause_ids[start : start + ASKED_AT_ONCE]
                found.update(connection.execute(live_queries.decided(asked)).scalars())
        return frozenset(found)

    def _take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        with self._file.reading() as connection:
            if leases.taken(_last_lease(connection), owner, self._file.lease_time(connection, at), seconds) is None:
                return None
        with self._file.writing() as connection:
            lease = leases.taken(_last_lease(connection), owner, self._file.lease_time(connection, at), seconds)
            if lease:
                _keep_lease(connection, leases.row_of(lease))
        return self._file.lease_here(lease, at, seconds) if lease else None

    def _end_lost_lease(self, is_dead: Callable[[str], bool]) -> None:
        with self._file.reading() as connection:
            last = _last_lease(connection)
        if last and last.owner and is_dead(last.owner):
            self._release_lease(last.owner)

    def _release_lease(self, owner: str) -> None:
        with self._file.writing() as connection:
            released = leases.released(_last_lease(connection), owner)
            if released:
                _keep_lease(connection, released)

    def _journal_page(self, after: int) -> Sequence[JournalEntry]:
        with self._file.reading() as connection:
            page = rows(connection, live_queries.journal(after, limit=JOURNAL_PAGE))
        return tuple(map(JOURNAL.value_of, page))

    def _tell(self, notifications: Sequence[Notification]) -> None:
        with self._file.writing() as connection:
            live_turns.tell(connection, notifications)

    def _begin(self, notification: Notification, at: datetime) -> Notification | None:
        with self._file.writing() as connection:
            return notification_rows.begin(connection, notification, at)

    def _noted(self, notifications: Sequence[Notification]) -> None:
        with self._file.writing() as connection:
            for notification in notifications:
                notification_rows.note(connection, notification)

    def _notifications(self, query: Select[Any]) -> tuple[Notification, ...]:
        with self._file.reading() as connection:
            return tuple(map(notification_rows.NOTIFICATION_ROWS.value_of, rows(connection, query)))

    def _one(self, query: Select[Any]) -> Any:
        with self._file.reading() as connection:
            return connection.execute(query).scalar()

    def _last_heartbeat(self) -> Heartbeat | None:
        with self._file.reading() as connection:
            return next(map(HEARTBEATS.value_of, rows(connection, live_queries.HEARTBEAT)), None)

    def _beat(self, heartbeat: Heartbeat) -> None:
        live_books.require_sound(heartbeat)
        with self._file.writing(synced=False) as connection:
            connection.execute(ENGINE_HEARTBEAT.delete())
            row = {name: column[0] for name, column in HEARTBEATS.columns_of([heartbeat]).items()}
            connection.execute(ENGINE_HEARTBEAT.insert().values(run_id=LIVE_RUN, beaten_at=utc_now(), **row))

    def _measured(self, metrics: LiveMetrics) -> None:
        live_books.require_sound(metrics)
        same = (LIVE_METRICS.c.run_id == LIVE_RUN, LIVE_METRICS.c.at == metrics.at)
        with self._file.writing(synced=False) as connection:
            connection.execute(LIVE_METRICS.delete().where(*same))
            insert(connection, LIVE_METRICS, METRICS.columns_of([metrics]))

    def _forget_prices(self, before: datetime) -> int:
        to_micros(before)
        with self._file.writing(synced=False) as connection:
            return live_turns.forget_mere_looks(connection, before, at_most=FORGOTTEN_AT_ONCE)


def _last_lease(connection: Connection) -> LeaseRow | None:
    return next(map(LEASE_ROWS.value_of, rows(connection, live_queries.LEASE)), None)


def _keep_lease(connection: Connection, row: LeaseRow) -> None:
    connection.execute(LEASES.delete().where(LEASES.c.name == live_queries.LEASE_NAME))
    insert(connection, LEASES, {**LEASE_ROWS.columns_of([row]), "name": [live_queries.LEASE_NAME]})
