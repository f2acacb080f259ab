"""Paper: orders and errands for the paper broker, and what it said, as one reads it."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.live_ports import Broker, PaperMemory
from engine.model.live import Errand, ErrandKind, OrderReport, Report
from engine.model.money import usd
from engine.model.orders import Order, OrderSide, OrderTag, OrderType, TimeInForce
from storage.in_memory_paper import InMemoryPaperMemory
from storage.paper_store import PaperStore
from storage.postgres_paper import PostgresPaper
from tests.support import postgres
from tests.support.desk import NOON

Opened = Callable[[], AbstractAsyncContextManager[PaperMemory]]


@asynccontextmanager
async def in_memory() -> AsyncIterator[PaperMemory]:
    """A memory that the process forgets."""
    yield InMemoryPaperMemory()


@asynccontextmanager
async def on_sqlite() -> AsyncIterator[PaperMemory]:
    """A memory in a file of its own."""
    with TemporaryDirectory() as folder:
        async with PaperStore.open(Path(folder) / "paper.db") as store:
            yield store


@asynccontextmanager
async def on_postgres() -> AsyncIterator[PaperMemory]:
    """A memory in a database of its own."""
    async with postgres.emptied("stonks_paper") as database, PostgresPaper.open(database) as store:
        yield store


MEMORIES: tuple[Opened, ...] = (in_memory, on_sqlite, on_postgres)


def a_sale(order_id: str = "d1-1-1", quantity: int = 10, ticker: str = "AAA", **fields: Any) -> Order:
    """Return a sale at the market."""
    plain: dict[str, Any] = {
        "client_order_id": order_id,
        "decision_id": order_id.partition("-")[0],
        "recommendation_id": None,
        "ticker": ticker,
        "side": OrderSide.SELL,
        "quantity": quantity,
        "order_type": OrderType.MARKET,
        "limit_price": None,
        "time_in_force": TimeInForce.DAY,
        "tag": OrderTag.STOP_LOSS,
        "created_at": NOON,
    }
    return Order(**plain | fields)


def a_buy(order_id: str = "d1-1-1", quantity: int = 10, ticker: str = "AAA", **fields: Any) -> Order:
    """Return an entry, at no more than $100.50 a share."""
    entry: dict[str, Any] = {
        "side": OrderSide.BUY,
        "order_type": OrderType.LIMIT,
        "limit_price": 1_005_000,
        "tag": OrderTag.ENTRY,
        "recommendation_id": "rec-1",
    }
    return a_sale(order_id, quantity, ticker, **entry | fields)


def bringing(order: Order, at: datetime = NOON, *, number: int = 1) -> Errand:
    """Return the errand that brings `order`."""
    return Errand(errand_id=number, kind=ErrandKind.ORDER, subject=order.client_order_id, at=at, order=order)


def cancelling(order_id: str, at: datetime = NOON, *, number: int = 2) -> Errand:
    """Return the errand that calls an order back."""
    return Errand(errand_id=number, kind=ErrandKind.CANCEL, subject=order_id, at=at)


def asking(ticker: str, at: datetime = NOON, *, number: int = 3) -> Errand:
    """Return the errand that asks whether trading in `ticker` is halted."""
    return Errand(errand_id=number, kind=ErrandKind.STATUS, subject=ticker, at=at)


def told(reports: Iterable[Report] | None) -> list[str]:
    """Return what was said as one reads it: `d1-1-1 #1 filled 10 at 100.00`, `AAA halted`."""
    return list(map(_told, reports or ()))


def _told(report: Report) -> str:
    if not isinstance(report, OrderReport):
        return f"{report.ticker} {'halted' if report.is_halted else 'trades'}"
    words = [report.client_order_id, f"#{report.number}", report.state.replace("_", " ")]
    if report.quantity:
        words.append(f"{report.quantity} at {usd(report.price, places=2)}")
    return " ".join([*words, report.reason]).strip()


async def everything(broker: Broker) -> list[str]:
    """Return, as one reads it, all that the broker has said since the last call."""
    return told(await broker.reports())


def shares_in(reports: Sequence[OrderReport]) -> int:
    """Return how many shares were filled."""
    return sum(report.quantity for report in reports)
