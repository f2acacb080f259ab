"""Queued broker: a broker on paper behind two queues, as a service has it, and the engine's side of them.

What the market shows goes by the queues: the service has prices of its own, and here they are the engine's.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from engine.broking.messages import AccountMode
from engine.broking.queue_broker import Patience, QueueBroker
from engine.broking.service import BrokerService
from engine.live_ports import Broker
from engine.model.live import Errand, OrderReport, Report
from engine.model.market import Market
from storage.in_memory_queue import InMemoryQueue
from tests.support.desk import NOON

ACCOUNT = "account-1"
SOON = Patience(answer_seconds=5.0, look_seconds=0.05)


class Queued:
    """The engine's side: a `Broker` whose orders go through `jobs` and `answers` to `service`."""

    def __init__(
        self, engine: QueueBroker, broker: Broker, service: BrokerService, jobs: InMemoryQueue, answers: InMemoryQueue
    ) -> None:
        self.jobs, self.answers = jobs, answers
        self.service = service
        self.at = NOON
        self._engine, self._broker = engine, broker

    @property
    def news(self) -> asyncio.Event:
        """See `Broker.news`."""
        return self._engine.news

    async def serve(self, epoch: int) -> None:
        """See `Broker.serve`."""
        await self._engine.serve(epoch)

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        self.at = errand.at
        await self._engine.bring(errand, epoch)

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        return await self._engine.reports()

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`."""
        return await self._engine.reports_on(client_order_id)

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        return await self._engine.positions()

    def remark(self) -> str:
        """See `QueueBroker.remark`."""
        return self._engine.remark()

    async def market_shown(self, market: Market | None) -> None:
        """See `Broker.market_shown`."""
        await self._broker.market_shown(market)

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """See `Broker.prices_changed`; what comes of it has arrived when this returns."""
        await self._broker.prices_changed(market, at)
        await self.service.tell()
        await self.answers.drained()
        await asyncio.sleep(0)  # they are heard in the turn after that


@asynccontextmanager
async def queued(
    broker: Broker,
    *,
    patience: Patience = SOON,
    mode: AccountMode = AccountMode.PAPER,
    queues: tuple[InMemoryQueue, InMemoryQueue] | None = None,
    service: type[BrokerService] = BrokerService,
    is_served: bool = True,
) -> AsyncIterator[Queued]:
    """Give `broker` behind queues (jobs, answers). It is served as long as this lasts, or when somebody does it."""
    jobs, answers = queues or (InMemoryQueue(), InMemoryQueue())
    serves = service(jobs, answers, broker, account_id=ACCOUNT, mode=mode, now=lambda: sides.at)
    async with QueueBroker.open(
        jobs, answers, account_id=ACCOUNT, mode=AccountMode.PAPER, now=lambda: sides.at, patience=patience
    ) as engine:
        sides = Queued(engine, broker, serves, jobs, answers)
        serving = asyncio.get_running_loop().create_task(_serve(serves)) if is_served else None
        try:
            yield sides
        finally:
            if serving is not None:
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving


async def _serve(service: BrokerService) -> None:
    while True:
        await service.take_up()
        await service.serve(0.05)
