"""Live store: how is a turn of the live engine kept, all of it or nothing, and found again by the next engine?"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Select, Table, select, update
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.errors import BrokenInvariant
from engine.live_ports import Kept, Turn
from engine.model.breakers import BreakerEvent
from engine.model.live import JournalEntry, Lease
from engine.model.runs import RunBooks, RunRecord
from storage import bulk, leases, live_books, live_queries, risk_mappers
from storage.columns import Columns
from storage.database import translated
from storage.leases import LeaseRow
from storage.live_file import live_engine, prepare_live_file
from storage.live_mappers import ERRANDS, JOURNAL, LEASE_ROWS
from storage.live_tables import ENGINE_STATE, EVENT_JOURNAL, IS_WAITING, LEASES, LIVE_RUN, OUTBOX
from storage.risk_tables import CIRCUIT_BREAKER_EVENTS
from storage.row_map import numbered
from storage.run_books import table_rows
from storage.types import utc_now

BUSY_SECONDS = 1.0
"""How long the engine waits for somebody else's transaction: stops have to be looked at meanwhile."""

JOURNAL_PAGE = 200
"""So many turns are read at a time: commits come in between."""

ASKED_AT_ONCE = 500
"""So many ids go into one question."""

_DIALECT = sqlite_dialect()
_Answer = TypeVar("_Answer")


class SqlLiveStore:
    """A `LiveStore` (engine/live_ports.py) over one SQLite file. Use it as an async context manager.

    The file is made when it is not there, with `account` as what is said of the account: its run 0. Everything happens
    in one thread, one thing after the other. A file that cannot be used raises Unavailable, and is opened anew for
    whatever is asked next.
    """

    def __init__(self, path: Path, account: RunRecord, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._path = path
        self._account = account
        self._engine = live_engine(path, busy_seconds=busy_seconds)
        self._open: Connection | None = None
        self._file: tuple[int, int] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.name)

    async def __aenter__(self) -> Self:
        await prepare_live_file(self._path, self._account)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._asked(self._close)
        self._thread.shutdown()

    async def load(self) -> Kept | None:
        """See `LiveStore.load`."""
        return await self._asked(self._load)

    async def commit(self, turn: Turn) -> None:
        """See `LiveStore.commit`. It returns when the turn is kept and raises when it is not, also when cancelled.

        Whoever is cancelled meanwhile hears of it at the next await.
        """
        committing = self._asked(self._commit, turn)
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
        await self._asked(self._brought, errand_id)

    async def decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        """See `LiveStore.decided`."""
        return await self._asked(self._decided, tuple(cause_ids))

    async def take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        """See `LiveStore.take_lease`. While another's lasts nothing is written: a file has one writer."""
        return await self._asked(self._take_lease, owner, at, seconds)

    async def release_lease(self, owner: str) -> None:
        """See `LiveStore.release_lease`."""
        await self._asked(self._release_lease, owner)

    async def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """See `LiveStore.journal`."""
        while page := await self._asked(self._journal_page, after):
            for entry in page:
                yield entry
            after = page[-1].seq

    def _load(self) -> Kept | None:
        with self._reading() as connection:
            last = connection.execute(live_queries.STATE).one_or_none()
            if last is None:
                return None
            waiting = _rows(connection, live_queries.WAITING)
            errands = connection.execute(live_queries.LAST_ERRAND).scalar() or 0
        return Kept(seq=last.seq, state=last.state, waiting=tuple(map(ERRANDS.value_of, waiting)), errands=errands)

    def _commit(self, turn: Turn) -> None:
        books = live_books.books_of(turn)
        with self._writing() as connection:
            is_first = _require_next(connection, turn)
            _insert(connection, EVENT_JOURNAL, {**JOURNAL.columns_of([turn.entry]), "run_id": [LIVE_RUN]})
            _keep_state(connection, turn, is_first=is_first)
            _keep_books(connection, books)
            errands = ERRANDS.columns_of(turn.errands)
            _insert(connection, OUTBOX, {**errands, "run_id": [LIVE_RUN] * len(turn.errands)})

    def _brought(self, errand_id: int) -> None:
        this = (OUTBOX.c.run_id == LIVE_RUN, OUTBOX.c.errand_id == errand_id)
        with self._writing(synced=False) as connection:
            if connection.execute(select(OUTBOX.c.kind).where(*this)).one_or_none() is None:
                raise BrokenInvariant(f"there is no errand {errand_id} that could have been brought")
            connection.execute(update(OUTBOX).where(*this, IS_WAITING).values(brought_at=utc_now()))

    def _decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        with self._reading() as connection:
            for start in range(0, len(cause_ids), ASKED_AT_ONCE):
                asked = cause_ids[start : start + ASKED_AT_ONCE]
                for query in live_queries.decided(asked):
                    found.update(connection.execute(query).scalars())
        return frozenset(found)

    def _take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        with self._reading() as connection:
            if leases.taken(_last_lease(connection), owner, at, seconds) is None:
                return None
        with self._writing() as connection:
            lease = leases.taken(_last_lease(connection), owner, at, seconds)
            if lease:
                _keep_lease(connection, leases.row_of(lease))
        return lease

    def _release_lease(self, owner: str) -> None:
        with self._writing() as connection:
            released = leases.released(_last_lease(connection), owner)
            if released:
                _keep_lease(connection, released)

    def _journal_page(self, after: int) -> Sequence[JournalEntry]:
        with self._reading() as connection:
            page = _rows(connection, live_queries.journal(after, limit=JOURNAL_PAGE))
        return tuple(map(JOURNAL.value_of, page))

    def _close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    def _asked(self, work: Callable[..., _Answer], *about: Any) -> asyncio.Future[_Answer]:
        return asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *about))

    @contextmanager
    def _transaction(self, *, writes: bool, synced: bool = True) -> Iterator[Connection]:
        with translated(self._path):
            connection = self._connection().execution_options(writes=writes)
            try:
                with _synced(connection, synced), connection.begin():
                    yield connection
            except IntegrityError:
                raise
            except (DBAPIError, sqlite3.Error):
                self._forget()
                raise
            except (OverflowError, UnicodeEncodeError) as error:
                raise BrokenInvariant(f"{self._path} cannot hold a value: {error}") from error

    def _reading(self) -> AbstractContextManager[Connection]:
        return self._transaction(writes=False)

    def _writing(self, *, synced: bool = True) -> AbstractContextManager[Connection]:
        return self._transaction(writes=True, synced=synced)

    def _connection(self) -> Connection:
        if self._open and self._file != _identity(self._path):
            self._forget()  # it was moved or replaced: what is written to it would be lost
        if self._open is None:
            self._open = self._engine.connect()
            self._file = _identity(self._path)
        return self._open

    def _forget(self) -> None:
        """Let go of a connection on which something failed: the next one finds the file as it is."""
        if self._open:
            self._open.invalidate()
            self._close()


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


