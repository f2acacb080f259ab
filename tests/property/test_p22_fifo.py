"""Property 22: lots are closed first in, first out, and every ten-thousandth of a dollar is accounted for."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from engine.accounting import tax_lots
from engine.errors import BrokenInvariant
from engine.model.positions import Lot
from tests.support.tapes import opening

Purchase = tuple[int, int, int]
purchases = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 10**7), st.integers(0, 50_000)), min_size=1, max_size=6
)
"""(shares, total cost, commission)"""
sales = st.lists(st.tuples(st.integers(1, 80), st.integers(1, 10**6), st.integers(0, 50_000)), max_size=6)
"""(shares, price, commission)"""


def lots_of(bought: list[Purchase]) -> tuple[Lot, ...]:
    """Return a lot for each purchase, a day apart."""
    return tuple(
        Lot(lot_id=f"lot{i}", ticker="AAA", quantity=n, cost=cost, commission=fee, acquired_at=opening(i))
        for i, (n, cost, fee) in enumerate(bought)
    )


@given(purchases, sales)
@example([(3, 11, 0)], [(1, 5, 0), (1, 5, 0), (1, 5, 0)])
def test_p22_the_oldest_shares_go_first_and_nothing_is_lost(bought: list[Purchase], sold: list[Purchase]) -> None:
    lots = lots_of(bought)
    queue = [lot.lot_id for lot in lots for _ in range(lot.quantity)]
    gone: list[str] = []
    cost = paid = charged = 0
    for i, (shares, price, fee) in enumerate(sold):
        held = sum(lot.quantity for lot in lots)
        if shares > held:
            with pytest.raises(BrokenInvariant):
                tax_lots.close_fifo(lots, shares, price=price, commission=fee, at=opening(20))
            continue
        at = opening(20) + timedelta(minutes=i)
        closures, lots = tax_lots.close_fifo(lots, shares, price=price, commission=fee, at=at)
        gone += [c.lot_id for c in closures for _ in range(c.quantity)]
        assert sum(c.quantity for c in closures) == shares
        assert sum(c.proceeds for c in closures) == shares * price
        for closure in closures:
            assert closure.realised == closure.quantity * price - closure.cost
            number = int(closure.lot_id.removeprefix("lot"))
            of, total, _ = bought[number]
            assert abs(closure.cost - Fraction(total, of) * closure.quantity) <= of
            assert (closure.acquired_at, closure.closed_at) == (opening(number), at)
        cost += sum(c.cost for c in closures)
        paid += sum(c.commission for c in closures)
        charged += fee
    assert gone == queue[: len(gone)]
    assert sum(lot.quantity for lot in lots) == len(queue) - len(gone)
    assert cost + sum(lot.cost for lot in lots) == sum(c for _, c, _ in bought)
    assert paid + sum(lot.commission for lot in lots) == charged + sum(f for _, _, f in bought)
    assert all(lot.quantity > 0 for lot in lots)
    event(f"lots left: {len(lots)}")


@given(purchases)
def test_p22_selling_everything_at_once_leaves_nothing(bought: list[Purchase]) -> None:
    lots = lots_of(bought)
    closures, left = tax_lots.close_fifo(lots, sum(n for n, _, _ in bought), price=7, commission=3, at=opening(20))
    assert left == ()
    assert [(c.lot_id, c.quantity, c.cost) for c in closures] == [(x.lot_id, x.quantity, x.cost) for x in lots]


def test_p22_the_remainder_goes_with_the_last_share_sold() -> None:
    lots = lots_of([(3, 11, 0)])
    costs = []
    for _ in range(3):
        closures, lots = tax_lots.close_fifo(lots, 1, price=5, commission=0, at=opening(20))
        costs.append(closures[0].cost)
    assert costs == [3, 3, 5]


ratios = st.one_of(
    st.builds(Fraction, st.integers(1, 20), st.integers(1, 20)),
    st.sampled_from((Fraction(2), Fraction(3, 2), Fraction(1, 10), Fraction(1, 1000))),
)


@given(purchases, ratios)
def test_p22_a_split_keeps_cost_order_and_all_but_a_fraction_of_a_share(
    bought: list[Purchase], ratio: Fraction
) -> None:
    lots = lots_of(bought)
    after, fraction = tax_lots.split(lots, ratio)
    total = sum(n for n, _, _ in bought) * ratio
    assert sum(lot.quantity for lot in after) + fraction == total
    assert 0 <= fraction < 1
    event(f"lots vanished: {len(lots) > len(after)}")
    if after:
        assert sum(lot.cost for lot in after) == sum(c for _, c, _ in bought)
        assert sum(lot.commission for lot in after) == sum(f for _, _, f in bought)
        assert [lot.acquired_at for lot in after] == sorted(lot.acquired_at for lot in after)
        assert all(lot.quantity > 0 for lot in after)
    else:
        assert total < 1
