"""What only a queue on a real server shows: dead letters that are capped, letters that are no text, many at once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from storage import redis_address, redis_keys
from storage.redis_link import RedisLink
from storage.redis_queue import REFUSED_KEPT, TAKEN_AT_ONCE, RedisQueue
from tests.support import redis_lines
from tests.support.redis_server import RedisServer


@pytest.fixture
def server() -> Iterator[RedisServer]:
    server = RedisServer().start()
    yield server
    server.close()


@asynccontextmanager
async def _queue(url: str) -> AsyncIterator[RedisQueue]:
    async with RedisLink.open(redis_address.parse(url)) as link:
        yield RedisQueue(link, redis_keys.BROKER_ORDERS)


@pytest.mark.parametrize("line", redis_lines.LINES)
async def test_dead_letters_are_capped_and_say_when(line: str) -> None:
    server = redis_lines.server_of(line)
    server.flush()
    dead = redis_keys.refused(redis_keys.BROKER_ORDERS)
    server.ask("LPUSH", dead, *['{"message": "old", "reason": "old"}'] * REFUSED_KEPT)
    async with _queue(redis_lines.url_of(line)) as queue:
        await queue.send("bad")
        await queue.take(30)
        await queue.refuse("bad", "it is no JSON")
        refused = await queue.refused()
    assert (len(refused), refused[-1].message) == (REFUSED_KEPT, "bad")
    assert '"at": "20' in server.ask("LINDEX", dead, 0)


async def test_so_many_are_taken_at_once_and_no_more(server: RedisServer) -> None:
    async with _queue(server.url()) as queue:
        await queue.send(*map(str, range(TAKEN_AT_ONCE + 1)))
        assert len(await queue.take(30)) == TAKEN_AT_ONCE
        assert await queue.waiting() == 1


async def test_letters_that_are_no_text_are_taken_and_kept_apart(server: RedisServer) -> None:
    async with _queue(server.url()) as queue:
        server.ask("LPUSH", redis_keys.BROKER_ORDERS, b"\xff\xfe\x00")  # type: ignore[arg-type]
        server.ask("LPUSH", redis_keys.refused(redis_keys.BROKER_ORDERS), "somebody's")
        (message,) = await queue.take(30)
        await queue.refuse(message, "it is no JSON")
        await queue.send("a lone \ud800")
        assert list(await queue.left()) == []
        assert [one.reason for one in await queue.refused()] == ["not kept apart by this program", "it is no JSON"]
        assert list(await queue.take(30)) == ["a lone ?"]
