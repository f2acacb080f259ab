"""Broker service: how does `stonks broker` live, whatever becomes of its queue, its books and its prices?

    books ─▶ alone on the queue? ─▶ whose account? ─▶ jobs, prices, reports, over and over ─▶ SIGTERM
      ▲                                                  │
      └───────────── queue or books do not answer ◀──────┘

What does not answer is tried again after a pause that grows. A job that was taken before the end is taken up first.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random

from engine.adapters.broker_market import BrokerMarket, PricesAlone
from engine.adapters.paper_broker import PaperBroker
from engine.adapters.system_clock import SystemClock
from engine.broking import wire
from engine.broking.messages import AccountMode, Job
from engine.broking.queue import Queue
from engine.broking.service import BrokerService
from engine.errors import BadInput, Unavailable
from engine.live_ports import PaperMemory
from engine.live_sources import Inlet
from engine.model.live import Errand, ErrandKind, OrderReport, Report
from engine.model.money import usd
from engine.model.sessions import SessionTable
from stonks_tui import broker_books, broker_presence
from stonks_tui.broker_books import BrokerBooks, OpenBooks
from stonks_tui.broker_presence import Presence
from stonks_tui.broker_settings import BrokerSettings
from storage import redis_keys
from storage.machine_lock import owner_here
from storage.redis_address import RedisAddress
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two tries of what does not answer."""
LOOK_SECONDS, IDLE_LOOK_SECONDS = 0.5, 3.0
"""So often prices are looked at while orders wait, and while none does."""
WAIT_SECONDS = 0.5
"""So long one wait for jobs lasts: an end that is asked for is noticed after it."""
_log = logging.getLogger("stonks")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlan:
    """Which queue is served, with which books, at which prices; `account` is empty while the books are to say it."""

    redis: RedisAddress
    books: BrokerBooks
    account: str
    settings: BrokerSettings
    sessions: SessionTable
    inlets: Sequence[Inlet]


class LoggedBroker(PaperBroker):
    """A broker on paper that writes down what it is brought and what it says."""

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        await super().bring(errand, epoch)
        words = _order_words(errand) if errand.kind is ErrandKind.ORDER else errand.subject
        _log.info("%s %s", errand.kind, words, extra={"kind": "job"})

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        said = await super().reports()
        for report in said:
            if isinstance(report, OrderReport):
                _log.info("%s", _report_words(report), extra={"kind": "report"})
        return said


async def serve(plan: BrokerPlan, stopping: asyncio.Event) -> None:
    """Serve the queue until `stopping` is set.

    Raises BadInput for books of another account, and when another service has the queue; Unavailable when another
    process has the books. Anything else that does not answer is waited for.
    """
    rng, pause, told = Random(owner_here()), FIRST_PAUSE, ""
    async with broker_books.opened(plan.books) as books:
        broker = BrokerProcess(plan, books, stopping)
        while not stopping.is_set():
            try:
                await broker.work()
            except Unavailable as error:
                if broker.has_served or error.message != told:
                    _log.warning("%s; it is tried again", error.message)
                told, pause = error.message, FIRST_PAUSE if broker.has_served else min(2 * pause, LONGEST_PAUSE)
                await _until(stopping, pause * rng.uniform(0.5, 1.0))
    _log.info("ended")