@contextmanager
def _synced(connection: Connection, synced: bool) -> Iterator[None]:
    """Have the next transaction wait for the disk or not; whatever comes after it does."""
    if synced:
        yield
        return
    driver = connection.connection.driver_connection
    assert driver
    driver.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        with suppress(sqlite3.ProgrammingError):  # closed meanwhile: the next connection waits
            driver.execute("PRAGMA synchronous = FULL")


def _last_lease(connection: Connection) -> LeaseRow | None:
    return next(map(LEASE_ROWS.value_of, _rows(connection, live_queries.LEASE)), None)


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Mapping[Any, Any]]:
    return connection.execute(query).mappings().all()


def _require_next(connection: Connection, turn: Turn) -> bool:
    """Is `turn` the first one? One that does not follow what is kept, or the lease, raises."""
    place = next(iter(_rows(connection, live_queries.PLACE)), None)
    leases.require_epoch(LEASE_ROWS.value_of(place) if place else None, turn.epoch)
    assert place
    live_books.require_next(turn, place["last_turn"] or 0, place["last_errand"] or 0)
    return place["last_turn"] is None


def _keep_lease(connection: Connection, row: LeaseRow) -> None:
    connection.execute(LEASES.delete().where(LEASES.c.name == live_queries.LEASE_NAME))
    _insert(connection, LEASES, {**LEASE_ROWS.columns_of([row]), "name": [live_queries.LEASE_NAME]})


def _keep_state(connection: Connection, turn: Turn, *, is_first: bool) -> None:
    values = {"seq": turn.entry.seq, "epoch": turn.epoch, "state": turn.state, "updated_at": turn.entry.at}
    if is_first:
        connection.execute(ENGINE_STATE.insert(), {"run_id": LIVE_RUN, **values})
    else:
        connection.execute(update(ENGINE_STATE).where(ENGINE_STATE.c.run_id == LIVE_RUN), values)


def _keep_books(connection: Connection, books: RunBooks) -> None:
    new = tuple(breaker for breaker in books.breakers if not _replaced(connection, breaker))
    for table, columns in table_rows(LIVE_RUN, replace(books, breakers=new), partial(_next_seq, connection)):
        _insert(connection, table, columns)


def _replaced(connection: Connection, breaker: BreakerEvent) -> bool:
    """Has `breaker` taken the place of what was kept of it before?"""
    kept = CIRCUIT_BREAKER_EVENTS.c
    same = (kept.run_id == LIVE_RUN, kept.breaker_id == breaker.breaker_id)
    seq = connection.execute(select(kept.seq).where(*same)).scalar()
    if seq is None:
        return False
    connection.execute(CIRCUIT_BREAKER_EVENTS.delete().where(*same))
    row = numbered(risk_mappers.BREAKERS.columns_of([breaker]), first=seq, run_id=LIVE_RUN)
    _insert(connection, CIRCUIT_BREAKER_EVENTS, row)
    return True


def _next_seq(connection: Connection, table: Table) -> int:
    last: int | None = connection.execute(live_queries.last_seq_of(table)).scalar()
    return (last or 0) + 1


def _insert(connection: Connection, table: Table, columns: Columns) -> None:
    rows = bulk.plain_rows(table, columns, _DIALECT)
    if rows:
        connection.exec_driver_sql(_insert_words(table, tuple(columns)), rows)


@cache
def _insert_words(table: Table, names: tuple[str, ...]) -> str:
    return bulk.insert_words(table, names, _DIALECT)
