"""Halted by a person: nothing leaves. What would leave is decided once a day, and sold when the halt ends."""

from typing import Any

from engine.decision.events import TradingStateSet
from engine.model.portfolio import TradingState
from tests.support.tapes import INTRABAR, Path, Played, at, buy, minutes, play, rules, sell, signal

UNTIL = "50 AAA from 100.00 day 0 15 min to"
FALLS: Path = {0: 100, 40: 95.9}


def word(day: int, minute: float, state: TradingState) -> TradingStateSet:
    return TradingStateSet(at=at(day, minute), state=state, cause="a person")


HALT = word(0, 30, TradingState.HALTED)


def halted(*words: TradingStateSet, path: Path = FALLS, days: int = 1, **how: Any) -> Played:
    return play(minutes({"AAA": {0: path}}, days=days), buy("AAA"), interventions=(HALT, *words), **how)


def exits(played: Played) -> list[str]:
    return [line for line in played.decided if ": exit" in line]


def test_a_stop_that_is_passed_sells_nothing_and_is_decided_once() -> None:
    played = halted()
    assert played.trades == []
    assert exits(played) == ["day 0 40 min: exit AAA stop_loss, halted"]


def test_on_the_next_day_it_is_decided_once_more() -> None:
    assert exits(halted(days=3)) == [
        "day 0 40 min: exit AAA stop_loss, halted",
        "day 1 open: exit AAA stop_loss, halted",
        "day 2 open: exit AAA stop_loss, halted",
    ]


def test_it_is_sold_at_the_first_check_after_the_halt_ended() -> None:
    played = halted(word(0, 62, TradingState.ACTIVE), path={**FALLS, 64: 95.5})
    assert played.trades == [f"{UNTIL} 95.50 day 0 65 min: stop_loss, -225.00"]


def test_a_pause_lets_it_out_as_well() -> None:
    played = halted(word(0, 62, TradingState.REDUCING))
    assert played.trades == [f"{UNTIL} 95.90 day 0 65 min: stop_loss, -205.00"]


def test_one_whose_price_has_come_back_by_then_is_kept() -> None:
    played = halted(word(0, 62, TradingState.ACTIVE), path={**FALLS, 60: 97})
    assert (played.trades, played.held) == ([], {"AAA": 50})


def test_what_was_called_back_is_sold_when_the_halt_ends() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None, 70: 99}}, "BBB": {0: {0: 100}}})
    words = (word(0, 60, TradingState.HALTED), word(0, 90, TradingState.ACTIVE))
    played = play(market, buy("AAA"), interventions=words)
    assert [t.exit_at for t in played.closed] == [at(0, 90)]


def test_a_sell_recommendation_is_answered_with_no() -> None:
    asked = sell("AAA", 0, generated_at=at(0, 60))
    market = minutes({"AAA": {0: {0: 100}}})
    played = play(market, buy("AAA"), asked, interventions=(HALT,))
    assert played.decision(asked).skip_reason == "halted"
    assert played.held == {"AAA": 50}


def test_a_micro_position_whose_time_is_over_stays_until_the_halt_ends() -> None:
    market = minutes({"AAA": {0: {0: 100}}})
    words = (HALT, word(0, 200, TradingState.ACTIVE))
    played = play(market, signals=[signal("AAA", 0, 20)], policy=rules(micro_trading_enabled=True), interventions=words)
    assert exits(played) == [
        "day 0 141 min: exit AAA micro_close, halted",
        "day 0 200 min: exit AAA micro_close, act",
    ]


def test_a_micro_position_that_could_not_be_closed_before_the_night_is_closed_at_the_next_look() -> None:
    # opened at minute 351: 120 minutes of market time would be over at minute 81 of the next day
    words = (word(0, 380, TradingState.HALTED), word(1, 10, TradingState.ACTIVE))
    market = minutes({"AAA": {0: {0: 100}, 1: {0: 100}}})
    played = play(
        market, signals=[signal("AAA", 0, 350)], policy=rules(micro_trading_enabled=True), interventions=words
    )
    assert exits(played) == [
        "day 0 385 min: exit AAA micro_close, halted",
        "day 1 open: exit AAA micro_close, halted",
        "day 1 10 min: exit AAA micro_close, act",
    ]


def test_what_was_on_its_way_is_called_back() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None, 70: 99}}, "BBB": {0: {0: 100}}})
    played = play(market, buy("AAA"), interventions=(word(0, 60, TradingState.HALTED),))
    assert exits(played)[0] == "day 0 55 min: exit AAA no_price, act"  # it waits for a price
    assert (played.trades, played.held) == ([], {"AAA": 50})


def test_inside_the_bars_too() -> None:
    played = halted(word(0, 62, TradingState.ACTIVE), stop_checks=INTRABAR)
    assert exits(played) == ["day 0 40 min: exit AAA stop_loss, halted", "day 0 62 min: exit AAA stop_loss, act"]


def test_entries_are_skipped() -> None:
    asked = buy("AAA", generated_at=at(0, 60))
    played = play(minutes({"AAA": {0: {0: 100}}}), asked, interventions=(HALT,))
    assert played.decision(asked).skip_reason == "not_active"
