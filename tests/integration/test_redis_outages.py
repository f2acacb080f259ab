"""Redis between engine and broker is lost, slow, flushed, full or restarted: nothing is lost, nothing done twice.

Both sides are the real ones, in one process; whoever brings an order insists, as an engine does.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.adapters.paper_broker import PaperBroker
from engine.broking.messages import AccountMode
from engine.broking.queue_broker import Patience, QueueBroker
from engine.broking.service import BrokerService
from engine.errors import Unavailable
from engine.model.live import Errand
from storage import redis_address, redis_keys
from storage.in_memory_paper import InMemoryPaperMemory
from storage.redis_link import RedisLink
from storage.redis_queue import RedisQueue
from tests.support import redis_lines
from tests.support.desk import NOON, PlainMarket
from tests.support.paper import a_buy, bringing, everything, told
from tests.support.redis_lines import PASSWORD
from tests.support.redis_server import RedisServer
from tests.support.tapes import FREE

AT_100 = PlainMarket(prices={"AAA": 1_000_000})
HASTY = Patience(answer_seconds=0.3, look_seconds=0.02)
KEPT = {"appendonly": "yes", "appendfsync": "always"}


@pytest.fixture(params=[{}, KEPT], ids=["keeps nothing", "keeps all"])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    server = RedisServer(None, **request.param)
    yield _started(server)
    server.close()


def _started(server: RedisServer) -> RedisServer:
    server.start()
    redis_lines.let_in(server)
    return server


@dataclass
class Sides:
    """The two ends. `troubles` are what the broker's side could not do, in words."""

    server: RedisServer
    paper: PaperBroker
    engine: QueueBroker
    service: BrokerService
    serving: asyncio.Task[None] | None = None
    troubles: list[str] = field(default_factory=list)

    def serve(self) -> None:
        """Have the broker's side work from now on."""
        self.serving = asyncio.create_task(self._serve())

    async def end_service(self) -> None:
        """Have it work no more."""
        if self.serving is not None:
            self.serving.cancel()
            await asyncio.wait([self.serving])

    async def _serve(self) -> None:
        while True:
            try:
                await self.service.take_up()
                while True:
                    await self.service.serve(0.02)
                    await self.service.tell()
            except Unavailable as error:
                self.troubles.append(error.message)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def _sides(
    server: RedisServer, *, paper: PaperBroker | None = None, patience: Patience = HASTY, answer_seconds: float = 5
) -> AsyncIterator[Sides]:
    paper = paper or PaperBroker(InMemoryPaperMemory(), FREE)
    await paper.prices_changed(AT_100, NOON)
    async with AsyncExitStack() as until:
        queues = []
        for user in redis_lines.USERS:
            url = server.url(f"{user}:{PASSWORD}@", answer_timeout=answer_seconds, connect_timeout=answer_seconds)
            link = await until.enter_async_context(RedisLink.open(redis_address.parse(url)))
            queues.append([RedisQueue(link, name) for name in (redis_keys.BROKER_ORDERS, redis_keys.BROKER_RESULTS)])
        said: dict[str, Any] = {"account_id": "account-1", "mode": AccountMode.PAPER, "now": lambda: NOON}
        (jobs, answers), (taken, told_in) = queues
        engine = await until.enter_async_context(QueueBroker.open(jobs, answers, **said, patience=patience))
        sides = Sides(server, paper, engine, BrokerService(taken, told_in, paper, **said))
        try:
            yield sides
        finally:
            await sides.end_service()


def _order(number: int) -> Errand:
    return bringing(a_buy(f"d{number}-1-1"), number=number)


async def _bring(sides: Sides, *numbers: int) -> None:
    """Bring these orders, each until it has come."""
    async with asyncio.timeout(60):
        for number in numbers:
            while not await _has_come(sides, number):  # noqa: ASYNC110 - it is another process that takes it
                await asyncio.sleep(0.01)


async def _has_come(sides: Sides, number: int) -> bool:
    try:
        await sides.engine.bring(_order(number), 1)
    except Unavailable:
        return False
    return True


async def _left_waiting(sides: Sides, *numbers: int) -> None:
    """Bring these orders while nobody takes them, until they wait."""
    mark = redis_keys.mark(redis_keys.BROKER_ORDERS)
    async with asyncio.timeout(60):
        while True:
            for number in numbers:
                with pytest.raises(Unavailable, match="has not answered"):
                    await sides.engine.bring(_order(number), 1)
            waiting = sides.server.ask("LLEN", redis_keys.BROKER_ORDERS)
            if waiting >= len(numbers) and sides.server.ask("EXISTS", mark):
                return


async def _heard(sides: Sides, *numbers: int) -> None:
    """Wait until the engine's side has heard that each of these orders was filled, and of nothing else."""
    wanted = {f"d{number}-1-1 #1 filled 10 at 100.00" for number in numbers}
    found: set[str] = set()
    async with asyncio.timeout(60):
        while found != wanted:
            try:
                found.update(await everything(sides.engine))
            except Unavailable:  # and it is asked about
                found.update(*[await _asked(sides, number) for number in numbers])
            assert found <= wanted
            await asyncio.sleep(0.005)


