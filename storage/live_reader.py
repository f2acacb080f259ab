"""Live reader: how does anybody, in this process or another, read the books of the live account while it trades?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from engine.errors import NotFound
from engine.live_ports import Checkpoint
from engine.model.audit import AuditEvent
from engine.model.live import Heartbeat, JournalEntry, LiveMetrics
from engine.model.notices import Notice
from engine.model.notifications import (
    EVERY_NOTIFICATION,
    DeliveryStatus,
    Notification,
    NotificationChannel,
    NotificationFilter,
)
from engine.model.runs import LIVE_RUN
from engine.ports import RunListing, RunState
from storage import file_stamp, live_queries, notification_rows
from storage.database import open_raw
from storage.live_mappers import AUDITS, CHECKPOINT_ROWS, HEARTBEATS, JOURNAL, METRICS
from storage.live_queries import JOURNAL_PAGE
from storage.live_tables import EVENT_JOURNAL, IS_MERE_LOOK
from storage.notification_rows import NOTIFICATION_ROWS
from storage.notification_tables import NOTIFICATIONS
from storage.risk_mappers import NOTICES
from storage.run_reader import SqlRunReader

_LAST_TURN = str(live_queries.LAST_TURN.compile(dialect=sqlite_dialect(), compile_kwargs={"literal_binds": True}))
HAPPENED = (
    f"SELECT 1 FROM {EVENT_JOURNAL.name} WHERE run_id = {LIVE_RUN} AND seq > {{after}} AND NOT {IS_MERE_LOOK} LIMIT 1"
)
_HAPPENED = HAPPENED.format(after="?")

_HAS_NOTIFICATIONS = f"SELECT 1 FROM sqlite_master WHERE name = '{NOTIFICATIONS.name}'"


class SqlLiveReader(SqlRunReader):
    """A `LiveReader` (engine/live_reading.py), and the questions of a `RunStore` over a live account: it is the run 0.

    Open lots are not in its books but in the core's state: `open_lots` finds none.
    """

    _noticed: tuple[int, tuple[Notice, ...]] = (0, ())
    """The notices that were read already, and the place (`seq`) of the last one."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda run_id: _file_of(path, run_id))

    def stamp(self, now: datetime) -> object:
        """Return what is another value once anything was written after `now`, None when that cannot be known."""
        return file_stamp.of(self._path_of(LIVE_RUN), now)

    async def notices(self, run_id: int, *, reference_id: str | None = None) -> tuple[Notice, ...]:
        """See `RunStore.notices`. Those of an account are only ever added to, so what was read is not read again."""
        if run_id != LIVE_RUN or reference_id is not None:
            return await super().notices(run_id, reference_id=reference_id)
        last, known = self._noticed
        async with self.at_once(run_id):
            more = await self._noticed_from(last)
            if known and more[:1] != ((last, known[-1]),):  # another account has come to its place
                known, more = (), await self._noticed_from(0)
        notices = (*known[:-1], *(notice for _, notice in more))
        self._noticed = more[-1][0] if more else 0, notices
        return notices

    async def _noticed_from(self, seq: int) -> tuple[tuple[int, Notice], ...]:
        async with self._reading(LIVE_RUN) as connection:
            rows = (await connection.execute(live_queries.notices(seq))).all()
        return tuple(zip((row.seq for row in rows), NOTICES.values_of(rows), strict=True))

    async def last_turn(self) -> int:
        """See `LiveReader.last_turn`."""
        with open_raw(self._path_of(LIVE_RUN)) as raw:
            row = raw.execute(_LAST_TURN).fetchone()
        return int(row[0]) if row else 0

    def has_happened(self, after: int) -> bool:
        """See `LiveReader.has_happened`."""
        with open_raw(self._path_of(LIVE_RUN)) as raw:
            return raw.execute(_HAPPENED, (after,)).fetchone() is not None

    async def state(self) -> str | None:
        """See `LiveReader.state`."""
        row = await self._first(live_queries.STATE)
        return str(row["state"]) if row else None

    async def settings(self) -> str:
        """See `LiveReader.settings`."""
        row = await self._first(live_queries.SETTINGS)
        return str(row["settings"]) if row else ""

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `LiveReader.heartbeat`."""
        row = await self._first(live_queries.HEARTBEAT)
        return (HEARTBEATS.value_of(row), row["beaten_at"]) if row else None

    async def standbys(self) -> tuple[tuple[str, datetime], ...]:
        """Return which engines stand by, as HOST:PID, and since when: only a database knows of any."""
        return ()

    async def metrics(self, since: datetime | None = None) -> tuple[LiveMetrics, ...]:
        """See `LiveReader.metrics`."""
        return await self._values(LIVE_RUN, METRICS, live_queries.metrics(since))

    async def audits(self, limit: int = 100) -> tuple[AuditEvent, ...]:
        """See `LiveReader.audits`."""
        return tuple(map(AUDITS.value_of, await self._rows(LIVE_RUN, live_queries.audits(limit=limit))))

    async def checkpoint(self, at: datetime | None = None) -> Checkpoint | None:
        """See `LiveReader.checkpoint`."""
        row = await self._first(live_queries.checkpoint(at))
        return CHECKPOINT_ROWS.value_of(row) if row else None

    async def notifications(
        self, wanted: NotificationFilter = EVERY_NOTIFICATION, limit: int = 100
    ) -> tuple[Notification, ...]:
        """See `LiveReader.notifications`."""
        found = await self._told(notification_rows.found(wanted, limit))
        return tuple(map(NOTIFICATION_ROWS.value_of, found))

    async def count_notifications(self, wanted: NotificationFilter) -> int:
        """See `LiveReader.count_notifications`."""
        found = await self._told(notification_rows.counted(wanted))
        return int(found[0]["number"]) if found else 0

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `LiveReader.notification_counts`."""
        found = await self._told(notification_rows.tallied(since))
        return {(row["channel"], row["delivery_status"]): row["number"] for row in found}

    async def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """See `LiveReader.journal`."""
        while page := await self._rows(LIVE_RUN, live_queries.journal(after, limit=JOURNAL_PAGE)):
            for row in page:
                yield JOURNAL.value_of(row)
            after = page[-1]["seq"]

    async def _told(self, query: Select[Any]) -> Sequence[Any]:
        """Return what answers `query` of notifications: nothing of an earlier version's account, not opened since."""
        with open_raw(self._path_of(LIVE_RUN)) as raw:
            has_table = raw.execute(_HAS_NOTIFICATIONS).fetchone()
        return await self._rows(LIVE_RUN, query) if has_table else ()

    async def _first(self, query: Select[Any]) -> Any:
        return next(iter(await self._rows(LIVE_RUN, query)), None)

    async def listing(self, run_id: int) -> RunListing:
        """See `RunStore.listing`."""
        return RunListing(run_id=run_id, state=RunState.RUNNING, record=await self.get(run_id))


def _file_of(path: Path, run_id: int) -> Path:
    if run_id != LIVE_RUN or not path.exists():
        raise NotFound(f"there is no run {run_id} in {path}" if path.exists() else f"there is no file {path}")
    return path
