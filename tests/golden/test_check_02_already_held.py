"""Check 2: no open position and no working order in the ticker; ticker not cooling down."""

from datetime import timedelta

from tests.support.desk import NOON, Desk, PlainMarket
from tests.support.tapes import FLAT, buy, opening, play, sell, tape

QUIET = tape({"AAA": [FLAT] * 5})


def test_a_held_ticker_is_not_bought_again_but_its_confidence_is_updated() -> None:
    played = play(QUIET, buy("AAA", 0, confidence=0.70), buy("AAA", 1, confidence=0.90))
    assert played.answers == {"buy AAA on day 0": "act", "buy AAA on day 1": "already_held"}
    confidences = [s.positions[0].signal_confidence for s in played.result.books.snapshots if s.positions]
    assert confidences == [0.70, 0.90, 0.90, 0.90, 0.90]


def test_a_newer_recommendation_below_the_gate_lowers_the_confidence_of_what_is_held() -> None:
    played = play(QUIET, buy("AAA", 0, confidence=0.70), buy("AAA", 2, confidence=0.30))
    assert played.result.books.snapshots[-1].positions[0].signal_confidence == 0.30


def test_an_older_recommendation_does_not_update_the_confidence() -> None:
    twice = buy("AAA", 0, confidence=0.66, recommendation_id="the weaker of two")
    played = play(QUIET, buy("AAA", 0, confidence=0.80), twice)
    assert played.answers["the weaker of two"] == "already_held"
    assert played.result.books.snapshots[-1].positions[0].signal_confidence == 0.80


def test_of_two_newer_recommendations_the_newest_sets_the_confidence() -> None:
    morning, afternoon = opening(1) + timedelta(hours=1), opening(1) + timedelta(hours=5)
    played = play(
        QUIET,
        buy("AAA", 0, confidence=0.70),
        buy("AAA", confidence=0.60, generated_at=morning, recommendation_id="morning"),
        buy("AAA", confidence=0.90, generated_at=afternoon, recommendation_id="afternoon"),
    )
    assert played.result.books.snapshots[-1].positions[0].signal_confidence == 0.90


def test_a_ticker_sold_at_the_open_may_be_bought_again_in_the_window() -> None:
    played = play(QUIET, buy("AAA", 0), sell("AAA", 1), buy("AAA", 1))
    assert played.answers["buy AAA on day 1"] == "act"
    assert played.held == {"AAA": 50}


def test_a_ticker_whose_sale_waits_for_a_price_is_still_held() -> None:
    market = tape({"AAA": [FLAT, None, FLAT], "BBB": [FLAT] * 3})
    played = play(market, buy("AAA", 0), sell("AAA", 1), buy("AAA", 1))
    assert played.answers["buy AAA on day 1"] == "already_held"


def test_a_cooling_ticker_is_not_bought_until_its_time_is_over() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}))
    desk.state.cool_downs["AAA"] = NOON
    early = desk.offer(buy("AAA", 0), at=NOON - timedelta(microseconds=1))
    assert early is not None
    assert early.skip_reason == "cooling_down"
    on_time = desk.offer(buy("AAA", 0), at=NOON)
    assert on_time is not None
    assert on_time.skip_reason is None