async def _asked(sides: Sides, number: int) -> list[str]:
    try:
        return told(await sides.engine.reports_on(f"d{number}-1-1"))
    except Unavailable:
        return []


async def _has_answer(sides: Sides, number: int) -> None:
    async with asyncio.timeout(60):
        while not await _asked(sides, number):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.005)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - it is another process that gets there
            await asyncio.sleep(0.005)


async def test_a_server_that_is_lost_in_the_middle_loses_and_doubles_nothing(server: RedisServer) -> None:
    async with _sides(server) as sides:
        sides.serve()
        await _bring(sides, 1, 2)
        bringing_more = asyncio.create_task(_bring(sides, 3, 4, 5, 6))
        await asyncio.sleep(0)
        server.stop(signal.SIGKILL)
        await _until(lambda: any("does not answer" in words for words in sides.troubles))
        with pytest.raises(Unavailable, match="does not answer"):
            await sides.engine.positions()
        _started(server)
        await bringing_more
        await _heard(sides, 1, 2, 3, 4, 5, 6)
        assert await sides.paper.positions() == {"AAA": 60}


async def test_a_server_that_stands_still_loses_and_doubles_nothing(server: RedisServer) -> None:
    async with _sides(server, answer_seconds=0.15) as sides:
        sides.serve()
        await _bring(sides, 1)
        server.pause()
        with pytest.raises(Unavailable, match="has not answered"):
            await sides.engine.bring(_order(2), 1)
        await _until(lambda: any("has not answered in time" in words for words in sides.troubles))
        server.go_on()
        await _bring(sides, 2, 3)
        await _heard(sides, 1, 2, 3)
        assert await sides.paper.positions() == {"AAA": 30}


async def test_orders_that_were_flushed_on_their_way_are_brought_again(server: RedisServer) -> None:
    async with _sides(server) as sides:
        await _left_waiting(sides, 1)
        server.flush()
        words = await _after_a_flush(sides)
        assert "lost what was in it" in words
        sides.serve()
        await _bring(sides, 1)
        await _heard(sides, 1)
        assert await sides.paper.positions() == {"AAA": 10}


async def _after_a_flush(sides: Sides) -> str:
    """Return what the engine's side says of a queue that was emptied."""
    async with asyncio.timeout(60):
        while True:
            try:
                await sides.engine.reports()
                await asyncio.sleep(0.005)
            except Unavailable as error:
                return error.message


async def test_answers_that_were_flushed_unheard_are_asked_for(server: RedisServer) -> None:
    async with _sides(server) as sides:
        sides.serve()
        await _bring(sides, 1, 2)
        paper = sides.paper
        await sides.end_service()
    server.flush()  # that engine died before it had heard of them, or kept it
    async with _sides(server, paper=paper) as sides:
        sides.serve()
        for number in (1, 2):
            await _has_answer(sides, number)
        assert await _asked(sides, 2) == ["d2-1-1 #1 filled 10 at 100.00"]
        await _bring(sides, 1, 2)
        assert await sides.paper.positions() == {"AAA": 20}


async def test_a_full_server_takes_no_order_and_later_takes_it_once(server: RedisServer) -> None:
    async with _sides(server) as sides:
        sides.serve()
        await _bring(sides, 1)
        server.ask("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(Unavailable, match="is full"):
            await sides.engine.bring(_order(2), 1)
        server.ask("CONFIG", "SET", "maxmemory", 0)
        await _bring(sides, 2)
        await _heard(sides, 1, 2)
        assert await sides.paper.positions() == {"AAA": 20}


async def test_a_server_that_keeps_what_it_has_goes_on_after_a_power_cut() -> None:
    server = _started(RedisServer(None, **KEPT))
    try:
        async with _sides(server) as sides:
            await _left_waiting(sides, 1, 2)
            server.stop(signal.SIGKILL)
            _started(server)
            sides.serve()
            await _heard(sides, 1, 2)  # though nobody has brought them again
            assert await sides.paper.positions() == {"AAA": 20}
    finally:
        server.close()


async def test_a_job_that_a_broker_took_and_died_with_is_done_by_the_next(server: RedisServer) -> None:
    async with _sides(server) as sides:
        await _left_waiting(sides, 1)
        url = server.url(f"{redis_lines.BROKER}:{PASSWORD}@")
        async with RedisLink.open(redis_address.parse(url)) as link:
            assert len(await RedisQueue(link, redis_keys.BROKER_ORDERS).take(5)) == 1  # and is no more
        sides.serve()
        await _heard(sides, 1)
        assert server.ask("LLEN", redis_keys.taken(redis_keys.BROKER_ORDERS)) == 0
        assert await sides.paper.positions() == {"AAA": 10}


async def test_a_broker_is_away_for_an_hour_and_what_waits_is_done_when_it_is_back(server: RedisServer) -> None:
    async with _sides(server, patience=Patience(answer_seconds=0.05, look_seconds=0.02)) as sides:
        for _ in range(3):
            await _left_waiting(sides, 1, 2, 3)
        assert server.ask("LLEN", redis_keys.BROKER_ORDERS) == 3, "the same is not sent again while it waits"
        sides.serve()
        await _heard(sides, 1, 2, 3)
        assert await sides.paper.positions() == {"AAA": 30}
