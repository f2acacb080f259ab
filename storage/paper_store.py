"""Paper store: how does the paper broker remember, whatever happens to its process?

One file of its own. For a moment two processes may write in it, an engine and the one that took over from it: so it
keeps the older journal (SQLite before 3.51.3 has a rare bug with several writers in WAL mode), and each transaction
is on the disk before anybody hears of it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from engine.errors import BadInput, BrokenInvariant, OutOfSpace
from engine.model.live import OrderReport, Report, TickerReport
from engine.model.orders import Order
from engine.model.paper import WAITING, PaperOrder
from storage.database import (
    BUSY_SECONDS,
    address_of,
    check_version,
    create_tables,
    has_tables,
    make_file,
    open_engine,
    open_raw,
    translated,
)
from storage.kept_space import KeptSpace
from storage.paper_tables import PAPER_EPOCH, PAPER_ORDERS, PAPER_POSITIONS, PAPER_REPORTS, PAPER_TABLES
from storage.table_kinds import BOOKS_SINCE

KEPT_BYTES = 4 * 2**20
"""Less than the engine keeps aside: it writes less of each order."""

_Answer = TypeVar("_Answer")
_ORDER = tuple(f.name for f in fields(Order))
_OF_ORDER = tuple(f.name for f in fields(OrderReport))
_OF_TICKER = tuple(f.name for f in fields(TickerReport))


class PaperStore:
    """A `PaperMemory` (engine/live_ports.py) in one SQLite file. Open it with `open`."""

    def __init__(self, path: Path, space: KeptSpace) -> None:
        self._path = path
        self._space = space
        self._lock = asyncio.Lock()
        self._engine = _engine_on(path)
        self._open: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=path.name)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, account_id: str = "", account_file: Path | None = None, kept_bytes: int = KEPT_BYTES
    ) -> AsyncIterator[Self]:
        """Give the store of the file `path`, which is made when it is not there, for the account of `account_file`.

        A file that is none of ours, of another version, or of an account with another id than `account_id`, raises a
        StonksError that says so; an empty id fits everywhere. `kept_bytes` of the disk are kept aside.
        """
        make_file(path)
        async with open_engine(path, writes=True) as engine:
            async with engine.begin() as connection:
                if not await has_tables(connection):  # new, or its maker was killed
                    await create_tables(connection, PAPER_TABLES)
                    await connection.execute(PAPER_EPOCH.insert().values(id=1, epoch=0, heard=0, account_id=account_id))
            with open_raw(path) as raw:
                check_version(path, raw, PAPER_ORDERS, since=BOOKS_SINCE)
            if account_id:
                async with engine.begin() as connection:
                    await _belong(connection, account_id, path, account_file)
        space = KeptSpace(path, kept_bytes)
        space.take()
        store = cls(path, space)
        try:
            yield store
        finally:
            space.close()
            await store._asked(store._close)
            store._thread.shutdown()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["_Book"]:
        """See `PaperMemory.transaction`.

        What may take long, waiting for another process or for the disk, happens in a thread.
        """
        async with self._lock:  # SQLite would wait too, but in its thread and by trying again and again
            try:
                with translated(self._path):
                    connection = await self._asked(self._begin)
                    try:
                        yield _Book(connection)
                    except BaseException:
                        await self._asked(self._roll_back)
                        raise
                    await self._asked(self._commit)
            except OutOfSpace:
                self._space.give_free()
                raise
            self._space.take()

    def _asked(self, work: Callable[[], _Answer]) -> "asyncio.Future[_Answer]":
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _begin(self) -> Connection:
        if self._open is not None and self._open.in_transaction():  # whoever asked for its end did not wait for it
            self._open.rollback()
        try:
            if self._open is None:
                self._open = self._engine.connect()
            self._open.begin()
        except DBAPIError:
            self._forget()
            raise
        return self._open

    def _commit(self) -> None:
        assert self._open
        try:
            self._open.commit()
        except DBAPIError:
            self._forget()
            raise

    def _roll_back(self) -> None:
        if self._open is not None:
            with suppress(DBAPIError):
                self._open.rollback()
                return
            self._forget()

    def _forget(self) -> None:
        """Let go of a connection on which something failed: the next one finds the file as it is."""
        if self._open is not None:
            self._open.invalidate()
            self._open.close()
            self._open = None

    def _close(self) -> None:
        """Leave the file alone, without the journal that was kept beside it."""
        with suppress(DBAPIError, sqlite3.Error):  # somebody else is at work on it
            connection = self._open or self._engine.connect()
            driver = connection.connection.driver_connection
            assert driver
            driver.execute("PRAGMA journal_mode = DELETE")
            connection.close()
        self._open = None


def _engine_on(path: Path) -> Engine:
    name, query = address_of(path, writes=True)
    url = URL.create("sqlite", database=name, query=query)
    engine = create_engine(url, poolclass=NullPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", lambda raw, _: _prepare(raw))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(raw: Any) -> None:
    """Have each transaction wait for the disk. The journal stays and is blanked: no folder has to be synced for it."""
    raw.isolation_level = None
    busy = round(BUSY_SECONDS * 1000)
    for setting in (f"busy_timeout = {busy}", "foreign_keys = ON", "journal_mode = PERSIST", "synchronous = EXTRA"):
        raw.execute(f"PRAGMA {setting}").close()


class _Book:
    """The tables within one transaction: each question is answered from memory, or nearly so."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def epoch(self) -> int:
        """See `PaperBook.epoch`."""
        return int((self._connection.execute(select(PAPER_EPOCH.c.epoch))).scalar_one())

    async def set_epoch(self, epoch: int) -> None:
        """See `PaperBook.set_epoch`."""
        self._connection.execute(PAPER_EPOCH.update().values(epoch=epoch))

    async def order(self, client_order_id: str) -> PaperOrder | None:
        """See `PaperBook.order`."""
        query = select(PAPER_ORDERS).where(PAPER_ORDERS.c.client_order_id == client_order_id)
        row = (self._connection.execute(query)).mappings().first()
        return None if row is None else _order_of(row)

    async def waiting(self) -> Sequence[PaperOrder]:
        """See `PaperBook.waiting`."""
        query = select(PAPER_ORDERS).where(PAPER_ORDERS.c.state.in_(sorted(WAITING))).order_by(PAPER_ORDERS.c.seq)
        return tuple(map(_order_of, (self._connection.execute(query)).mappings()))

    async def put_order(self, order: PaperOrder) -> None:
        """See `PaperBook.put_order`."""
        values: dict[str, Any] = {"state": order.state, "filled": order.filled, "reports": order.reports}
        if await self._changed(PAPER_ORDERS, "client_order_id", order.client_order_id, values):
            return
        brought = {name: getattr(order.order, name) for name in _ORDER} if order.order else {}
        named = {"client_order_id": order.client_order_id, "brought_at": order.brought_at}
        self._connection.execute(PAPER_ORDERS.insert().values(**brought | named | values))

    async def say(self, report: Report) -> None:
        """See `PaperBook.say`."""
        if isinstance(report, OrderReport):
            said = await self.said_of(report.client_order_id)
            if report.number != len(said) + 1:
                raise BrokenInvariant(f"report {report.number} of {report.client_order_id} does not follow")
        names = _OF_ORDER if isinstance(report, OrderReport) else _OF_TICKER
        self._connection.execute(PAPER_REPORTS.insert().values({name: getattr(report, name) for name in names}))

    async def said_after(self, seq: int) -> Sequence[tuple[int, Report]]:
        """See `PaperBook.said_after`."""
        query = select(PAPER_REPORTS).where(PAPER_REPORTS.c.seq > seq).order_by(PAPER_REPORTS.c.seq)
        rows = (self._connection.execute(query)).mappings()
        return tuple((row["seq"], _report_of(row)) for row in rows)

    async def said_of(self, client_order_id: str) -> Sequence[OrderReport]:
        """See `PaperBook.said_of`."""
        query = select(PAPER_REPORTS).where(PAPER_REPORTS.c.client_order_id == client_order_id)
        rows = (self._connection.execute(query.order_by(PAPER_REPORTS.c.number))).mappings()
        return tuple(OrderReport(**{name: row[name] for name in _OF_ORDER}) for row in rows)

    async def heard(self) -> int:
        """See `PaperBook.heard`."""
        return int((self._connection.execute(select(PAPER_EPOCH.c.heard))).scalar_one())

    async def set_heard(self, seq: int) -> None:
        """See `PaperBook.set_heard`."""
        self._connection.execute(PAPER_EPOCH.update().values(heard=seq))

    async def positions(self) -> Mapping[str, int]:
        """See `PaperBook.positions`."""
        query = select(PAPER_POSITIONS).where(PAPER_POSITIONS.c.shares != 0).order_by(PAPER_POSITIONS.c.ticker)
        return {row.ticker: row.shares for row in self._connection.execute(query)}

    async def move_shares(self, ticker: str, shares: int) -> None:
        """See `PaperBook.move_shares`."""
        after = {"shares": PAPER_POSITIONS.c.shares + shares}
        if not await self._changed(PAPER_POSITIONS, "ticker", ticker, after):
            self._connection.execute(PAPER_POSITIONS.insert().values(ticker=ticker, shares=shares))

    async def _changed(self, table: Table, key: str, value: str, after: Mapping[str, Any]) -> bool:
        """Was there such a row, so that it is now as in `after`?"""
        update = table.update().where(table.c[key] == value).values(**after)
        return (self._connection.execute(update)).rowcount > 0


async def _belong(connection: AsyncConnection, account_id: str, path: Path, account_file: Path | None) -> None:
    """See that the file is that of the account; one that is of none yet is so from now on."""
    kept = (await connection.execute(select(PAPER_EPOCH.c.account_id))).scalar_one()
    if not kept:
        await connection.execute(PAPER_EPOCH.update().values(account_id=account_id))
    elif kept != account_id:
        raise BadInput(
            f"{path} and {account_file or 'the account'} do not belong together: they are of two accounts",
            hint=f"put the files of one account side by side, or move {path.name} away to begin without positions",
        )


def _order_of(row: Mapping[Any, Any]) -> PaperOrder:
    order = Order(**{name: row[name] for name in _ORDER}) if row["ticker"] is not None else None
    return PaperOrder(
        client_order_id=row["client_order_id"],
        brought_at=row["brought_at"],
        state=row["state"],
        order=order,
        filled=row["filled"],
        reports=row["reports"],
    )


def _report_of(row: Mapping[Any, Any]) -> Report:
    if row["client_order_id"] is None:
        return TickerReport(**{name: row[name] for name in _OF_TICKER})
    return OrderReport(**{name: row[name] for name in _OF_ORDER})
