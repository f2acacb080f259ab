"""Whatever happens while a link to Redis ends, none of its connections is left open, or half closed, behind it."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from engine.errors import Unavailable
from storage import redis_address
from storage.redis_link import RedisLink
from tests.support.redis_server import RedisServer

Work = Callable[[RedisLink], Awaitable[Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    server = RedisServer().start()
    yield server
    server.close()


def _left(url: str, work: Work) -> list[str]:
    """Return what is left open by a process that ends as soon as `work` with a link to `url` has ended."""
    gc.collect()  # what others have left behind is not meant
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with suppress(asyncio.CancelledError):
            asyncio.run(_worked(url, work))
        gc.collect()
    return [str(warning.message) for warning in said]


async def _worked(url: str, work: Work) -> None:
    async with RedisLink.open(redis_address.parse(url)) as link:
        await work(link)


async def _both_ways(link: RedisLink) -> None:
    await link.ask("PING")
    await link.wait(1, ("PING",))


async def _asked_and_waited(link: RedisLink) -> None:
    await asyncio.gather(*(_both_ways(link) for _ in range(3)))


async def _is_called_away(link: RedisLink) -> None:
    """It is cancelled just when the link is to end."""
    await _asked_and_waited(link)
    _this_task().cancel()


async def _is_called_away_twice(link: RedisLink) -> None:
    """It is cancelled, and once more in the midst of ending."""
    await _asked_and_waited(link)
    asyncio.get_running_loop().call_soon(_this_task().cancel)
    raise asyncio.CancelledError


async def _is_called_away_in_a_question(link: RedisLink) -> None:
    await _both_ways(link)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await link.wait(30, ("BLPOP", "stonks:nothing", 30))


async def _breaks_off_while_it_connects(link: RedisLink) -> None:
    question = asyncio.create_task(link.ask("PING"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    question.cancel()
    await asyncio.wait([question])


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task
    return task


@pytest.mark.parametrize(
    "work",
    [
        _asked_and_waited,
        _is_called_away,
        _is_called_away_twice,
        _is_called_away_in_a_question,
        _breaks_off_while_it_connects,
    ],
)
def test_nothing_is_left_open(server: RedisServer, work: Work) -> None:
    assert _left(server.url(), work) == []


async def _asks_on(link: RedisLink) -> None:
    while True:
        with suppress(Unavailable):
            await link.ask("PING")


def test_questions_that_outlive_the_link_leave_nothing_open(server: RedisServer) -> None:
    async def work(link: RedisLink) -> None:
        asking.extend(asyncio.create_task(_asks_on(link)) for _ in range(3))
        await asyncio.sleep(0.02)

    asking: list[asyncio.Task[None]] = []
    assert _left(server.url(), work) == []


def test_a_server_that_stands_still_with_what_it_has_not_taken_leaves_nothing_open(server: RedisServer) -> None:
    async def work(link: RedisLink) -> None:
        await link.ask("PING")
        server.pause()
        with pytest.raises(Unavailable, match="in time"):
            await link.ask("SET", "stonks:big", "x" * 50_000_000)

    try:
        assert _left(server.url(answer_timeout=0.2), work) == []
    finally:
        server.go_on()


async def test_a_greeting_that_was_not_answered_in_time_is_not_taken_for_a_later_answer(server: RedisServer) -> None:
    async with RedisLink.open(redis_address.parse(f"{server.url(answer_timeout=0.2)}".replace("/0", "/3"))) as link:
        server.pause()
        try:
            for _ in range(2):
                with pytest.raises(Unavailable):
                    await link.ask("SET", "stonks:x", "1")
        finally:
            server.go_on()
        assert await link.ask("ECHO", "mine") == "mine"


@pytest.mark.parametrize("was_used", [True, False])
async def test_after_its_end_a_link_asks_nothing(server: RedisServer, was_used: bool) -> None:
    async with RedisLink.open(redis_address.parse(server.url())) as link:
        if was_used:
            await link.ask("PING")
    with pytest.raises(Unavailable):
        await link.ask("SET", "stonks:after", "1")
    assert server.ask("EXISTS", "stonks:after") == 0


async def test_who_asks_a_link_that_has_ended_again_and_again_lets_others_work_and_can_be_called_away(
    server: RedisServer,
) -> None:
    async with RedisLink.open(redis_address.parse(server.url())) as link:
        pass
    asking = asyncio.create_task(_asks_on(link))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
