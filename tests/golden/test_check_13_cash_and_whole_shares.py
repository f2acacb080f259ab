"""Check 13: cash less reserve, at the worst price; whole shares, rounded down; reject below one."""

from engine.model.costs import CostModel
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import FLAT, Bar, buy, play, rules, tape

ALL_IN = rules(
    base_allocation_pct=1,
    absolute_position_cap=1e12,
    entry_limit_offset_pct=0,
    moderate={"max_position_pct": 1, "max_sector_pct": 10, "max_portfolio_heat": 10},
)


def test_shares_are_rounded_down() -> None:
    market = tape({"AAA": [(101.0, 102.0, 100.0, 101.0)]})
    assert play(market, buy("AAA")).held == {"AAA": 49}  # $5,000 / $101 = 49.5


def test_less_than_one_share_is_rejected() -> None:
    market = tape({"AAA": [(5_001.0, 5_002.0, 5_000.0, 5_001.0)]}, calm={"AAA": (5_001.0, 2.0)})
    played = play(market, buy("AAA"))
    assert played.answers == {"buy AAA on day 0": "below_one_share"}
    assert played.result.unaffordable == ()  # one share is below the largest position of $8,000


def test_a_share_above_the_largest_position_is_named_as_unaffordable() -> None:
    market = tape({"AAA": [(8_001.0, 8_002.0, 8_000.0, 8_001.0)]}, calm={"AAA": (8_001.0, 2.0)})
    assert play(market, buy("AAA")).result.unaffordable == ("AAA",)


def test_one_share_of_exactly_the_size_is_bought() -> None:
    market = tape({"AAA": [(5_000.0, 5_001.0, 4_999.0, 5_000.0)]})
    assert play(market, buy("AAA")).held == {"AAA": 1}


def test_an_entry_is_cut_to_what_the_cash_pays_at_the_worst_price() -> None:
    market = tape({"AAA": [FLAT], "BBB": [FLAT]})
    loose = {"max_position_pct": 1, "max_sector_pct": 10, "max_portfolio_heat": 10}
    most = rules(base_allocation_pct=0.6, absolute_position_cap=1e12, moderate=loose)
    played = play(market, buy("AAA", confidence=0.66), buy("BBB"), policy=most)
    first, second = played.held["AAA"], played.held["BBB"]
    assert first == 609  # 60 % * 0.66 / 0.65
    assert second == 389  # $39,100 left / $100.50


def test_without_cash_for_one_share_the_reason_is_cash() -> None:
    market = tape({"AAA": [FLAT], "BBB": [FLAT]})
    played = play(market, buy("AAA", confidence=0.66), buy("BBB"), policy=ALL_IN)
    assert played.held == {"AAA": 1000}
    assert played.answers["buy BBB on day 0"] == "cash"


def test_the_commission_is_part_of_what_the_cash_must_pay() -> None:
    market = tape({"AAA": [FLAT]})
    played = play(market, buy("AAA"), policy=ALL_IN, costs=CostModel(slippage_bps=0, commission_per_order=0.01))
    assert played.held == {"AAA": 999}
    assert played.result.books.snapshots[-1].cash == 999_900  # $99.99


def test_the_reserve_is_no_cash_for_entries() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}), policy=ALL_IN, capital=10_000_000)
    desk.put_aside(9_000_001)
    rejected = desk.offer(buy("AAA"))
    assert rejected is not None
    assert rejected.skip_reason == "active_pool_minimum"
    desk.put_aside(8_000_000)
    bought = desk.offer(buy("AAA"))
    assert bought is not None
    assert bought.shares == 2


def test_a_penny_stock_is_bought_by_the_share_too() -> None:
    penny: Bar = (0.0123, 0.0124, 0.0122, 0.0123)
    played = play(tape({"AAA": [penny]}, calm={"AAA": (0.0123, 0.0002)}), buy("AAA"))
    assert played.held == {"AAA": 406_504}  # $5,000 / $0.0123