class BrokerProcess:
    """One service in its process. `has_served`: did the last try get as far as serving?"""

    def __init__(self, plan: BrokerPlan, books: OpenBooks, stopping: asyncio.Event) -> None:
        self.has_served = False
        self._plan, self._books, self._stopping = plan, books, stopping
        self._clock = SystemClock()
        self._since = self._clock.now()
        self._market = BrokerMarket(plan.sessions, plan.inlets, self._clock.now)
        self._prices = ""
        self._refused: set[str] = set()
        self._looked = float("-inf")

    async def work(self) -> None:
        """Serve until the end. Raises Unavailable when queue or books do not answer."""
        self.has_served = False
        async with RedisLink.open(self._plan.redis) as link:
            jobs = RedisQueue(link, redis_keys.BROKER_ORDERS)
            answers = RedisQueue(link, redis_keys.BROKER_RESULTS)
            async with self._alone(jobs) as presence:
                account = self._plan.account or await self._books.account()
                account = account or await self._learned(jobs, answers, presence)
                if not self._stopping.is_set():
                    await self._serve(jobs, answers, presence, account)

    @asynccontextmanager
    async def _alone(self, jobs: Queue) -> AsyncIterator[Presence]:
        """Give the presence of this service once no other one serves the queue."""
        presence, told, waited = Presence(jobs, owner_here(), self._since), "", 0.0
        while not self._stopping.is_set() and (other := await presence.begin()) is not None:
            if not self._books.books.is_shared and waited > broker_presence.LIFE_SECONDS + 1:
                raise broker_presence.refused(other)
            if other.owner != told:
                _log.warning("standing by: %s takes from this queue", other.owner)
                told = other.owner
            waited += 1.0
            await _until(self._stopping, 1.0)
        try:
            yield presence
        finally:
            with suppress(Unavailable):
                await presence.end()

    async def _learned(self, jobs: Queue, answers: Queue, presence: Presence) -> str:
        """Return the account of the first job that comes; empty when the end comes first."""
        _log.info("serves %s, books %s: whose account it is the first job says", self._plan.redis, self._plan.books)
        while not self._stopping.is_set():
            if presence.is_due():
                await presence.show()
            self.has_served = True
            taken = [*await jobs.left(), *await jobs.take(WAIT_SECONDS)]
            found = [job for job in map(_job, taken) if job is not None]
            if meant := next((job.account_id for job in found if job.mode is AccountMode.PAPER), ""):
                return meant
            if taken:  # what cannot be used is refused, and binds nobody
                named = next((job.account_id for job in found), "")
                async with self._books.of("") as memory:
                    await self._service(jobs, answers, self._broker(memory), named).take_up()
        return ""

    async def _serve(self, jobs: Queue, answers: Queue, presence: Presence, account: str) -> None:
        async with self._books.of(account) as memory:
            broker = self._broker(memory)
            service = self._service(jobs, answers, broker, account)
            _log.info("serves %s for the account %s on paper, books %s", self._plan.redis, account, self._plan.books)
            await self._show(presence, memory, account)
            await self._look(broker, memory)
            await service.take_up()
            while not self._stopping.is_set():
                self.has_served = True
                if presence.is_due():
                    await self._show(presence, memory, account)
                if await service.serve(WAIT_SECONDS):
                    self._looked = float("-inf")
                await self._look(broker, memory)
                await service.tell()

    async def _show(self, presence: Presence, memory: PaperMemory, account: str) -> None:
        async with memory.transaction() as book:
            epoch = await book.epoch()
        await presence.show(account=account, epoch=epoch, prices=self._prices)

    async def _look(self, broker: PaperBroker, memory: PaperMemory) -> None:
        """See which prices there are now, if it is time to, and have the broker see them."""
        passed = asyncio.get_running_loop().time() - self._looked
        if passed < LOOK_SECONDS:
            return
        async with memory.transaction() as book:
            tickers = {paper.order.ticker for paper in await book.waiting() if paper.order}
        if not tickers and passed < IDLE_LOOK_SECONDS:
            return
        self._looked = asyncio.get_running_loop().time()
        now = self._clock.now()
        await self._hear_prices(tickers)
        market = self._market.market(now)
        await broker.prices_changed(market or PricesAlone({}, self._clock.now), now)
        await broker.market_shown(market)

    async def _hear_prices(self, tickers: set[str]) -> None:
        before, self._prices = self._prices, ""
        try:
            await self._market.look(self._clock.now(), tickers)
        except Unavailable as error:
            self._prices = error.message
        for reason in self._market.refused.keys() - self._refused:
            self._refused.add(reason)
            _log.warning("prices: a row cannot be used: %s", reason)
        if self._prices != before:
            _log.warning("prices: %s", self._prices or "they can be read again")

    def _broker(self, memory: PaperMemory) -> PaperBroker:
        settings = self._plan.settings
        return LoggedBroker(
            memory,
            settings.costs,
            max_age_seconds=settings.number("max_price_age_seconds"),
            behaviour=settings.behaviour,
        )

    def _service(self, jobs: Queue, answers: Queue, broker: PaperBroker, account: str) -> BrokerService:
        return BrokerService(jobs, answers, broker, account_id=account, mode=AccountMode.PAPER, now=self._clock.now)


async def _until(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()


def _job(message: str) -> Job | None:
    try:
        return wire.job_from(message)
    except BadInput:
        return None


def _order_words(errand: Errand) -> str:
    order = errand.order
    if order is None:
        return errand.subject
    limit = f" at no more than {usd(order.limit_price)}" if order.limit_price is not None else ""
    return f"{errand.subject}: {order.side} {order.quantity} {order.ticker}{limit}"


def _report_words(report: OrderReport) -> str:
    if report.quantity:
        return f"{report.client_order_id}: {report.state}, {report.quantity} at {usd(report.price)}"
    return f"{report.client_order_id}: {report.state}{f', {report.reason}' if report.reason else ''}"
