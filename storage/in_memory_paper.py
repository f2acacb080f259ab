"""In memory: what does the paper broker remember without a file? Forgets with the process; answers as `paper_store`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from engine.errors import BrokenInvariant
from engine.model.live import OrderReport, Report
from engine.model.paper import WAITING, PaperOrder


@dataclass(slots=True)
class _Kept:
    orders: dict[str, PaperOrder] = field(default_factory=dict)
    waiting: dict[str, PaperOrder] = field(default_factory=dict)
    said: list[Report] = field(default_factory=list)
    said_of: dict[str, tuple[OrderReport, ...]] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    epoch: int = 0
    heard: int = 0


class InMemoryPaperMemory:
    """A `PaperMemory` (engine/live_ports.py) for tests and for engines that nobody wants to keep."""

    def __init__(self) -> None:
        self._kept = _Kept()
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["_Book"]:
        """See `PaperMemory.transaction`."""
        async with self._lock:
            book = _Book(self._kept)
            yield book
            book.keep()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["_Book"]:
        """See `PaperMemory.reading`."""
        yield _Book(self._kept)


class _Book:
    """What was kept, with what is new laid over it."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept
        self._new = _Kept(
            waiting=dict(kept.waiting), positions=dict(kept.positions), epoch=kept.epoch, heard=kept.heard
        )

    def keep(self) -> None:
        """Take what is new over into what is kept."""
        kept, new = self._kept, self._new
        kept.orders.update(new.orders)
        kept.said += new.said
        kept.said_of.update(new.said_of)
        kept.waiting, kept.positions, kept.epoch, kept.heard = new.waiting, new.positions, new.epoch, new.heard

    async def epoch(self) -> int:
        """See `PaperBook.epoch`."""
        return self._new.epoch

    async def set_epoch(self, epoch: int) -> None:
        """See `PaperBook.set_epoch`."""
        self._new.epoch = epoch

    async def order(self, client_order_id: str) -> PaperOrder | None:
        """See `PaperBook.order`."""
        return self._order(client_order_id)

    async def waiting(self) -> Sequence[PaperOrder]:
        """See `PaperBook.waiting`."""
        return tuple(self._new.waiting.values())

    async def put_order(self, order: PaperOrder) -> None:
        """See `PaperBook.put_order`."""
        self._new.orders[order.client_order_id] = order
        if order.state in WAITING:
            self._new.waiting[order.client_order_id] = order
        else:
            self._new.waiting.pop(order.client_order_id, None)

    async def say(self, report: Report) -> None:
        """See `PaperBook.say`."""
        if isinstance(report, OrderReport):
            before = self._said_of(report.client_order_id)
            if self._order(report.client_order_id) is None or report.number != len(before) + 1:
                raise BrokenInvariant(f"report {report.number} of {report.client_order_id} does not follow")
            self._new.said_of[report.client_order_id] = (*before, report)
        self._new.said.append(report)

    async def said_after(self, seq: int) -> Sequence[tuple[int, Report]]:
        """See `PaperBook.said_after`."""
        kept = self._kept.said
        fresh = (*kept[seq:], *self._new.said[max(0, seq - len(kept)) :])
        return tuple(enumerate(fresh, start=seq + 1))

    async def said_of(self, client_order_id: str) -> Sequence[OrderReport]:
        """See `PaperBook.said_of`."""
        return self._said_of(client_order_id)

    async def heard(self) -> int:
        """See `PaperBook.heard`."""
        return self._new.heard

    async def set_heard(self, seq: int) -> None:
        """See `PaperBook.set_heard`."""
        self._new.heard = seq

    async def positions(self) -> Mapping[str, int]:
        """See `PaperBook.positions`."""
        return {ticker: shares for ticker, shares in self._new.positions.items() if shares}

    async def move_shares(self, ticker: str, shares: int) -> None:
        """See `PaperBook.move_shares`."""
        self._new.positions[ticker] = self._new.positions.get(ticker, 0) + shares

    def _order(self, client_order_id: str) -> PaperOrder | None:
        return self._new.orders.get(client_order_id) or self._kept.orders.get(client_order_id)

    def _said_of(self, client_order_id: str) -> tuple[OrderReport, ...]:
        return self._new.said_of.get(client_order_id) or self._kept.said_of.get(client_order_id, ())
