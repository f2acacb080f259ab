"""Reserve: a fifth of each realised profit, to the cent, until it holds more than 30 % of everything."""

import pytest

from engine.model.costs import CostModel
from tests.support.tapes import FLAT, Bar, buy, play, rules, sell, tape

UP: Bar = (103.0, 103.5, 102.5, 103.0)
WIN = tape({"AAA": [FLAT, UP, UP]})


def test_a_fifth_of_a_profit_is_put_aside_and_leaves_the_active_pool() -> None:
    played = play(WIN, buy("AAA", 0), sell("AAA", 1))
    (entry,) = played.result.books.reserve_entries
    assert (entry.amount, entry.balance_after) == (300_000, 300_000)  # $30 of $150
    last = played.result.books.snapshots[-1]
    assert (last.total_value, last.reserve, last.active_pool) == (1_001_500_000, 300_000, 1_001_200_000)


def test_the_profit_is_after_costs() -> None:
    played = play(WIN, buy("AAA", 0), sell("AAA", 1), costs=CostModel(slippage_bps=0, commission_per_order=25))
    assert [e.amount for e in played.result.books.reserve_entries] == [200_000]  # a fifth of $150 - $50


def test_a_loss_or_nothing_moves_nothing() -> None:
    down: Bar = (98.0, 98.5, 97.5, 98.0)
    assert play(tape({"AAA": [FLAT, down]}), buy("AAA", 0), sell("AAA", 1)).result.books.reserve_entries == ()
    assert play(tape({"AAA": [FLAT, FLAT]}), buy("AAA", 0), sell("AAA", 1)).result.books.reserve_entries == ()


@pytest.mark.parametrize(("siphon", "cents"), [(0.0001, 200), (0.0003, 400), (0.00025, 400), (0.00035, 500)])
def test_half_a_cent_goes_to_the_even_cent(siphon: float, cents: int) -> None:
    # of $150: 1.5 cents -> 2, 4.5 -> 4, 3.75 -> 4, 5.25 -> 5
    played = play(WIN, buy("AAA", 0), sell("AAA", 1), policy=rules(reserve_siphon_pct=siphon))
    assert [e.amount for e in played.result.books.reserve_entries] == [cents]


def test_above_the_high_water_mark_siphoning_rests() -> None:
    policy = rules(reserve_high_water_pct=0.0002)
    bars: list[Bar] = [FLAT, UP, FLAT, UP]
    played = play(tape({"AAA": bars}), buy("AAA", 0), sell("AAA", 1), buy("AAA", 2), sell("AAA", 3), policy=policy)
    assert [t.pnl > 0 for t in played.closed] == [True, True]
    assert len(played.result.books.reserve_entries) == 1  # $30 of $100,150 is more than 0.02 %


def test_it_can_be_switched_off() -> None:
    assert play(WIN, buy("AAA", 0), sell("AAA", 1), policy=rules(reserve_siphon_pct=0)).result.metrics.reserve == 0
