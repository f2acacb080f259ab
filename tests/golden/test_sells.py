"""Sells: a sell recommendation closes the whole position whenever the market is open."""

from datetime import timedelta

import pytest

from engine.model.recommendation import Mode
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, Bar, buy, opening, play, rules, sell, tape

UP: Bar = (103.0, 104.0, 102.0, 103.5)
MARKET = tape({"AAA": [FLAT, UP, UP], "BBB": [FLAT] * 3})


def test_a_sell_closes_the_whole_position_at_the_open() -> None:
    played = play(MARKET, buy("AAA", 0), sell("AAA", 1))
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 103.00 day 1 open: recommendation_exit, +150.00"]


def test_what_is_not_held_cannot_be_sold() -> None:
    played = play(MARKET, sell("AAA", 0), buy("AAA", 0), sell("BBB", 1))
    assert played.answers == {
        "sell AAA on day 0": "not_held",
        "buy AAA on day 0": "act",
        "sell BBB on day 1": "not_held",
    }


def test_every_confidence_sells_by_default() -> None:
    assert play(MARKET, buy("AAA", 0), sell("AAA", 1, confidence=0.0)).held == {}


def test_a_sell_below_the_exit_minimum_is_skipped_and_exactly_at_it_sells() -> None:
    demanding = rules(exit_min_confidence=0.6)
    weak = play(MARKET, buy("AAA", 0), sell("AAA", 1, confidence=0.59), policy=demanding)
    assert (weak.answers["sell AAA on day 1"], weak.held) == ("low_confidence", {"AAA": 50})
    assert play(MARKET, buy("AAA", 0), sell("AAA", 1, confidence=0.6), policy=demanding).held == {}


def test_the_second_sell_of_the_day_finds_nothing() -> None:
    again = sell("AAA", 1, confidence=0.5, recommendation_id="again")
    played = play(MARKET, buy("AAA", 0), sell("AAA", 1), again)
    assert played.answers["again"] == "not_held"
    assert len(played.trades) == 1


def test_the_proceeds_of_a_sell_at_the_open_pay_for_a_buy_of_the_same_day() -> None:
    loose = {"max_position_pct": 1, "max_sector_pct": 10, "max_portfolio_heat": 10}
    all_in = rules(base_allocation_pct=1, absolute_position_cap=1e12, entry_limit_offset_pct=0, moderate=loose)
    played = play(MARKET, buy("AAA", 0), sell("AAA", 1, confidence=0.1), buy("BBB", 1, confidence=1), policy=all_in)
    assert [f"{e.fill.side} {e.fill.quantity} {e.fill.ticker}" for e in played.result.books.executions] == [
        "buy 1000 AAA",
        "sell 1000 AAA",
        "buy 1024 BBB",  # $103,000 less the fifth of $3,000 that went into the reserve
    ]


def test_a_sell_for_the_wrong_account_or_too_old_is_skipped() -> None:
    played = play(
        MARKET,
        buy("AAA", 0),
        sell("AAA", 1, mode=Mode.OTHER, recommendation_id="other"),
        sell("AAA", 1, expires_at=opening(1), recommendation_id="old"),
    )
    assert (played.answers["other"], played.answers["old"]) == ("wrong_mode", "expired")
    assert played.held == {"AAA": 50}


@pytest.mark.parametrize("minutes", [-1, 390])
def test_a_sell_while_the_market_is_shut_waits_for_the_next_open(minutes: int) -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}))
    desk.hold("AAA", 10, entry=1_000_000)
    assert desk.offer(sell("AAA", 1), at=opening(0) + timedelta(minutes=minutes)) is None
    assert [d.until for d in desk.deferrals] == [opening(0 if minutes < 0 else 1)]
    assert desk.orders == []
