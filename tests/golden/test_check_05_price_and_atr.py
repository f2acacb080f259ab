"""Check 5: price known and fresh; ATR known (needs 15 daily bars). Missing: pending until it expires."""

import pytest

from tests.support.desk import NOON, Desk, PlainMarket
from tests.support.tapes import FLAT, buy, closing, day, opening, play, tape


def test_without_a_bar_on_the_day_the_buy_waits_and_then_expires() -> None:
    market = tape({"AAA": [None, FLAT], "BBB": [FLAT, FLAT]})
    played = play(market, buy("AAA", 0))
    decision = played.decision(buy("AAA", 0))
    assert (decision.skip_reason, decision.at) == ("expired", closing(0))


def test_fifteen_closed_bars_are_enough_fourteen_are_not() -> None:
    with_15 = tape({"AAA": [FLAT] * 2}, warm_up=15)
    assert list(play(with_15, buy("AAA", 0)).answers.values()) == ["act"]
    with_14 = tape({"AAA": [FLAT] * 2}, warm_up=14)
    assert list(play(with_14, buy("AAA", 0)).answers.values()) == ["expired"]
    assert list(play(with_14, buy("AAA", 1)).answers.values()) == ["act"]


def test_a_missing_bar_does_not_count_towards_the_fifteen() -> None:
    market = tape({"AAA": [FLAT, None, FLAT], "BBB": [FLAT] * 3}, warm_up=14)
    played = play(market, buy("AAA", 2))
    assert (played.answers, played.held) == ({"buy AAA on day 2": "act"}, {"AAA": 50})


@pytest.mark.parametrize(("age", "answer"), [(0.0, True), (120.0, True), (120.001, False)])
def test_a_price_older_than_two_minutes_is_no_price(age: float, answer: bool) -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}, age=age))
    assert (desk.offer(buy("AAA", 0)) is not None) == answer
    if not answer:
        assert [(d.reason, d.until) for d in desk.deferrals] == [("no_price", NOON)]


def test_a_ticker_that_stands_still_has_no_stop_and_is_not_bought() -> None:
    still = (50.0, 50.0, 50.0, 50.0)
    played = play(tape({"AAA": [still] * 2}, calm={"AAA": (50.0, 0.0)}), buy("AAA", 0))
    assert (played.answers, played.held) == ({"buy AAA on day 0": "expired"}, {})


def test_a_ticker_that_is_not_on_the_tape_is_never_bought() -> None:
    played = play(tape({"AAA": [FLAT] * 2}), buy("ZZZ", 0))
    assert played.answers == {"buy ZZZ on day 0": "expired"}


def test_a_buy_that_waited_is_bought_when_the_price_comes() -> None:
    market = tape({"AAA": [None, None, FLAT], "BBB": [FLAT] * 3})
    played = play(market, buy("AAA", 0, expires_at=closing(2)))
    assert played.held == {"AAA": 50}
    assert played.decision(buy("AAA", 0)).at.date() == day(2)
    assert opening(2) < played.decision(buy("AAA", 0)).at
