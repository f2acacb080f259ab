"""Paper child: a process that brings orders to a paper broker and says what came of it, until it is killed.

    python -m tests.support.paper_child paper.db 12

begins with order 12. It prints `brought <order>` once the broker has it, `heard <order> <number>` of each report.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from engine.adapters.paper_behaviour import PaperBehaviour
from engine.adapters.paper_broker import PaperBroker
from engine.model.costs import CostModel
from engine.model.live import OrderReport
from storage.paper_store import PaperStore
from tests.support.desk import NOON, PlainMarket
from tests.support.paper import a_buy, a_sale, bringing

COSTS = CostModel(commission_per_order=1)
TICKERS = ("AAA", "BBB", "CCC")
ORDERS = tuple(
    (a_sale if number % 4 == 3 else a_buy)(f"d{number}-1-1", 1 + number % 7, TICKERS[number % 3], limit_price=None)
    for number in range(80)
)
QUOTED = PlainMarket(prices=dict.fromkeys(TICKERS, 1_000_000))
SILENT = PlainMarket(prices={"AAA": 1_000_000})


async def live(path: Path, first: int) -> None:
    """Bring the orders from number `first` on, with prices in between, two parts to an order."""
    async with PaperStore.open(path) as store:
        broker = PaperBroker(store, COSTS, entry_seconds=86_400, behaviour=PaperBehaviour(parts=2))
        for number, order in list(enumerate(ORDERS))[first:]:
            at = NOON + timedelta(seconds=number)
            await broker.prices_changed(SILENT if number % 2 else QUOTED, at)
            await broker.bring(bringing(order, at, number=number), 1)
            print(f"brought {order.client_order_id}", flush=True)
            await listen(broker)
        for _ in range(2):
            await broker.prices_changed(QUOTED, NOON + timedelta(seconds=len(ORDERS)))
            await listen(broker)
    print("done", flush=True)


async def listen(broker: PaperBroker) -> None:
    """Say what the broker says."""
    for report in await broker.reports():
        if isinstance(report, OrderReport):
            print(f"heard {report.client_order_id} {report.number}", flush=True)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), int(sys.argv[2])))
