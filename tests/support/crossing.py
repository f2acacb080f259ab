"""Crossing: an engine and a broker service on a busy world, each in a process of its own, over PostgreSQL and Redis.

    python -m tests.support.crossing

reads a line for each process (`Side`, as JSON). It says what comes of it, a line each: `engine pid 123`, `engine over
0` when the world was played to its end, `engine over -9` when it was killed. At a point where a trap is laid
(`shared_page`) a process dies, or stands still. The broker's market is that of the world, at the time that the engine
says; both go on by themselves when a server was lost and is back.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import engine.engine
from engine.adapters.paper_broker import PaperBroker
from engine.broking.messages import AccountMode
from engine.broking.queue import Queue, Refused
from engine.broking.queue_broker import Patience, QueueBroker
from engine.broking.service import BrokerService
from engine.errors import Unavailable
from engine.model.live import Errand, OrderReport, Report
from engine.model.market import Market
from engine.trader import Trader
from storage import postgres_address, redis_address, redis_keys
from storage.live_store import SqlLiveStore
from storage.paper_rows import PaperRows
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from storage.postgres_paper import PostgresPaper
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue
from tests.support import live
from tests.support.killed_engine import IN_PARTS, busy_world, live_under
from tests.support.markets import IntradayWorld
from tests.support.passings import Point
from tests.support.shared_page import SharedPage, Then

ACCOUNT = "crossing"
ENGINE, BROKER = "engine", "broker"
PATIENCE = Patience(answer_seconds=1.0, look_seconds=0.05)
DAYS = 1
_Answer = TypeVar("_Answer")
_TICK_SECONDS, _TICK_PATIENCE, _LIFE_SECONDS = 0.002, 1.0, 0.6


class Crossing(StrEnum):
    """A point at a queue, on either side."""

    JOB_SENT = "job-sent"  # by the engine, and not answered
    ANSWER_TAKEN = "answer-taken"  # by the engine, and not heard
    BEFORE_DONE = "before-done"  # heard by the engine, and not forgotten by the queue
    JOB_TAKEN = "job-taken"  # by the broker, nothing done
    IN_TRANSACTION = "in-transaction"  # of the broker's books, nothing committed
    BEFORE_ANSWER = "before-answer"  # done by the broker, nothing said
    AFTER_ANSWER = "after-answer"  # said, and the job not forgotten by the queue
    JOB_DONE = "job-done"


POINTS: Mapping[str, int] = {name: number for number, name in enumerate([*Point, *Crossing], 1)}
OF_ENGINE = (*Point, Crossing.JOB_SENT, Crossing.ANSWER_TAKEN, Crossing.BEFORE_DONE)
OF_BROKER = (
    Crossing.JOB_TAKEN, Crossing.IN_TRANSACTION, Crossing.BEFORE_ANSWER, Crossing.AFTER_ANSWER, Crossing.JOB_DONE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A process: the engine or the broker of the world of `seed`; where its servers and the page are."""

    role: str
    seed: int
    database: str
    redis: str
    page: str

    def line(self) -> str:
        """Return it as the program reads it."""
        return json.dumps(asdict(self)) + "\n"


class Traps:
    """Passes points; dies at one, or stands still."""

    def __init__(self, page: SharedPage) -> None:
        self._page = page

    async def __call__(self, point: str) -> None:
        self.here(point)

    def here(self, point: str) -> None:
        """Pass `point`."""
        then = self._page.passes(POINTS[point])
        if then is Then.NOTHING:
            return
        self._page.caught(os.getpid())
        os.kill(os.getpid(), signal.SIGKILL if then is Then.DIE else signal.SIGSTOP)


