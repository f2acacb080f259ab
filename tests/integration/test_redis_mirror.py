"""What an engine decided is read in Redis by others: after an outage, a flush and a full server as if nothing were."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.coordination import DECISIONS_KEPT
from engine.decision.effects import Effect, RecordBreaker, RecordDecision
from engine.decision.events import EntriesDue
from engine.door import Door
from engine.errors import BrokenInvariant
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from stonks_tui import bootstrap, mirroring
from stonks_tui.mirroring import Books, Mirror, Pace
from storage import redis_address
from storage.redis_link import RedisLink
from tests.support import live_account
from tests.support.growing_books import Kept
from tests.support.redis_server import RedisServer
from tests.support.samples import a_decision

AT = datetime.fromisoformat("2026-01-05T15:00:00+00:00")
QUICK = Pace(gather_seconds=0.0, refresh_seconds=0.01, first_pause=0.005, longest_pause=0.01)
LIST, BREAKERS = "stonks:queue:trading_decisions", "stonks:trading:circuit_breaker"
TURN = EntriesDue(at=AT)


@pytest.fixture
def server() -> Iterator[RedisServer]:
    server = RedisServer().start()
    yield server
    server.close()


@asynccontextmanager
async def _mirrored(
    server: RedisServer, books: Books, *, account_id: str = "acc", answer_seconds: float = 5
) -> AsyncIterator[Mirror]:
    address = redis_address.parse(server.url(connect_timeout=5, answer_timeout=answer_seconds))
    async with (
        RedisLink.open(address) as link,
        mirroring.mirrored(link, books=books, account_id=account_id, now=lambda: AT, pace=QUICK) as mirror,
    ):
        yield mirror


def _hear(mirror: Mirror, *effects: Effect) -> None:
    mirror(1, TURN, effects or (RecordDecision(decision=a_decision(1)),))


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - it is another process that gets there
            await asyncio.sleep(0.005)


def _ids(server: RedisServer) -> list[str]:
    """Return which decisions are there, the oldest first."""
    return [json.loads(text)["decision_id"] for text in reversed(server.ask("LRANGE", LIST, 0, -1))]


def _made(count: int) -> list[str]:
    return [f"d{n}" for n in range(1, count + 1)]


async def test_each_decision_is_there_once_with_its_mark(server: RedisServer) -> None:
    books = Kept()
    async with _mirrored(server, books) as mirror:
        for count in (3, 1200, 1):
            books.decide(count)
            _hear(mirror)
            made = len(books.made)
            await _until(lambda made=made: server.ask("LLEN", LIST) == made)  # type: ignore[misc]
        assert _ids(server) == _made(1204)
        assert server.ask("EXISTS", "stonks:dedupe:trading:rec-of-1", "stonks:dedupe:trading:rec-of-1204") == 2
        await _until(lambda: server.ask("GET", "stonks:trading:notification_rate:sms") == "3")
        assert mirror.trouble == ""


async def test_what_was_decided_at_last_is_there_at_the_end(server: RedisServer) -> None:
    books = Kept()
    async with _mirrored(server, books) as mirror:
        books.decide(2)
        _hear(mirror)
    assert _ids(server) == _made(2)


async def test_the_next_engine_goes_on_where_the_one_before_died(server: RedisServer) -> None:
    books = Kept()
    books.decide(2)
    async with _mirrored(server, books) as mirror:
        _hear(mirror)
    books.decide(3)
    async with _mirrored(server, books) as mirror:
        mirror(1, TURN, ())
    assert _ids(server) == _made(5)


async def test_what_was_decided_in_an_outage_is_there_afterwards(server: RedisServer) -> None:
    books = Kept()
    async with _mirrored(server, books) as mirror:
        books.decide(2)
        _hear(mirror)
        await _until(lambda: server.ask("LLEN", LIST) == 2)
        server.stop(signal.SIGKILL)
        books.decide(2)
        _hear(mirror)
        await _until(lambda: bool(mirror.trouble))
        assert "since" in mirror.trouble
        assert "does not answer" in mirror.trouble
        server.start()
        await _until(lambda: server.ask("LLEN", LIST) == 4)  # it came back with nothing, and has all again
        assert _ids(server) == _made(4)
        await _until(lambda: not mirror.trouble)


async def test_an_outage_of_an_hour_leaves_no_gap_in_a_server_that_kept_what_it_had(server: RedisServer) -> None:
    books = Kept()
    async with _mirrored(server, books, answer_seconds=0.2) as mirror:
        books.decide(2)
        _hear(mirror)
        await _until(lambda: server.ask("LLEN", LIST) == 2)
        server.pause()
        books.decide(700)
        _hear(mirror)
        await _until(lambda: "has not answered in time" in mirror.trouble)
        server.go_on()
        await _until(lambda: server.ask("LLEN", LIST) >= 702)
        await _until(lambda: not mirror.trouble)
    found = _ids(server)
    assert set(found) == set(_made(702))
    assert [one for place, one in enumerate(found) if one not in found[:place]] == _made(702)


async def test_a_flush_between_two_pages_of_decisions_leaves_no_gap(server: RedisServer) -> None:
    books, flushed = Kept(), asyncio.Event()
    books.decide(700)

    def flush_once(first: int) -> None:
        if first == 500 and not flushed.is_set():
            flushed.set()
            server.flush()

    books.on_page = flush_once
    async with _mirrored(server, books) as mirror:
        _hear(mirror)
        await _until(lambda: server.ask("LLEN", LIST) >= 700)
    assert flushed.is_set()
    assert set(_ids(server)) == set(_made(700))


async def test_breakers_are_written_again_after_a_flush_though_nothing_happens(server: RedisServer) -> None:
    books = Kept()
    daily = BreakerEvent(
        breaker_id="b1",
        at=AT,
        trigger=CircuitBreakerTriggerType.DAILY_LOSS,
        threshold=0.05,
        actual=0.06,
        cooldown_expires=AT + timedelta(hours=1),
    )
    over = replace(daily, breaker_id="b0", ticker="ACME", trigger=CircuitBreakerTriggerType.SINGLE_POSITION)
    books.tripped = [replace(over, resolved_at=AT), daily]
    async with _mirrored(server, books) as mirror:
        _hear(mirror, RecordBreaker(event=daily))
        await _until(lambda: server.ask("GET", f"{BREAKERS}:daily_loss") is not None)
        server.flush()
        await _until(lambda: server.ask("GET", f"{BREAKERS}:daily_loss") is not None)
        assert 3_500 < server.ask("TTL", f"{BREAKERS}:daily_loss") <= 3_600
        assert server.ask("GET", f"{BREAKERS}:single_position:ACME") is None
        books.tripped = [replace(daily, resolved_at=AT)]
        _hear(mirror, RecordBreaker(event=books.tripped[0]))
        await _until(lambda: server.ask("GET", f"{BREAKERS}:daily_loss") is None)


async def test_a_full_server_is_said_and_gets_all_once_there_is_room(server: RedisServer) -> None:
    books = Kept()
    server.ask("CONFIG", "SET", "maxmemory", 1)
    async with _mirrored(server, books) as mirror:
        books.decide(5)
        _hear(mirror)
        await _until(lambda: "is full" in mirror.trouble)
        server.ask("CONFIG", "SET", "maxmemory", 0)
        await _until(lambda: server.ask("LLEN", LIST) == 5)
    assert _ids(server) == _made(5)


async def test_a_fault_of_this_part_neither_ends_it_nor_reaches_trading(server: RedisServer) -> None:
    books = Kept()
    books.decide(1)
    async with _mirrored(server, books) as mirror:
        for fault in (BrokenInvariant("the books contradict themselves"), ZeroDivisionError()):
            books.fault = fault
            _hear(mirror)
            words = getattr(fault, "message", "ZeroDivisionError")
            await _until(lambda words=words: words in mirror.trouble)  # type: ignore[misc]
        books.fault = None
        await _until(lambda: server.ask("LLEN", LIST) == 1)


async def test_keys_of_another_life_of_the_account_are_replaced(server: RedisServer) -> None:
    before, books = Kept(), Kept()
    before.decide(40)
    before.tripped = [
        BreakerEvent(breaker_id="b1", at=AT, trigger=CircuitBreakerTriggerType.MANUAL, threshold=0, actual=0)
    ]
    async with _mirrored(server, before) as mirror:
        _hear(mirror)
    assert server.ask("EXISTS", f"{BREAKERS}:manual") == 1
    books.decide(2)
    async with _mirrored(server, books, account_id="a new one") as mirror:
        _hear(mirror)
    assert _ids(server)[40:] == _made(2)
    assert server.ask("EXISTS", f"{BREAKERS}:manual") == 0


@pytest.mark.parametrize("count", [5, 12])
async def test_after_a_restored_backup_what_is_decided_now_is_told(server: RedisServer, count: int) -> None:
    books = Kept()
    books.decide(9)
    async with _mirrored(server, books) as mirror:
        _hear(mirror)
    books.made = [*books.made[:4], *(a_decision(number, at=AT + timedelta(days=1)) for number in range(5, count + 1))]
    async with _mirrored(server, books) as mirror:
        _hear(mirror)
    assert _ids(server)[9:] == _made(count)


async def test_two_accounts_that_write_under_the_same_keys_are_told_so(server: RedisServer) -> None:
    first, second = Kept(), Kept()
    first.decide(1)
    second.decide(1)
    async with _mirrored(server, first) as one, _mirrored(server, second, account_id="other") as other:
        _hear(one)
        await _until(lambda: server.ask("LLEN", LIST) == 1)
        _hear(other)
        await _until(lambda: "another account" in one.trouble)
        assert other.trouble == ""


async def test_no_more_is_written_than_is_kept(server: RedisServer) -> None:
    books = Kept()
    books.made = [a_decision(n) for n in range(DECISIONS_KEPT + 700)]
    async with _mirrored(server, books) as mirror:
        _hear(mirror)
        await _until(lambda: server.ask("LLEN", LIST) == DECISIONS_KEPT)
        await _until(lambda: server.ask("LINDEX", LIST, 0) is not None)
    found = _ids(server)
    assert (found[0], found[-1]) == ("d700", f"d{DECISIONS_KEPT + 699}")


async def test_a_whole_account_that_traded_is_read_there_as_in_its_books(server: RedisServer, tmp_path: Path) -> None:
    await live_account.make(tmp_path, Door())
    reader = bootstrap.live_reader(tmp_path)
    books = await reader.decisions(0, limit=100_000)
    async with _mirrored(server, reader) as mirror:
        _hear(mirror)
    assert _ids(server) == [decision.decision_id for decision in books.decisions]
    assert len(books.decisions) > 10
