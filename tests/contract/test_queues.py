"""Queues: in memory, on Valkey and on Redis 6.2 they answer alike, to a user who may do no more than he needs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.broking.queue import Queue, Refused
from storage import redis_address, redis_keys
from storage.in_memory_queue import InMemoryQueue
from storage.redis_link import RedisLink
from storage.redis_queue import TAKEN_AT_ONCE, RedisQueue
from tests.support import redis_lines


@dataclass
class Sides:
    """The two ends of a queue, which are two processes."""

    sender: Queue
    taker: Queue
    flush: Callable[[], None]


@asynccontextmanager
async def _sides(kind: str) -> AsyncIterator[Sides]:
    if kind == "memory":
        queue = InMemoryQueue()
        yield Sides(queue, queue, queue.empty)
        return
    server = redis_lines.server_of(kind)
    server.flush()
    async with AsyncExitStack() as open_until:
        sender, taker = [
            RedisQueue(await open_until.enter_async_context(RedisLink.open(address)), redis_keys.BROKER_ORDERS)
            for address in (redis_address.parse(redis_lines.url_of(kind, user)) for user in redis_lines.USERS)
        ]
        yield Sides(sender, taker, server.flush)


KINDS = ("memory", *redis_lines.LINES)


@pytest.fixture(params=KINDS)
async def sides(request: pytest.FixtureRequest) -> AsyncIterator[Sides]:
    async with _sides(request.param) as made:
        yield made


async def test_messages_come_in_the_order_in_which_they_were_sent(sides: Sides) -> None:
    await sides.sender.send("one", "two")
    await sides.sender.send("three")
    assert await sides.sender.waiting() == 3
    assert list(await sides.taker.take(30)) == ["one", "two", "three"]
    assert await sides.sender.waiting() == 0


async def test_what_was_taken_is_left_until_it_is_done(sides: Sides) -> None:
    await sides.sender.send("one", "two", "three")
    await sides.taker.take(30)
    await sides.taker.done("two")
    assert list(await sides.taker.left()) == ["one", "three"]
    await sides.taker.done("one", "three", "nobody knows it")
    assert list(await sides.taker.left()) == []


async def test_what_is_kept_apart_is_counted(sides: Sides) -> None:
    assert await sides.sender.kept_apart() == 0
    await sides.sender.send("one", "two", "three")
    await sides.taker.take(30)
    await sides.taker.refuse("one", "it is no job")
    await sides.taker.refuse("three", "nor is this")
    assert await sides.sender.kept_apart() == 2


async def test_of_two_messages_alike_one_is_done(sides: Sides) -> None:
    await sides.sender.send("same", "other", "same")
    await sides.taker.take(30)
    await sides.taker.done("same")
    assert Counter(await sides.taker.left()) == Counter(["same", "other"])


async def test_a_message_sent_once_is_there_once_until_it_is_done(sides: Sides) -> None:
    await sides.sender.send_once("order")
    await sides.sender.send_once("order")
    assert await sides.sender.waiting() == 1
    await sides.taker.take(30)
    await sides.sender.send_once("order")
    assert await sides.sender.waiting() == 0
    await sides.taker.done("order")
    await sides.sender.send_once("order")
    assert await sides.sender.waiting() == 1


async def test_what_is_refused_is_kept_apart_with_the_reason(sides: Sides) -> None:
    await sides.sender.send("bad", "good", "worse")
    await sides.taker.take(30)
    await sides.taker.refuse("bad", "it is no JSON")
    await sides.taker.refuse("worse", "it is 'worse', and not even that: \x00 é")
    assert list(await sides.taker.left()) == ["good"]
    assert list(await sides.sender.refused()) == [
        Refused(message="bad", reason="it is no JSON"),
        Refused(message="worse", reason="it is 'worse', and not even that: \x00 é"),
    ]


async def test_whoever_takes_waits_until_something_comes(sides: Sides) -> None:
    waiting = asyncio.create_task(_as_task(sides.taker, 60))
    await asyncio.sleep(0.01)
    await sides.sender.send("at last")
    assert await waiting == ["at last"]


async def test_whoever_takes_waits_no_longer_than_he_says(sides: Sides) -> None:
    assert list(await sides.taker.take(0)) == []
    assert list(await sides.taker.take(0.01)) == []
    assert list(await sides.taker.left()) == []


async def test_many_messages_are_taken_by_and_by(sides: Sides) -> None:
    sent = [str(number) for number in range(3 * TAKEN_AT_ONCE + 1)]
    await sides.sender.send(*sent)
    taken: list[str] = []
    while some := await sides.taker.take(0):
        taken += some
    assert taken == sent
    assert list(await sides.taker.left()) == sent


async def test_any_text_comes_as_it_was_sent(sides: Sides) -> None:
    sent = ["", " ", "a\nb\r\n*1\r\n", "nul \x00 in it", "Zürich 東京 🚀", "\udcff", '{"a": "\\u0000"}', "x" * 900_000]
    await sides.sender.send(*sent)
    assert list(await sides.taker.take(30)) == sent
    await sides.taker.done(*sent)
    assert list(await sides.taker.left()) == []


async def test_nobody_is_told_that_a_queue_was_emptied_that_was_not(sides: Sides) -> None:
    assert not await sides.sender.was_emptied()
    await sides.sender.send("one")
    await sides.taker.take(30)
    await sides.taker.done("one")
    assert not await sides.sender.was_emptied()


async def test_a_queue_that_lost_all_says_so_once(sides: Sides) -> None:
    assert not await sides.sender.was_emptied()
    await sides.sender.send("lost")
    sides.flush()
    assert await sides.sender.was_emptied()
    assert not await sides.sender.was_emptied()
    assert list(await sides.taker.take(0)) == []


async def test_life_is_seen_until_its_time_is_over(sides: Sides) -> None:
    assert await sides.sender.life() is None
    await sides.taker.show_life("the broker of paper", 60)
    assert await sides.sender.life() == "the broker of paper"
    await sides.taker.show_life("the same", 0.01)
    async with asyncio.timeout(60):
        while await sides.sender.life() is not None:  # noqa: ASYNC110 - it is another process that forgets
            await asyncio.sleep(0.01)


@dataclass
class Books:
    """What should be where, by the plainest account of it."""

    waiting: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    done: int = 0
    sent: int = 0

    def move(self, many: int) -> list[str]:
        """Take the oldest."""
        moved, self.waiting = self.waiting[:many], self.waiting[many:]
        self.taken += moved
        return moved


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "send once", "take", "take", "done", "refuse", "die", "die while taking"]),
        st.integers(0, 5),
    ),
    max_size=30,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_no_message_is_lost_or_doubled_whenever_the_taker_dies(kind: str, steps: list[tuple[str, int]]) -> None:
    books = Books()
    async with _sides(kind) as sides:
        for step, number in steps:
            await _done(sides, books, step, number)
            assert await sides.sender.waiting() == len(books.waiting)
            assert list(await sides.taker.left()) == books.taken
            assert [one.message for one in await sides.sender.refused()] == books.refused
            assert books.sent == len(books.waiting) + len(books.taken) + len(books.refused) + books.done
        assert [*books.taken, *await sides.taker.take(0)] == [*books.taken, *books.waiting]


async def _done(sides: Sides, books: Books, step: str, number: int) -> None:
    message = f"message {number}"
    match step:
        case "send":
            await sides.sender.send(message, f"{message} again")
            books.waiting += [message, f"{message} again"]
            books.sent += 2
        case "send once":
            is_new = message not in books.waiting + books.taken
            await sides.sender.send_once(message)
            books.waiting += [message] * is_new
            books.sent += is_new
        case "take":
            assert list(await sides.taker.take(0)) == books.move(len(books.waiting))
        case "done" | "refuse" if books.taken:
            message = books.taken[number % len(books.taken)]
            books.taken.remove(message)  # the oldest of those alike
            if step == "done":
                await sides.taker.done(message)
                books.done += 1
            else:
                await sides.taker.refuse(message, "no")
                books.refused.append(message)
        case "die while taking":
            await _died_taking(sides, number)
            books.move(len(books.waiting) - await sides.sender.waiting())


async def _died_taking(sides: Sides, turns: int) -> None:
    """Take, and be no more after some turns of the loop: what was asked of the server may be done, or not."""
    taking = asyncio.create_task(_as_task(sides.taker, 60))
    for _ in range(turns):
        await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait([taking])
    await _is_quiet(sides)


async def _is_quiet(sides: Sides) -> None:
    """Wait until the server has noticed that somebody is gone: nothing moves any more."""
    seen = await sides.sender.waiting()
    for _ in range(3):
        await asyncio.sleep(0)
        seen, before = await sides.sender.waiting(), seen
        if seen != before:
            await _is_quiet(sides)


async def _as_task(queue: Queue, seconds: float) -> list[str]:
    return list(await queue.take(seconds))