class WatchedQueue:
    """A `Queue` whose messages pass points: when they were sent or taken, and before and after they are done."""

    def __init__(self, queue: Queue, here: Callable[[str], None], **points: str) -> None:
        self._queue, self._here, self._points = queue, here, points

    def _passes(self, where: str) -> None:
        if where in self._points:
            self._here(self._points[where])

    async def send(self, *messages: str) -> None:
        """See `Queue.send`."""
        self._passes("before_send")
        await self._queue.send(*messages)
        self._passes("sent")

    async def send_once(self, message: str) -> None:
        """See `Queue.send_once`."""
        await self._queue.send_once(message)
        self._passes("sent")

    async def take(self, seconds: float) -> Sequence[str]:
        """See `Queue.take`."""
        taken = await self._queue.take(seconds)
        if taken:
            self._passes("taken")
        return taken

    async def left(self) -> Sequence[str]:
        """See `Queue.left`."""
        return await self._queue.left()

    async def done(self, *messages: str) -> None:
        """See `Queue.done`."""
        self._passes("before_done")
        await self._queue.done(*messages)
        self._passes("done")

    async def refuse(self, message: str, reason: str) -> None:
        """See `Queue.refuse`."""
        await self._queue.refuse(message, reason)

    async def refused(self) -> Sequence[Refused]:
        """See `Queue.refused`."""
        return await self._queue.refused()

    async def kept_apart(self) -> int:
        """See `Queue.kept_apart`."""
        return await self._queue.kept_apart()

    async def waiting(self) -> int:
        """See `Queue.waiting`."""
        return await self._queue.waiting()

    async def was_emptied(self) -> bool:
        """See `Queue.was_emptied`."""
        return await self._queue.was_emptied()

    async def show_life(self, words: str, seconds: float) -> None:
        """See `Queue.show_life`."""
        await self._queue.show_life(words, seconds)

    async def life(self) -> str | None:
        """See `Queue.life`."""
        return await self._queue.life()


class TimeTelling:
    """A `Broker` that tells another process what time it is, and waits a moment for what comes of it."""

    def __init__(self, broker: QueueBroker, page: SharedPage) -> None:
        self._broker, self._page = broker, page
        self.answers = True

    @property
    def news(self) -> asyncio.Event:
        """See `Broker.news`."""
        return self._broker.news

    async def serve(self, epoch: int) -> None:
        """See `Broker.serve`."""
        await self._noted(self._broker.serve(epoch))

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        await self._noted(self._broker.bring(errand, epoch))

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        return await self._noted(self._broker.reports())

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`."""
        return await self._noted(self._broker.reports_on(client_order_id))

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        return await self._noted(self._broker.positions())

    async def market_shown(self, market: Market | None) -> None:
        """See `Broker.market_shown`: the other process knows."""

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """See `Broker.prices_changed`."""
        del market
        number, waited = self._page.tell(at), 0.0
        while not self._page.was_heard(number) and waited < _TICK_PATIENCE:
            await asyncio.sleep(_TICK_SECONDS)
            waited += _TICK_SECONDS

    async def _noted(self, asked: Awaitable[_Answer]) -> _Answer:
        self.answers = False
        answer = await asked
        self.answers = True
        return answer


class WaitingClock(live.JumpingClock):
    """A clock that stands still while the broker cannot be reached: whoever plays has not all the time of the world."""

    broker: TimeTelling | None = None

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        while self.broker is not None and not self.broker.answers:  # noqa: ASYNC110 - two of them come and go
            await asyncio.sleep(_TICK_SECONDS)
        await super().until(at)


async def lead(side: Side) -> None:
    """Play the world on, as an engine, until everything is said and done."""
    world, page = busy_world(side.seed, days=DAYS), SharedPage(Path(side.page))
    traps, clock, owner = Traps(page), WaitingClock(datetime.min), f"engine {os.getpid()}"  # noqa: DTZ901 - none yet
    address = postgres_address.parse(side.database)
    async with RedisLink.open(redis_address.parse(side.redis)) as link:
        with closing(Postgres(address)) as database, closing(Postgres(address, address.broker_schema)) as books:
            async with (
                SqlLiveStore(PostgresLive(database), live.account_of(world)) as store,
                PostgresPaper.open(books) as memory,
                QueueBroker.open(
                    WatchedQueue(RedisQueue(link, redis_keys.BROKER_ORDERS), traps.here, sent=Crossing.JOB_SENT),
                    WatchedQueue(
                        RedisQueue(link, redis_keys.BROKER_RESULTS),
                        traps.here,
                        taken=Crossing.ANSWER_TAKEN,
                        before_done=Crossing.BEFORE_DONE,
                    ),
                    account_id=ACCOUNT,
                    mode=AccountMode.PAPER,
                    now=lambda: clock.at,
                    patience=PATIENCE,
                ) as broker,
            ):
                lease = await store.take_lease(owner, world.played[0].open_at, 0)
                assert lease
                executes = clock.broker = TimeTelling(broker, page)
                trader = await live_under(
                    lease.epoch, world, store, memory, traps, guarded=owner, executes=executes, clock=clock
                )
                await _settle(trader)


async def _settle(trader: Trader) -> None:
    """Have everything brought and heard, whatever was lost on the way."""
    while True:
        with suppress(Unavailable):
            await trader.recover()
            if not trader.broker_trouble and not trader._line.waiting:
                return
        await asyncio.sleep(0.05)


class _TrappedPaper:
    def __init__(self, memory: PostgresPaper, here: Callable[[str], None]) -> None:
        self._memory, self._here = memory, here

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.reading`."""
        async with self._memory.reading() as book:
            yield book

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.transaction`."""
        async with self._memory.transaction() as book:
            yield book
            self._here(Crossing.IN_TRANSACTION)


