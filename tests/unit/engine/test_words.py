"""Words: what each asks of the core, what it is refused for, and what is said of it."""

from typing import Any

import pytest

from engine import words
from engine.decision.events import (
    BreakerCleared,
    BreakerSet,
    CloseAsked,
    PolicySet,
    ReserveAdjusted,
    TierSet,
    TradingStateSet,
)
from engine.errors import BadInput
from engine.model.audit import Asked, Word
from engine.model.portfolio import RiskTierName, TradingState
from engine.settings import Settings
from tests.support.tapes import at
from tests.support.trading_room import Room, buy_and_hold, policy

NOON = at(0, 30)


async def _said(word: Word, **arguments: str) -> Any:
    state = (await _held()).state
    return words.commands(Asked(word=word, arguments=arguments), state, Settings(policy=policy()), NOON)


async def _held() -> Any:
    room: Room = buy_and_hold(minutes=10)
    return await room.trade()


@pytest.mark.parametrize(
    ("word", "arguments", "event"),
    [
        (Word.PAUSE, {}, TradingStateSet(at=NOON, state=TradingState.REDUCING, cause="paused")),
        (Word.PAUSE, {"note": "lunch"}, TradingStateSet(at=NOON, state=TradingState.REDUCING, cause="lunch")),
        (Word.HALT, {}, TradingStateSet(at=NOON, state=TradingState.HALTED, cause="halted")),
        (Word.RESUME, {}, TradingStateSet(at=NOON, state=TradingState.ACTIVE, cause="")),
        (Word.TIER, {"name": "Aggressive"}, TierSet(at=NOON, tier=RiskTierName.AGGRESSIVE)),
        (Word.BREAKER, {"note": "news"}, BreakerSet(at=NOON, note="news")),
        (Word.CLEAR, {"breaker": "b1"}, BreakerCleared(at=NOON, breaker_id="b1")),
        (Word.RESERVE, {"amount": "-250.5"}, ReserveAdjusted(at=NOON, amount=-2_505_000, note="")),
        (Word.CLOSE, {"ticker": "aaa"}, CloseAsked(at=NOON, ticker="AAA")),
        (Word.CLOSE_ALL, {}, CloseAsked(at=NOON, ticker="AAA")),
        (Word.SET, {"max_open_positions": "4"}, PolicySet(at=NOON, policy=policy(max_open_positions=4))),
    ],
)
async def test_each_word_asks_one_thing_of_the_core(word: Word, arguments: dict[str, str], event: Any) -> None:
    assert await _said(word, **arguments) == (event,)


@pytest.mark.parametrize("word", [Word.STATUS, Word.STOP])
async def test_status_and_stop_ask_nothing_of_it(word: Word) -> None:
    assert await _said(word) == ()


@pytest.mark.parametrize(
    ("word", "arguments", "message"),
    [
        (Word.TIER, {}, "tier needs a name"),
        (Word.TIER, {"name": "reckless"}, "there is no tier 'reckless'"),
        (Word.CLEAR, {}, "clear needs a breaker"),
        (Word.CLOSE, {"ticker": ""}, "close needs a ticker"),
        (Word.RESERVE, {}, "reserve needs an amount"),
        (Word.RESERVE, {"amount": "much"}, "'much' is no amount"),
        (Word.RESERVE, {"amount": "nan"}, "'nan' is no amount"),
        (Word.RESERVE, {"amount": "0.00001"}, "'0.00001' is no amount"),
        (Word.PAUSE, {"until": "noon"}, "pause takes no 'until'"),
        (Word.CLOSE_ALL, {"ticker": "AAA"}, "close-all takes no 'ticker'"),
        (Word.SET, {}, "no setting is named"),
        (Word.SET, {"max_positions": "4"}, "there is no setting 'max_positions'"),
        (Word.SET, {"max_open_positions": "a few"}, "max_open_positions is 'a few'"),
        (Word.SET, {"max_open_positions": "-1"}, "max_open_positions"),
    ],
)
async def test_what_nobody_can_do_is_refused_in_words(word: Word, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=f"^{message}"):
        await _said(word, **arguments)


async def test_only_what_differs_has_changed() -> None:
    before = {"tier": "moderate", "cause": "", "breaker.b1": "manual"}
    after = {"tier": "moderate", "cause": "lunch", "closing.AAA": "d1"}
    assert words.changed(before, after) == (
        {"cause": "", "breaker.b1": "manual"},
        {"cause": "lunch", "closing.AAA": "d1"},
    )


@pytest.mark.parametrize("word", Word)
def test_something_can_be_said_of_every_word(word: Word) -> None:
    given = {"name": "Moderate", "breaker": "b1", "amount": "5", "ticker": "aaa"}
    said = words.done(Asked(word=word, arguments=given), {"x": "y"})
    assert said
    as_before = "" if word is Word.NOTIFY else ", as it was before"
    assert words.done(Asked(word=word, arguments=given), {}) == said + as_before
