"""Due within the day: at the first look after it was made; outside the window it waits until that opens."""

from datetime import timedelta

import pytest

from engine.decision.events import BreakerCleared, BreakerSet
from tests.support.tapes import INTRABAR, Path, at, buy, evening_before, minutes, play, quotes, rules, sell

CALM: Path = {0: 100}


def when(minute: float, *, stop_checks: str = "live") -> str:
    """Return when a buy of that minute is decided."""
    played = play(minutes({"AAA": {0: CALM, 1: CALM}}), buy("AAA", generated_at=at(0, minute)), stop_checks=stop_checks)
    return played.moment(played.result.books.decisions[0].at)


@pytest.mark.parametrize("how", ["live", INTRABAR])
def test_a_buy_is_decided_at_the_first_look_after_it_was_made(how: str) -> None:
    assert [when(m, stop_checks=how) for m in (30.5, 31, 30.99)] == ["day 0 31 min", "day 0 32 min", "day 0 31 min"]


@pytest.mark.parametrize("how", ["live", INTRABAR])
def test_before_the_window_it_waits_for_it_and_after_it_for_the_next(how: str) -> None:
    assert [when(m, stop_checks=how) for m in (-600, 3, 13.5, 14)] == ["day 0 15 min"] * 4
    assert when(373.5, stop_checks=how) == "day 0 374 min"
    assert [when(m, stop_checks=how) for m in (374, 380)] == ["day 1 15 min"] * 2


def test_a_sell_does_not_wait_for_the_window() -> None:
    market = minutes({"AAA": {0: CALM, 1: {0: 101, 5: 102}}})
    evening = play(market, buy("AAA"), sell("AAA", 1))
    assert evening.trades == ["50 AAA from 100.00 day 0 15 min to 101.00 day 1 open: recommendation_exit, +50.00"]
    early = play(market, buy("AAA"), sell("AAA", 1, generated_at=at(1, 4.5)))
    assert early.trades == ["50 AAA from 100.00 day 0 15 min to 102.00 day 1 5 min: recommendation_exit, +100.00"]


def test_at_one_look_sells_come_first_then_what_is_planned_then_buys() -> None:
    market = minutes({t: {0: CALM} for t in ("AAA", "BBB", "CCC")})
    asked = [buy("CCC", generated_at=at(0, 19.5), confidence=0.9), sell("AAA", 0, generated_at=at(0, 19.5))]
    policy = rules(gradual_entry_tranches=2)
    played = play(market, buy("AAA"), buy("BBB"), *asked, policy=policy)
    assert [line for line in played.fills if line.startswith("day 0 20 min")] == [
        "day 0 20 min: sold 25 AAA at 100.00, d3-1-1",
        "day 0 20 min: bought 25 BBB at 100.00, d2-2-1",
        "day 0 20 min: bought 35 CCC at 100.00, d4-1-1",
    ]


def test_several_that_waited_for_the_window_are_decided_in_the_order_of_confidence() -> None:
    market = minutes({t: {0: CALM} for t in ("AAA", "BBB", "CCC")})
    played = play(market, buy("AAA"), buy("BBB", confidence=0.9), buy("CCC", generated_at=at(0, 5), confidence=0.8))
    assert list(played.answers) == ["buy BBB on day 0", "buy CCC on day 0", "buy AAA on day 0"]


def test_without_a_price_it_waits_until_it_expires() -> None:
    market = minutes({"AAA": {0: {0: None, 200: 100}}, "BBB": {0: CALM}})
    assert play(market, buy("AAA")).fills == ["day 0 200 min: bought 50 AAA at 100.00, d1-1-1"]
    never = minutes({"AAA": {0: {0: None}, 1: CALM}, "BBB": {0: CALM}})
    assert play(never, buy("AAA")).decided == ["day 0 close: entry AAA buy AAA on day 0, expired"]


def test_a_stale_price_is_none() -> None:
    # the last print is of minute 40, its age at minute 43 is two minutes and at 44 three
    market = minutes({"AAA": {0: {0: 100, 41: None, 50: 101}}, "BBB": {0: CALM}})
    fresh = play(market, buy("AAA", generated_at=at(0, 42.5)))
    assert fresh.fills == ["day 0 43 min: bought 50 AAA at 100.00, d1-1-1"]
    stale = play(market, buy("AAA", generated_at=at(0, 43.5)))
    assert stale.fills == ["day 0 50 min: bought 49 AAA at 101.00, d1-1-1"]


def test_on_a_quote_tape_looks_are_a_minute_apart_and_see_the_last_quote() -> None:
    market = quotes({"AAA": {0: {0: 100, 30.25: 101, 30.75: 102, 31.5: 103}}})
    played = play(market, buy("AAA", generated_at=at(0, 30) + timedelta(seconds=20)))
    assert played.fills == ["day 0 31 min: bought 49 AAA at 102.00, d1-1-1"]


def test_a_quote_of_the_very_moment_is_seen() -> None:
    market = quotes({"AAA": {0: {0: 100, 31: 101}}})
    assert play(market, buy("AAA", generated_at=at(0, 30.5))).fills == ["day 0 31 min: bought 49 AAA at 101.00, d1-1-1"]


def test_on_a_quote_tape_too_a_price_older_than_two_minutes_is_none() -> None:
    market = quotes({"AAA": {0: {0: 100, 30: 100, 40: 101}}}, every=None)
    assert play(market, buy("AAA", generated_at=at(0, 31.5))).fills == ["day 0 32 min: bought 50 AAA at 100.00, d1-1-1"]
    assert play(market, buy("AAA", generated_at=at(0, 32.5))).fills == ["day 0 40 min: bought 49 AAA at 101.00, d1-1-1"]


def test_how_often_it_is_looked_is_a_setting() -> None:
    market = quotes({"AAA": {0: CALM}})
    slow = rules(polling_interval_seconds=300)
    asked = buy("AAA", generated_at=at(0, 30.5))
    assert play(market, asked, policy=slow).fills == ["day 0 35 min: bought 50 AAA at 100.00, d1-1-1"]


def test_a_buy_that_waits_for_the_window_is_judged_by_how_things_are_then_breakers() -> None:
    words = (BreakerSet(at=evening_before(0)), BreakerCleared(at=at(0, 5), breaker_id="b1"))
    played = play(minutes({"AAA": {0: CALM}}), buy("AAA"), interventions=words)
    assert played.answers == {"buy AAA on day 0": "act"}


def test_a_buy_that_waits_for_the_window_is_judged_by_how_things_are_then_holdings() -> None:
    # held at the open, stopped out at minute 5
    market = minutes({"AAA": {0: CALM, 1: {0: 98, 3: 95.5}}})
    played = play(market, buy("AAA"), buy("AAA", 1))
    assert played.answers == {"buy AAA on day 0": "act", "buy AAA on day 1": "act"}
