"""Check 8: the active pool is at least $100 for entries; sells do not ask."""

from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import Bar, buy, play, sell, tape

PENNY: Bar = (1.0, 1.01, 0.99, 1.0)
MARKET = tape({"AAA": [PENNY] * 2}, calm={"AAA": (1.0, 0.02)})


def test_one_hundred_dollars_are_enough_a_cent_less_is_not() -> None:
    assert play(MARKET, buy("AAA"), capital=100).held == {"AAA": 5}
    assert play(MARKET, buy("AAA"), capital=99.99).answers == {"buy AAA on day 0": "active_pool_minimum"}


def test_the_reserve_is_not_part_of_the_pool() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 10_000}, atrs={"AAA": 0.02}), capital=2_000_000)
    desk.put_aside(1_000_001)
    decision = desk.offer(buy("AAA"))
    assert decision is not None
    assert (decision.skip_reason, decision.failed_value) == ("active_pool_minimum", 99.9999)


def test_a_pool_below_the_minimum_still_sells() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 10_000}), capital=500_000)
    desk.hold("AAA", 20, entry=10_000)
    desk.offer(sell("AAA", 0))
    assert [t.quantity for t in desk.trades] == [20]
