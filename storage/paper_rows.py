"""Paper rows: how do orders on paper, what was said of them and shares lie in tables, whichever database has them?"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import CursorResult, Executable, ScalarSelect, Table, func, select

from engine.errors import BadInput, BrokenInvariant
from engine.model.live import OrderReport, Report, TickerReport
from engine.model.orders import Order
from engine.model.paper import WAITING, PaperOrder
from storage.paper_tables import PAPER_EPOCH, PAPER_ORDERS, PAPER_POSITIONS, PAPER_REPORTS

Execute = Callable[[Executable], Awaitable[CursorResult[Any]]]
_ORDER = tuple(f.name for f in fields(Order))
_OF_ORDER = tuple(f.name for f in fields(OrderReport))
_OF_TICKER = tuple(f.name for f in fields(TickerReport))


class PaperRows:
    """A `PaperBook` (engine/live_ports.py): the tables within one transaction, in which `execute` answers."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    async def epoch(self) -> int:
        """See `PaperBook.epoch`."""
        return int((await self._execute(select(PAPER_EPOCH.c.epoch))).scalar_one())

    async def set_epoch(self, epoch: int) -> None:
        """See `PaperBook.set_epoch`."""
        await self._execute(PAPER_EPOCH.update().values(epoch=epoch))

    async def order(self, client_order_id: str) -> PaperOrder | None:
        """See `PaperBook.order`."""
        query = select(PAPER_ORDERS).where(PAPER_ORDERS.c.client_order_id == client_order_id)
        row = (await self._execute(query)).mappings().first()
        return None if row is None else _order_of(row)

    async def waiting(self) -> Sequence[PaperOrder]:
        """See `PaperBook.waiting`."""
        query = select(PAPER_ORDERS).where(PAPER_ORDERS.c.state.in_(sorted(WAITING))).order_by(PAPER_ORDERS.c.seq)
        return tuple(map(_order_of, (await self._execute(query)).mappings()))

    async def put_order(self, order: PaperOrder) -> None:
        """See `PaperBook.put_order`."""
        values: dict[str, Any] = {"state": order.state, "filled": order.filled, "reports": order.reports}
        if await self._changed(PAPER_ORDERS, "client_order_id", order.client_order_id, values):
            return
        brought = {name: getattr(order.order, name) for name in _ORDER} if order.order else {}
        named = {"client_order_id": order.client_order_id, "brought_at": order.brought_at}
        await self._execute(PAPER_ORDERS.insert().values(seq=_next(PAPER_ORDERS), **brought | named | values))

    async def say(self, report: Report) -> None:
        """See `PaperBook.say`."""
        if isinstance(report, OrderReport):
            said = await self.said_of(report.client_order_id)
            if report.number != len(said) + 1:
                raise BrokenInvariant(f"report {report.number} of {report.client_order_id} does not follow")
        names = _OF_ORDER if isinstance(report, OrderReport) else _OF_TICKER
        values = {name: getattr(report, name) for name in names}
        await self._execute(PAPER_REPORTS.insert().values(seq=_next(PAPER_REPORTS), **values))

    async def said_after(self, seq: int) -> Sequence[tuple[int, Report]]:
        """See `PaperBook.said_after`."""
        query = select(PAPER_REPORTS).where(PAPER_REPORTS.c.seq > seq).order_by(PAPER_REPORTS.c.seq)
        rows = (await self._execute(query)).mappings()
        return tuple((row["seq"], _report_of(row)) for row in rows)

    async def said_of(self, client_order_id: str) -> Sequence[OrderReport]:
        """See `PaperBook.said_of`."""
        query = select(PAPER_REPORTS).where(PAPER_REPORTS.c.client_order_id == client_order_id)
        rows = (await self._execute(query.order_by(PAPER_REPORTS.c.number))).mappings()
        return tuple(OrderReport(**{name: row[name] for name in _OF_ORDER}) for row in rows)

    async def heard(self) -> int:
        """See `PaperBook.heard`."""
        return int((await self._execute(select(PAPER_EPOCH.c.heard))).scalar_one())

    async def set_heard(self, seq: int) -> None:
        """See `PaperBook.set_heard`."""
        await self._execute(PAPER_EPOCH.update().values(heard=seq))

    async def positions(self) -> Mapping[str, int]:
        """See `PaperBook.positions`."""
        query = select(PAPER_POSITIONS).where(PAPER_POSITIONS.c.shares != 0).order_by(PAPER_POSITIONS.c.ticker)
        return {row.ticker: row.shares for row in await self._execute(query)}

    async def move_shares(self, ticker: str, shares: int) -> None:
        """See `PaperBook.move_shares`."""
        after = {"shares": PAPER_POSITIONS.c.shares + shares}
        if not await self._changed(PAPER_POSITIONS, "ticker", ticker, after):
            await self._execute(PAPER_POSITIONS.insert().values(ticker=ticker, shares=shares))

    async def _changed(self, table: Table, key: str, value: str, after: Mapping[str, Any]) -> bool:
        """Was there such a row, so that it is now as in `after`?"""
        update = table.update().where(table.c[key] == value).values(**after)
        return (await self._execute(update)).rowcount > 0


def _next(table: Table) -> ScalarSelect[Any]:
    """Return the place after the last one: without holes, which a sequence would leave behind what was undone."""
    return select(func.coalesce(func.max(table.c.seq), 0) + 1).scalar_subquery()


def other_account(place: object, account: str, way_out: str) -> BadInput:
    """Return the error for books of a broker at `place` that are not those of `account`."""
    return BadInput(
        f"{place} and {account} do not belong together: they are of two accounts",
        hint=f"put those of one account side by side, or {way_out} to begin without positions",
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
