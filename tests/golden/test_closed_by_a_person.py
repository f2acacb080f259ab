"""Closed by a person: a word sells the whole position at the market, whatever else is going on."""

import pytest

from engine.decision.events import BreakerSet, CloseAsked, TradingStateSet
from engine.model.decisions import DecisionKind
from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, Path, Played, at, buy, minutes, play, tape

CALM: Path = {0: 100}
CLOSE = CloseAsked(at=at(0, 60), ticker="AAA")


def told(*words: object, path: Path = CALM, days: int = 1) -> Played:
    return play(minutes({"AAA": {0: path}}, days=days), buy("AAA"), interventions=words)


def refusals(played: Played) -> list[str]:
    return [f"{played.moment(n.at)}: {n.note}" for n in played.noticed(NoticeKind.COMMAND_REFUSED)]


def test_it_is_sold_at_once() -> None:
    played = told(CLOSE, path={0: 100, 60: 101})
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 101.00 day 0 60 min: manual, +50.00"]
    decision = played.result.books.decisions[-1]
    assert (decision.kind, decision.cause) == (DecisionKind.OPERATOR, "manual")


@pytest.mark.parametrize(
    "before",
    [BreakerSet(at=at(0, 30)), TradingStateSet(at=at(0, 30), state=TradingState.REDUCING, cause="a test")],
)
def test_no_breaker_and_no_pause_is_in_its_way(before: object) -> None:
    assert [t.exit_reason for t in told(before, CLOSE).closed] == ["manual"]


def test_what_is_not_held_cannot_be_closed_and_that_is_said() -> None:
    assert refusals(told(CloseAsked(at=at(0, 60), ticker="BBB"))) == ["day 0 60 min: BBB is not held"]


def test_what_is_being_sold_already_is_not_sold_twice() -> None:
    desk = Desk(PlainMarket(), fills_at_once=False)
    desk.hold("AAA", 10, entry=1_000_000)
    desk.asks_to_close("AAA")
    desk.asks_to_close("AAA")
    assert desk.sales() == ["10 AAA manual d1-1-1"]
    assert [n.note for n in desk.notices] == ["AAA is being sold already"]


def test_while_trading_is_halted_the_answer_is_no_every_time() -> None:
    desk = Desk(PlainMarket())
    desk.hold("AAA", 10, entry=1_000_000)
    desk.set_state(TradingState.HALTED)
    for _ in range(2):
        desk.asks_to_close("AAA")
    assert desk.sales() == []
    said = [d.skip_reason for d in desk.decisions] + [n.kind for n in desk.notices]
    assert len(said) == 2
    assert said[0] == "halted"


def test_of_a_ticker_without_a_price_it_waits_for_one() -> None:
    market = minutes({"AAA": {0: {0: 100, 50: None, 62: 99}}, "BBB": {0: CALM}})
    played = play(market, buy("AAA"), interventions=(CLOSE,))
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 99.00 day 0 62 min: manual, -50.00"]


def test_a_word_of_the_evening_is_filled_at_the_next_open() -> None:
    evening = CloseAsked(at=at(0, 500), ticker="AAA")
    market = minutes({"AAA": {0: CALM, 1: {0: 102}}})
    played = play(market, buy("AAA"), interventions=(evening,))
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 102.00 day 1 open: manual, +100.00"]


def test_on_a_daily_tape_a_word_within_the_day_takes_effect_at_its_close() -> None:
    played = play(
        tape({"AAA": [FLAT, (100.0, 103.0, 99.0, 102.0)]}),
        buy("AAA"),
        interventions=(CloseAsked(at=at(1, 60), ticker="AAA"),),
    )
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 102.00 day 1 close: manual, +100.00"]
