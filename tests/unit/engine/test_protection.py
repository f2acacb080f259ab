"""Protection: of how much that is held is the stop being watched?"""

from datetime import datetime, timedelta

import pytest

from engine.decision import protection
from engine.decision.decide import decide
from engine.decision.events import PricesSeen, SessionEnded
from engine.decision.protection import Protection
from engine.decision.state import State
from engine.model.portfolio import TradingState
from tests.support.desk import PlainMarket
from tests.support.tapes import at, buy
from tests.support.trading_room import buy_and_hold, policy, quoted

ALL = Protection(share=1.0, unwatched=())
RULES = policy(silent_ticker_minutes=15)


async def _holding(*tickers: str) -> State:
    tape = quoted({ticker: {0: {0: 100.0}} for ticker in tickers})
    room = buy_and_hold(minutes=10, tape=tape, recommendations=[buy(ticker) for ticker in tickers], policy=RULES)
    state = (await room.trade()).state
    assert set(state.positions) == set(tickers)
    return state


def _seen(state: State, moment: datetime, ages: dict[str, float]) -> None:
    """Have the core look at prices that are so many minutes old."""
    market = PlainMarket(prices=dict.fromkeys(ages, 1_000_000), ages={t: 60.0 * age for t, age in ages.items()})
    decide(state, PricesSeen(at=moment, market=market), RULES)


def _measured(state: State, minute: float, **strangers: int) -> Protection:
    return protection.measured(state, at(0, minute), RULES, strangers)


async def test_shares_with_a_stop_and_a_fresh_price_are_protected() -> None:
    assert _measured(await _holding("AAA", "BBB"), 10) == ALL


async def test_who_holds_nothing_is_protected() -> None:
    state = await _holding("AAA")
    state.positions.clear()
    assert _measured(state, 10) == ALL


async def test_a_silent_ticker_is_not_watched_and_counts_by_its_shares() -> None:
    state = await _holding("AAA", "BBB")
    shares = {ticker: position.quantity for ticker, position in state.positions.items()}
    _seen(state, at(0, 30), {"AAA": 16, "BBB": 0})
    found = _measured(state, 30)
    assert found.unwatched == ("AAA",)
    assert found.share == pytest.approx(shares["BBB"] / sum(shares.values()))


async def test_nothing_is_silent_once_the_market_has_closed() -> None:
    state = await _holding("AAA", "BBB")
    _seen(state, at(0, 30), {"AAA": 16, "BBB": 0})
    assert state.session
    decide(state, SessionEnded(at=state.session.close_at, session=state.session), RULES)
    assert protection.measured(state, state.session.close_at + timedelta(hours=1), RULES, {}) == ALL


async def test_while_trading_is_halted_no_stop_is_watched() -> None:
    state = await _holding("AAA", "BBB")
    state.trading = TradingState.HALTED
    assert _measured(state, 10) == Protection(share=0.0, unwatched=("AAA", "BBB"))


async def test_shares_that_only_the_broker_knows_of_are_not_watched() -> None:
    state = await _holding("AAA")
    held = state.positions["AAA"].quantity
    assert _measured(state, 10, ZZZ=held) == Protection(share=0.5, unwatched=("ZZZ",))
    assert _measured(state, 10, AAA=held) == Protection(share=0.5, unwatched=("AAA",))
