"""Obedience: a person's word takes effect at once, and who said it is kept with what it did."""

from collections.abc import Sequence
from typing import Any

from engine.decision.effects import Effect
from engine.decision.events import CloseAsked, PolicySet, TierSet, TradingStateSet
from engine.errors import OutOfSpace
from engine.live_ports import LiveStore
from engine.model.audit import AuditEvent, Word
from engine.model.orders import OrderTag
from engine.model.portfolio import TradingState
from tests.support.faulty_store import FaultyStore
from tests.support.tapes import at, buy
from tests.support.trading_room import Room, buy_and_hold, quoted


async def _audits(room: Room) -> Sequence[AuditEvent]:
    return tuple(reversed(await room.reader.audits()))


def _turn_of(room: Room, kind: type[Any]) -> tuple[int, Any, Sequence[Effect]]:
    (found,) = (turn for turn in room.turns if isinstance(turn[1], kind))
    return found


async def test_a_word_takes_effect_when_it_is_said_and_not_at_the_next_look() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.4), Word.CLOSE, ticker="aaa")
    await room.trade()
    _, event, _ = _turn_of(room, CloseAsked)
    assert event.at == at(0, 10.4)
    sale = (await room.books()).executions[-1]
    assert (sale.tag, sale.fill.at) == (OrderTag.MANUAL, at(0, 10.4))
    (answer,) = room.answers
    assert (answer.done, answer.words) == (True, "AAA is being closed")


async def test_who_said_what_is_kept_in_the_turn_that_it_made_with_before_and_after() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.4), Word.TIER, name="aggressive")
    await room.trade()
    (audit,) = await _audits(room)
    assert audit.at == _turn_of(room, TierSet)[1].at == at(0, 10.4)
    assert (audit.asked.word, audit.asked.who, audit.asked.origin) == (Word.TIER, "ann", "test")
    assert (audit.done, audit.words) == (True, "the tier is aggressive")
    assert (audit.before, audit.after) == ({"tier": "moderate"}, {"tier": "aggressive"})


async def test_a_setting_holds_from_the_next_turn_on_and_its_audit_says_what_it_was() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.4), Word.SET, max_open_positions="4")
    trader = await room.trade()
    (audit,) = await _audits(room)
    assert audit.before == {"setting.max_open_positions": "10"}
    assert audit.after == {"setting.max_open_positions": "4"}
    assert _turn_of(room, PolicySet)[1].policy == trader.policy
    assert trader.policy.max_open_positions == 4


async def test_what_the_core_refuses_is_answered_and_kept_as_refused() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.2), Word.CLOSE, ticker="zzz")
    room.says(at(0, 10.4), Word.CLEAR, breaker="b7")
    room.says(at(0, 10.6), Word.RESERVE, amount="-5")
    await room.trade()
    said = ["ZZZ is not held", "no breaker b7 is on", "the reserve goes from nothing to all the cash there is"]
    assert [(answer.done, answer.words) for answer in room.answers] == [(False, words) for words in said]
    audits = await _audits(room)
    assert [(audit.done, audit.words) for audit in audits] == [(False, words) for words in said]
    assert all(audit.before == audit.after == {} for audit in audits)


async def test_what_nobody_can_do_is_answered_and_no_turn_comes_of_it() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.2), Word.TIER, name="reckless")
    room.says(at(0, 10.4), Word.SET, max_positions="3")
    await room.trade()
    assert [answer.words for answer in room.answers] == [
        "there is no tier 'reckless': there are conservative, moderate, aggressive",
        "there is no setting 'max_positions': did you mean 'max_open_positions'?",
    ]
    assert await _audits(room) == ()


async def test_everything_is_closed_in_turns_of_their_own() -> None:
    tape = quoted({ticker: {0: {0: 100.0}} for ticker in ("AAA", "BBB")})
    room = buy_and_hold(minutes=12, tape=tape, recommendations=[buy("AAA"), buy("BBB")])
    room.says(at(0, 10.2), Word.CLOSE_ALL)
    room.says(at(0, 10.4), Word.CLOSE_ALL)
    trader = await room.trade()
    assert trader.state.positions == {}
    assert [answer.words for answer in room.answers] == [
        "every position is being closed",
        "there is nothing to be done",
    ]
    assert [audit.asked.word for audit in await _audits(room)] == [Word.CLOSE_ALL, Word.CLOSE_ALL]


async def test_saying_it_twice_is_no_harm_and_is_said() -> None:
    room = buy_and_hold(minutes=12)
    room.says(at(0, 10.2), Word.PAUSE, note="lunch")
    room.says(at(0, 10.4), Word.PAUSE, note="lunch")
    trader = await room.trade()
    assert [answer.words for answer in room.answers] == [
        "entries are paused; exits are managed",
        "entries are paused; exits are managed, as it was before",
    ]
    assert trader.state.standing() == (TradingState.REDUCING, "lunch")


async def test_what_cannot_be_kept_is_answered_and_has_not_happened() -> None:
    faulty: list[FaultyStore] = []

    def wrapped(store: LiveStore) -> LiveStore:
        faulty.append(FaultyStore(store))
        return faulty[-1]

    room = buy_and_hold(minutes=12, wrapped=wrapped)

    async def fill_up() -> None:
        faulty[0].fail(1, calls=frozenset({"commit"}), error=OutOfSpace("the disk is full", hint="make room"))

    room.then(at(0, 10.2), fill_up)
    room.says(at(0, 10.3), Word.HALT)
    trader = await room.trade()
    (answer,) = room.answers
    assert (answer.done, answer.words) == (False, "the disk is full: make room")
    assert trader.state.trading is TradingState.ACTIVE
    assert not [turn for turn in room.turns if isinstance(turn[1], TradingStateSet)]


async def test_what_was_kept_is_done_even_if_nothing_can_be_kept_after_it() -> None:
    faulty: list[FaultyStore] = []

    def wrapped(store: LiveStore) -> LiveStore:
        faulty.append(FaultyStore(store))
        return faulty[-1]

    room = buy_and_hold(minutes=14, wrapped=wrapped)

    def after_the_close(call: str) -> bool:
        return call in {"commit", "brought"} and _was_closed(room) and faulty[0].failed < 3

    async def fail_then() -> None:
        faulty[0].fails = after_the_close

    room.then(at(0, 10.2), fail_then)
    room.says(at(0, 10.3), Word.CLOSE, ticker="AAA")
    trader = await room.trade()
    (answer,) = room.answers
    assert (answer.done, answer.words) == (True, "AAA is being closed")
    assert faulty[0].failed == 3
    books = await room.books()
    assert [execution.tag for execution in books.executions] == [OrderTag.ENTRY, OrderTag.MANUAL]
    assert trader.state.positions == {}
    _turn_of(room, CloseAsked)


def _was_closed(room: Room) -> bool:
    return any(isinstance(event, CloseAsked) for _, event, _ in room.turns)
