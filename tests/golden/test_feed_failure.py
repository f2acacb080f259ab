"""Feed failure: several held tickers silent at once, or no print at all. Exits only, an alarm, and nothing is sold."""

from typing import Any

import pytest

from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import Path, Played, at, buy, minutes, play, rules, sell

CALM: Path = {0: 100}
LOST: Path = {0: 100, 40: None, 70: 100}
FAILED, BACK = "day 0 55 min: feed_failure!", "day 0 70 min: feed_recovered"


def tickers(count: int) -> list[str]:
    return [chr(65 + n) * 3 for n in range(count)]


def silent(lost: int, *, held: int, path: Path = LOST, **settings: object) -> Played:
    """Return a run that holds `held` tickers; the first `lost` of them are silent from minute 40 to 70. ZZZ ticks."""
    names = tickers(held)
    market = minutes({**{t: {0: path if n < lost else CALM} for n, t in enumerate(names)}, "ZZZ": {0: CALM}})
    policy = rules(moderate={"max_sector_pct": 1.0}, **settings)
    asked = [buy("ZZZ", generated_at=at(0, 60), recommendation_id="meanwhile")]
    asked += [buy("ZZZ", generated_at=at(0, 75), recommendation_id="afterwards")]
    return play(market, *map(buy, names), *asked, policy=policy)


def test_three_held_tickers_at_once_are_a_failure_of_the_feed() -> None:
    played = silent(3, held=8)
    assert played.notices == [FAILED, BACK]
    (told,) = played.noticed(NoticeKind.FEED_FAILURE)
    assert (told.value, told.limit, told.is_alarm) == (3, 8, True)


def test_nothing_is_sold_by_it() -> None:
    played = silent(3, held=8)
    assert played.trades == []
    assert set(played.held) == {*tickers(8), "ZZZ"}


def test_entries_stop_until_it_is_over() -> None:
    played = silent(3, held=8)
    assert [played.answers[name] for name in ("meanwhile", "afterwards")] == ["not_active", "act"]
    decision = next(d for d in played.result.books.decisions if d.cause == "meanwhile")
    assert decision.trace is not None
    assert decision.trace.first_failure is not None
    assert decision.trace.first_failure.note == "reducing: feed_failure"


def test_a_third_of_what_is_held_is_one_too() -> None:
    assert silent(2, held=6).notices == [FAILED, BACK]


def test_less_than_a_third_is_the_affair_of_the_tickers() -> None:
    played = silent(2, held=7)
    assert played.notices == ["day 0 55 min: ticker_silent AAA", "day 0 55 min: ticker_silent BBB"]
    assert [t.exit_reason for t in played.closed] == ["no_price", "no_price"]


def test_two_of_two_are_a_failure_and_one_of_two_is_not() -> None:
    assert silent(2, held=2).notices == [FAILED, BACK]
    assert silent(1, held=2).notices == ["day 0 55 min: ticker_silent AAA"]


def test_one_of_one_is_not_while_another_ticks() -> None:
    assert silent(1, held=1).notices == ["day 0 55 min: ticker_silent AAA"]


def test_no_print_of_anything_is_one_with_a_single_position_or_none() -> None:
    market = minutes({"AAA": {0: LOST}})
    held = play(market, buy("AAA"))
    assert (held.notices, held.trades) == ([FAILED, BACK], [])
    assert play(market).notices == [FAILED, BACK]


def test_no_print_since_the_open_is_one_after_15_minutes() -> None:
    market = minutes({"AAA": {0: CALM, 1: {0: None, 20: 100}}})
    assert play(market, buy("AAA")).notices == ["day 1 15 min: feed_failure!", "day 1 20 min: feed_recovered"]


def test_when_only_one_stays_silent_the_feed_is_back_and_the_ticker_is_asked_about() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None, 90: 99}}, "BBB": {0: LOST}, "ZZZ": {0: CALM}})
    played = play(market, buy("AAA"), buy("BBB"))
    assert played.notices == [FAILED, BACK, "day 0 70 min: ticker_silent AAA"]
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 99.00 day 0 90 min: no_price, -50.00"]


def test_an_answer_that_comes_after_the_failure_sells_nothing_and_is_asked_for_again_when_the_feed_is_back() -> None:
    desk = Desk(PlainMarket())
    for ticker in ("AAA", "BBB", "CCC", "DDD"):
        desk.hold(ticker, 10, entry=1_000_000)
    desk.opens()
    desk.market.ages["AAA"] = 900
    desk.sees(at(0, 60))
    desk.market.ages |= {"BBB": 900, "CCC": 900}
    desk.sees(at(0, 61))
    desk.is_told_of("AAA", is_halted=False, at=at(0, 61))
    assert (desk.asked, desk.sales()) == (["AAA"], [])
    desk.market.ages = {"AAA": 1020}
    desk.sees(at(0, 62))
    desk.is_told_of("AAA", is_halted=False, at=at(0, 62))
    assert (desk.asked, desk.sales()) == (["AAA", "AAA"], ["10 AAA no_price d1-1-1"])


def test_exits_go_on_while_it_lasts_and_wait_for_a_price_where_there_is_none() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None, 70: 98}}, "BBB": {0: LOST}, "CCC": {0: LOST}, "DDD": {0: CALM}})
    asked = [sell(t, generated_at=at(0, 59), on=0) for t in ("AAA", "DDD")]
    played = play(market, *map(buy, ("AAA", "BBB", "CCC", "DDD")), *asked)
    assert [t.exit_reason for t in played.closed] == ["recommendation_exit"] * 2
    assert [played.moment(t.exit_at) for t in played.closed] == ["day 0 60 min", "day 0 70 min"]


def test_what_is_planned_is_cancelled() -> None:
    policy = rules(gradual_entry_tranches=3, gradual_entry_interval_minutes=60)
    market = minutes({"AAA": {0: LOST}, "BBB": {0: LOST}, "ZZZ": {0: CALM}})
    played = play(market, buy("AAA"), buy("BBB"), policy=policy)
    assert played.notices == [
        FAILED,
        "day 0 55 min: tranches_cancelled AAA",
        "day 0 55 min: tranches_cancelled BBB",
        BACK,
    ]
    assert {n.note.split(": ")[1] for n in played.noticed(NoticeKind.TRANCHES_CANCELLED)} == {"feed_failure"}
    assert len(played.fills) == 2


def test_a_day_that_ends_with_it_says_so_and_the_next_open_ends_it() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None}, 1: CALM}})
    played = play(market, buy("AAA"))
    assert played.notices == [FAILED, "day 1 open: feed_recovered"]
    states = [s.trading_state for s in played.result.books.snapshots]
    assert states[-2:] == [TradingState.REDUCING, TradingState.ACTIVE]


@pytest.mark.parametrize(
    ("settings", "failures"), [({"feed_failure_tickers": 2}, 1), ({"feed_failure_share": 0.2}, 1), ({}, 0)]
)
def test_how_many_are_settings(settings: dict[str, Any], failures: int) -> None:
    assert len(silent(2, held=8, **settings).noticed(NoticeKind.FEED_FAILURE)) == failures
