"""Costs: slippage worsens the price of every fill, a commission comes on top."""

from engine.model.costs import CostModel
from tests.support.tapes import FLAT, Bar, buy, play, rules, sell, tape

MARKET = tape({"AAA": [FLAT, FLAT, FLAT]})


def test_five_basis_points_each_way() -> None:
    played = play(MARKET, buy("AAA", 0), sell("AAA", 1), costs=CostModel())
    assert played.trades == ["50 AAA from 100.05 day 0 15 min to 99.95 day 1 open: recommendation_exit, -5.00"]


def test_levels_are_set_from_the_price_that_was_paid() -> None:
    (first,) = play(MARKET, buy("AAA", 0), costs=CostModel()).result.books.stop_changes
    assert (first.entry_price, first.levels.stop, first.levels.target) == (1_000_500, 960_500, 1_080_500)


def test_a_stop_slips_below_its_level() -> None:
    low: Bar = (100.0, 101.0, 90.0, 95.0)
    (trade,) = play(tape({"AAA": [FLAT, low]}), buy("AAA", 0), costs=CostModel()).closed
    assert trade.exit_price == 960_020  # 96.05 * 0.9995 = 96.001975, half-even to 4 places


def test_commissions_by_order_share_and_value_add_up() -> None:
    costs = CostModel(slippage_bps=0, commission_per_order=1, commission_per_share=0.005, commission_pct=0.001)
    (trade,) = play(MARKET, buy("AAA", 0), sell("AAA", 1), costs=costs).closed
    assert trade.costs == 2 * (10_000 + 2_500 + 50_000)  # $1 + 50 * half a cent + a thousandth of $5,000
    assert trade.pnl == -trade.costs


def test_slippage_beyond_the_limit_of_the_entry_buys_nothing() -> None:
    played = play(MARKET, buy("AAA", 0), costs=CostModel(slippage_bps=51))
    assert played.held == {}
    assert played.result.books.snapshots[-1].cash == 1_000_000_000
    assert play(MARKET, buy("AAA", 0), costs=CostModel(slippage_bps=50)).held == {"AAA": 50}


def test_slippage_never_keeps_a_position_from_being_sold() -> None:
    dear_exit = rules(entry_limit_offset_pct=0.1)
    played = play(MARKET, buy("AAA", 0), sell("AAA", 1), costs=CostModel(slippage_bps=900), policy=dear_exit)
    assert len(played.trades) == 1