class WorldMarket:
    """What the broker is told of prices: those of the world, at the time that the engine says."""

    def __init__(self, world: IntradayWorld) -> None:
        self._course = live.course_of(world)
        self._feeds = [
            (session, self._course.driven_by(None)._feed(row, session))  # type: ignore[arg-type, union-attr]
            for row, session in ((row, self._course.session(row)) for row in self._course.rows)
        ]

    def at(self, at: datetime) -> Market | None:
        """Return the market, None outside of sessions."""
        for session, feed in self._feeds:
            if session.open_at <= at <= session.close_at:
                market: Market = feed.at(at)
                return market
        return None


async def serve(side: Side) -> None:
    """Serve the queue, as the broker, until somebody ends it."""
    world, page = busy_world(side.seed, days=DAYS), SharedPage(Path(side.page))
    traps, market = Traps(page), WorldMarket(world)
    address = postgres_address.parse(side.database)
    async with RedisLink.open(redis_address.parse(side.redis)) as link:
        with closing(Postgres(address, address.broker_schema)) as books:
            while True:
                with suppress(Unavailable):
                    async with PostgresPaper.open(books) as memory:
                        paper = PaperBroker(
                            _TrappedPaper(memory, traps.here),
                            world.costs,
                            max_age_seconds=world.policy.quote_max_age_seconds,
                            behaviour=IN_PARTS,
                            is_halted=live.course_of(world).is_halted,
                        )
                        await _serve(link, paper, page, traps, market)
                await asyncio.sleep(0.05)


async def _serve(link: RedisLink, paper: PaperBroker, page: SharedPage, traps: Traps, market: WorldMarket) -> None:
    jobs = WatchedQueue(
        RedisQueue(link, redis_keys.BROKER_ORDERS), traps.here, taken=Crossing.JOB_TAKEN, done=Crossing.JOB_DONE
    )
    answers = WatchedQueue(
        RedisQueue(link, redis_keys.BROKER_RESULTS),
        traps.here,
        before_send=Crossing.BEFORE_ANSWER,
        sent=Crossing.AFTER_ANSWER,
    )
    service = BrokerService(
        jobs, answers, paper, account_id=ACCOUNT, mode=AccountMode.PAPER, now=lambda: page.told()[1]
    )
    heard, shown_at = 0, float("-inf")
    while True:
        try:
            await service.take_up()
            while True:
                if time.monotonic() - shown_at > _LIFE_SECONDS / 3:
                    shown_at = time.monotonic()
                    await jobs.show_life("the broker", _LIFE_SECONDS)
                await service.serve(_TICK_SECONDS)
                number, at = page.told()
                if number == heard:
                    continue
                shown = market.at(at)
                await paper.market_shown(shown)
                if shown is not None:
                    await paper.prices_changed(shown, at)
                    await service.tell()
                heard = number
                page.heard(number)
        except Unavailable:
            await asyncio.sleep(0.02)


async def _live(side: Side) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _say_where, side.role)
    if side.role == BROKER:
        await serve(side)
    while True:
        try:
            return await lead(side)
        except Unavailable:  # before it led: an engine stands by until there is something to lead on
            await asyncio.sleep(0.05)


def _say_where(role: str) -> None:
    """Say on standard error where everything stands, for whoever wonders why it does not end."""
    print(f"--- {role} {os.getpid()}", file=sys.stderr)
    for task in asyncio.all_tasks():
        waiting: Any = task.get_coro()
        where = list[str]()
        while (frame := getattr(waiting, "cr_frame", None) or getattr(waiting, "ag_frame", None)) is not None:
            where.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}")
            waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "ag_await", None)
        print("  " + " > ".join(where), file=sys.stderr)


def _say(*words: object) -> None:
    os.write(sys.stdout.fileno(), (" ".join(map(str, words)) + "\n").encode())  # whole lines only


def _wait_for(role: str, pid: int) -> None:
    _say(role, "over", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def main() -> None:
    """Let everyone live who is asked for."""
    engine.engine.OWED_SECONDS, engine.engine.BEAT_SECONDS = 0.05, 0.2
    for line in sys.stdin:
        side = Side(**json.loads(line))
        life = os.fork()
        if life == 0:
            asyncio.run(_live(side))
            return
        _say(side.role, "pid", life)
        threading.Thread(target=_wait_for, args=(side.role, life), daemon=True).start()


if __name__ == "__main__":
    main()
