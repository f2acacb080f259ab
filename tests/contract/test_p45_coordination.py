"""Property 45 for coordination: embedded and on Redis the same calls have the same answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import coordination
from engine.coordination import DECISIONS_KEPT, MARKED_SECONDS, Coordination, Told, Written
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import from_text
from engine.model.notifications import NotificationChannel
from engine.model.portfolio import RiskTierName
from storage import redis_address, redis_keys
from storage.in_memory_coordination import InMemoryCoordination
from storage.redis_coordination import RedisCoordination
from storage.redis_link import RedisLink
from tests.support import redis_lines

AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
KINDS = ("memory", *redis_lines.LINES)


@dataclass
class Place:
    """What is kept for others, and what loses all of it."""

    kept: Coordination
    flush: Callable[[], None]


@asynccontextmanager
async def _place(kind: str) -> AsyncIterator[Place]:
    if kind == "memory":
        memory = InMemoryCoordination()
        yield Place(memory, memory.empty)
        return
    server = redis_lines.server_of(kind)
    server.flush()
    async with RedisLink.open(redis_address.parse(redis_lines.url_of(kind))) as link:
        yield Place(RedisCoordination(link), server.flush)


@pytest.fixture(params=KINDS)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with _place(request.param) as made:
        yield made


def _breaker(trigger: CircuitBreakerTriggerType, minutes: float | None, ticker: str = "") -> BreakerEvent:
    ends = None if minutes is None else AT + timedelta(minutes=minutes)
    return BreakerEvent(
        breaker_id="b7", at=AT, trigger=trigger, threshold=0.05, actual=0.06, ticker=ticker, cooldown_expires=ends
    )


DAILY = _breaker(CircuitBreakerTriggerType.DAILY_LOSS, 60)
MANUAL = _breaker(CircuitBreakerTriggerType.MANUAL, None)
OF_ACME = _breaker(CircuitBreakerTriggerType.SINGLE_POSITION, 30, "ACME")


async def test_a_recommendation_is_marked_once(place: Place) -> None:
    assert not await place.kept.is_marked("r1")
    assert await place.kept.mark("r1")
    assert not await place.kept.mark("r1")
    assert await place.kept.is_marked("r1")
    assert await place.kept.mark("r1 ☃\n")


async def test_the_breakers_that_are_on_take_the_place_of_those_before(place: Place) -> None:
    await place.kept.show_breakers([DAILY, OF_ACME, MANUAL], AT)
    shown = await place.kept.breakers()
    assert sorted(shown) == ["daily_loss", "manual", "single_position:ACME"]
    assert json.loads(shown["single_position:ACME"]) == {
        "schema_version": 1,
        "breaker_id": "b7",
        "trigger_type": "single_position",
        "ticker": "ACME",
        "triggered_at": "2026-01-05T15:00:00Z",
        "threshold": 0.05,
        "actual": 0.06,
        "cooldown_expires": "2026-01-05T15:30:00Z",
    }
    await place.kept.show_breakers([MANUAL], AT)
    assert list(await place.kept.breakers()) == ["manual"]
    await place.kept.show_breakers([], AT)
    assert not await place.kept.breakers()


async def test_a_breaker_whose_time_is_over_is_gone_though_nobody_says_so(place: Place) -> None:
    await place.kept.show_breakers([DAILY, OF_ACME], AT + timedelta(minutes=30) - timedelta(milliseconds=5))
    async with asyncio.timeout(60):
        while len(await place.kept.breakers()) == 2:  # noqa: ASYNC110 - it is another process that forgets
            await asyncio.sleep(0.005)
    assert list(await place.kept.breakers()) == ["daily_loss"]


async def test_a_breaker_that_is_over_is_not_shown(place: Place) -> None:
    await place.kept.show_breakers([DAILY, OF_ACME], AT + timedelta(minutes=30))
    assert list(await place.kept.breakers()) == ["daily_loss"]


async def test_messages_of_the_hour_are_counted_by_channel(place: Place) -> None:
    assert await place.kept.notifications(NotificationChannel.SMS) == 0
    await place.kept.show_notifications({NotificationChannel.SMS: 3, NotificationChannel.EMAIL: 9})
    await place.kept.show_notifications({NotificationChannel.SMS: 2})
    assert await place.kept.notifications(NotificationChannel.SMS) == 2
    assert await place.kept.notifications(NotificationChannel.EMAIL) == 9


async def test_decisions_stand_newest_first_with_marks_and_how_far_they_go(place: Place) -> None:
    written = Written(account_id="acc", place=3, last="d3 at noon")
    told = [Told(text="d1", recommendation_id="r1"), Told(text="d2"), Told(text="d3 é", recommendation_id="r3")]
    await place.kept.publish(told, written)
    assert list(await place.kept.decisions()) == ["d3 é", "d2", "d1"]
    assert list(await place.kept.decisions(1)) == ["d3 é"]
    assert await place.kept.written() == written
    assert await place.kept.is_marked("r1")
    assert await place.kept.is_marked("r3")
    assert not await place.kept.mark("r3")


async def test_no_more_decisions_are_kept_than_are_said_to_be(place: Place) -> None:
    many = [Told(text=str(number)) for number in range(DECISIONS_KEPT)]
    await place.kept.publish(many, Written(account_id="acc", place=len(many)))
    await place.kept.publish([Told(text="last")], Written(account_id="acc", place=len(many) + 1))
    assert len(await place.kept.decisions(2 * DECISIONS_KEPT)) == DECISIONS_KEPT
    assert list(await place.kept.decisions(2)) == ["last", str(DECISIONS_KEPT - 1)]


async def test_what_was_flushed_is_known_to_be_gone(place: Place) -> None:
    assert not await place.kept.was_emptied()
    await place.kept.publish([], Written(account_id="acc", place=0))
    assert not await place.kept.was_emptied()
    assert await place.kept.written() == Written(account_id="acc", place=0)
    place.flush()
    assert await place.kept.was_emptied()
    assert not await place.kept.was_emptied()
    assert await place.kept.written() is None
    assert not await place.kept.breakers()
    assert list(await place.kept.decisions()) == []


def test_a_decision_says_what_was_decided_and_on_which_numbers() -> None:
    decision = Decision(
        decision_id="d12",
        at=AT,
        kind=DecisionKind.ENTRY,
        outcome=TradingDecisionType.SKIP,
        ticker="ACME",
        cause="r1",
        recommendation_id="r1",
        skip_reason="confidence",
        failed_value=0.5,
        failed_limit=0.6,
        confidence=0.5,
        price=from_text("101.25"),
        risk_tier=RiskTierName.MODERATE,
        heat=0.01,
        active_pool=from_text("50000"),
        reserve=from_text("0"),
    )
    said = json.loads(coordination.decision_text(decision, account_id="acc", epoch=4))
    assert said["decision_id"] == "d12"
    assert (said["decision"], said["ticker"], said["skip_reason"]) == ("skip", "ACME", "confidence")
    assert (said["price"], said["active_pool"], said["shares"]) == ("101.2500", "50000.0000", 0)
    assert (said["account_id"], said["epoch"], said["at"]) == ("acc", 4, "2026-01-05T15:00:00Z")


@pytest.mark.parametrize("line", redis_lines.LINES)
async def test_p45_the_keys_are_the_plans_and_end_when_they_should(line: str) -> None:
    async with _place(line) as place:
        await place.kept.publish([Told(text="d1", recommendation_id="r1")], Written(account_id="acc", place=1))
        await place.kept.show_breakers([DAILY, OF_ACME, MANUAL], AT)
        await place.kept.show_notifications({NotificationChannel.SMS: 1})
        lives = {
            key: redis_lines.server_of(line).ask("TTL", key) for key in redis_lines.server_of(line).ask("KEYS", "*")
        }
    ends = {key: seconds for key, seconds in lives.items() if seconds >= 0}
    assert set(lives) - set(ends) == {
        "stonks:queue:trading_decisions",
        "stonks:queue:trading_decisions:written",
        "stonks:trading:circuit_breaker",
        "stonks:trading:circuit_breaker:manual",
    }
    for key, seconds in {
        "stonks:dedupe:trading:r1": MARKED_SECONDS,
        "stonks:trading:circuit_breaker:daily_loss": 3_600,
        "stonks:trading:circuit_breaker:single_position:ACME": 1_800,
        "stonks:trading:notification_rate:sms": 3_600,
    }.items():
        assert seconds - 600 < ends.pop(key) <= seconds
    assert not ends


@pytest.mark.parametrize("line", redis_lines.LINES)
async def test_what_others_wrote_under_our_keys_is_passed_over(line: str) -> None:
    async with _place(line) as place:
        for key in ("stonks:queue:trading_decisions:written", "stonks:trading:circuit_breaker"):
            redis_lines.server_of(line).ask("SET", key, '{"a": [')
        redis_lines.server_of(line).ask("SET", redis_keys.notification_rate("sms"), "many")
        assert await place.kept.written() is None
        assert not await place.kept.breakers()
        assert await place.kept.notifications(NotificationChannel.SMS) == 0


_TRIGGERS = st.sampled_from([DAILY, OF_ACME, MANUAL, _breaker(CircuitBreakerTriggerType.SINGLE_POSITION, 45, "BOLT")])
_CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), st.integers(0, 3)),
        st.tuples(st.just("breakers"), st.lists(_TRIGGERS, unique=True)),
        st.tuples(st.just("notifications"), st.integers(0, 20)),
        st.tuples(st.just("publish"), st.integers(0, 4)),
        st.tuples(st.just("flush"), st.just(0)),
    ),
    max_size=15,
)


@pytest.mark.parametrize("line", redis_lines.LINES)
@settings(max_examples=20)
@given(calls=_CALLS)
async def test_p45_any_calls_have_the_same_answers(line: str, calls: list[tuple[str, object]]) -> None:
    async with _place("memory") as embedded, _place(line) as on_redis:
        for number, (call, with_what) in enumerate(calls):
            first, second = [await _answer(place, number, call, with_what) for place in (embedded, on_redis)]
            assert first == second
            assert await _all_of(embedded.kept) == await _all_of(on_redis.kept)


async def _answer(place: Place, number: int, call: str, said: object) -> bool:
    match call, said:
        case "mark", int(which):
            return await place.kept.mark(f"r{which}")
        case "breakers", list(breakers):
            await place.kept.show_breakers(breakers, AT)
        case "notifications", int(count):
            await place.kept.show_notifications({NotificationChannel.SMS: count})
        case "publish", int(count):
            told = [Told(text=f"{number} {one}", recommendation_id=f"r{one}") for one in range(count)]
            await place.kept.publish(told, Written(account_id="acc", place=number))
        case _:
            place.flush()
    return True


async def _all_of(kept: Coordination) -> tuple[object, ...]:
    marked = [await kept.is_marked(f"r{one}") for one in range(4)]
    sent = await kept.notifications(NotificationChannel.SMS)
    return (
        await kept.was_emptied(),
        marked,
        sent,
        dict(await kept.breakers()),
        list(await kept.decisions()),
        await kept.written(),
    )
