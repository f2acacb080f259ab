"""Checked broker: our broker service behind two queues in one process, with a fault planted, if anybody likes.

Time stands still but when nothing comes: whoever waits for an answer has waited at once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engine.adapters.paper_behaviour import PaperBehaviour
from engine.adapters.paper_broker import PaperBroker
from engine.broking.messages import AccountMode
from engine.broking.service import BrokerService
from engine.live_ports import Broker
from engine.model.costs import CostModel
from stonks_tui.broker_check.play import Play
from stonks_tui.broker_check.played_engine import PlayedEngine, Terms
from stonks_tui.broker_check.played_orders import PlayedOrders
from storage.in_memory_paper import InMemoryPaperMemory
from storage.in_memory_queue import InMemoryQueue
from tests.support.desk import NOON, PlainMarket

ACCOUNT, TICKER = "acc-1", "AAA"
TERMS = Terms(
    account_id=ACCOUNT,
    mode=AccountMode.PAPER,
    ticker=TICKER,
    quantity=2,
    price_limit=1_005_000,
    wait=5.0,
    fill_wait=5.0,
)
Said = dict[str, Any]


def _all(said: Said) -> Sequence[Said | str]:
    return (said,)


class Jobs(InMemoryQueue):
    """The jobs, changed on their way by `change`."""

    change: Callable[[Said], Said]

    async def send(self, *messages: str) -> None:
        """See `Queue.send`."""
        await super().send(*map(self._changed, messages))

    def _changed(self, message: str) -> str:
        try:
            said = json.loads(message)
        except ValueError:
            return message
        changed = self.change(said)
        return message if changed == said else json.dumps(changed, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done wrong: to a `broker`, to a `job` before it is taken, to an `answer` before it is sent, or else.

    `jobs` makes the queue that the service takes from; a service that starts anew `forgets`, or does not `take_up`.
    """

    broker: Callable[[Broker], Broker] = lambda broker: broker
    job: Callable[[Said], Said] = lambda said: said
    answer: Callable[[Said], Sequence[Said | str]] = _all
    jobs: Callable[[], Jobs] = Jobs
    forgets: bool = False
    takes_up: bool = True
    shows_life: bool = True


NO_FAULT = Fault()


@dataclass(slots=True)
class CheckedBroker:
    """The service, its queues, and a market that is open or not."""

    fault: Fault = NO_FAULT
    is_open: bool = True
    seconds: float = 0.0
    jobs: Jobs = field(init=False)
    answers: "_Answers" = field(init=False)
    _memory: InMemoryPaperMemory = field(init=False, default_factory=InMemoryPaperMemory)
    _broker: Broker = field(init=False)
    _service: BrokerService | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.jobs, self.answers = self.fault.jobs(), _Answers(self)
        self.jobs.change = self.fault.job

    async def start(self) -> None:
        """Start the service, another one than before."""
        if self.fault.forgets:
            self._memory = InMemoryPaperMemory()
        paper = PaperBroker(self._memory, CostModel(slippage_bps=0.0), behaviour=PaperBehaviour(parts=2))
        self._broker = self.fault.broker(paper)
        await self._broker.market_shown(self._market())
        self._service = BrokerService(
            self.jobs, self.answers, self._broker, account_id=ACCOUNT, mode=AccountMode.PAPER, now=self.now
        )
        if self.fault.takes_up:
            await self._service.take_up()

    async def kill(self) -> None:
        """End the service wherever it is."""
        self._service = None

    async def go_on(self) -> None:
        """Let the service do what there is to do."""
        if self._service is None:
            return
        if self.fault.shows_life:
            await self.jobs.show_life("{}", 60)
        while await self._service.serve(0):
            pass
        if self.is_open:
            await self._broker.prices_changed(self._market(), self.now())
        await self._service.tell()

    def now(self) -> Any:
        """Return the time of day."""
        return NOON + timedelta(seconds=self.seconds)

    def play(self, terms: Terms = TERMS) -> Play:
        """Return what the checks have at hand."""
        engine = PlayedEngine(self.jobs, self.answers, terms, now=self.now, passed=lambda: self.seconds)
        return Play(engine=engine, orders=PlayedOrders(engine), kill=self.kill, restart=self.start)

    async def shares(self) -> Mapping[str, int]:
        """Return what is held for sure."""
        async with self._memory.transaction() as book:
            return await book.positions()

    def _market(self) -> PlainMarket:
        return PlainMarket(prices={TICKER: 1_000_000} if self.is_open else {})


class _Answers(InMemoryQueue):
    def __init__(self, room: CheckedBroker) -> None:
        super().__init__()
        self._room = room

    async def send(self, *messages: str) -> None:
        for message in messages:
            said = json.loads(message)
            for changed in self._room.fault.answer(said):
                await super().send(changed if isinstance(changed, str) else json.dumps(changed))

    async def take(self, seconds: float) -> Sequence[str]:
        await self._room.go_on()
        taken = await super().take(0)
        if not taken:
            self._room.seconds += seconds
        return taken
