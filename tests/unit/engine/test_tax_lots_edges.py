"""Tax lots: small ledgers, sold and split by hand."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from engine.accounting import tax_lots
from engine.errors import BrokenInvariant
from engine.model.positions import Lot, LotClosure
from tests.support.tapes import opening

SOLD_AT = opening(20)


def lot(number: int, quantity: int, cost: int, commission: int = 0, **fields: Any) -> Lot:
    """Return the lot that was bought on day `number`."""
    return Lot(
        lot_id=f"lot{number}",
        ticker="AAA",
        quantity=quantity,
        cost=cost,
        commission=commission,
        acquired_at=opening(number),
        **fields,
    )


def sell(
    lots: tuple[Lot, ...], quantity: int, *, price: int = 100, commission: int = 0
) -> tuple[tuple[LotClosure, ...], tuple[Lot, ...]]:
    return tax_lots.close_fifo(lots, quantity, price=price, commission=commission, at=SOLD_AT)


def closed(number: int, quantity: int, cost: int, commission: int = 0, *, price: int = 100) -> LotClosure:
    return LotClosure(
        lot_id=f"lot{number}",
        ticker="AAA",
        quantity=quantity,
        cost=cost,
        proceeds=quantity * price,
        commission=commission,
        acquired_at=opening(number),
        closed_at=SOLD_AT,
    )


@pytest.mark.parametrize(("shares", "part"), [(0, 0), (1, 33), (2, 66), (3, 100)])
def test_a_part_is_whole_and_the_last_share_takes_the_rest(shares: int, part: int) -> None:
    assert tax_lots.part_of(100, shares, 3) == part


def test_a_sale_out_of_one_lot_leaves_the_rest_of_its_shares_cost_and_commission() -> None:
    closures, left = sell((lot(0, 10, 1_003, 25),), 4, commission=7)
    assert closures == (closed(0, 4, 400, 8 + 7),)
    assert left == (lot(0, 6, 603, 17, share_cost=100),)


def test_the_next_sale_goes_by_what_a_share_of_the_whole_lot_had_cost() -> None:
    """603 for 6 shares is 100.5; for the whole lot it had been 100."""
    _, left = sell((lot(0, 10, 1_090),), 4)
    closures, left = sell(left, 5)
    assert closures == (closed(0, 5, 5 * 109),)
    assert left == (lot(0, 1, 109, share_cost=109),)
    _, left = sell((lot(0, 3, 11),), 1)
    assert left == (lot(0, 2, 8, share_cost=3),)
    closures, left = sell(left, 1)
    assert (closures[0].cost, left) == (3, (lot(0, 1, 5, share_cost=3),))


def test_a_share_that_cost_nothing_keeps_costing_nothing() -> None:
    closures, left = sell((lot(0, 3, 9, share_cost=0),), 2)
    assert (closures[0].cost, left[0].cost, left[0].share_cost) == (0, 9, 0)


def test_a_sale_over_three_lots_takes_the_oldest_and_leaves_part_of_the_third() -> None:
    lots = (lot(0, 2, 20, 4), lot(1, 3, 60, 6), lot(2, 5, 500, 10), lot(3, 1, 1))
    closures, left = sell(lots, 6, commission=60)
    assert closures == (closed(0, 2, 20, 4 + 20), closed(1, 3, 60, 6 + 30), closed(2, 1, 100, 2 + 10))
    assert left == (lot(2, 4, 400, 8, share_cost=100), lot(3, 1, 1))


def test_the_sale_s_commission_is_divided_by_shares_and_the_last_lot_takes_the_rest() -> None:
    closures, _ = sell((lot(0, 1, 1), lot(1, 1, 1), lot(2, 1, 1)), 3, commission=11)
    assert [c.commission for c in closures] == [3, 4, 4]


def test_a_sale_of_everything_leaves_nothing_and_a_sale_of_a_whole_lot_leaves_the_others_untouched() -> None:
    lots = (lot(0, 2, 20), lot(1, 3, 60))
    assert sell(lots, 5)[1] == ()
    assert sell(lots, 2)[1] == (lot(1, 3, 60),)


@pytest.mark.parametrize("quantity", [0, -1, 6])
def test_what_is_not_there_cannot_be_sold(quantity: int) -> None:
    with pytest.raises(BrokenInvariant) as broken:
        sell((lot(0, 2, 20), lot(1, 3, 60)), quantity)
    assert str(broken.value) == f"cannot sell {quantity} shares out of lots of 5"


def test_one_share_can_be_sold() -> None:
    assert sell((lot(0, 1, 20),), 1) == ((closed(0, 1, 20),), ())


def test_a_split_multiplies_the_shares_and_keeps_what_they_cost() -> None:
    lots = (lot(0, 2, 20, 4, share_cost=7), lot(1, 3, 60, 6))
    assert tax_lots.split(lots, Fraction(2)) == ((lot(0, 4, 20, 4), lot(1, 6, 60, 6)), Fraction(0))


def test_a_split_deals_whole_shares_on_the_running_total_and_names_the_fraction_left() -> None:
    lots = (lot(0, 1, 10, 1), lot(1, 1, 20, 2), lot(2, 1, 30, 3))
    assert tax_lots.split(lots, Fraction(3, 2)) == (
        (lot(0, 1, 10, 1), lot(1, 2, 20, 2), lot(2, 1, 30, 3)),
        Fraction(1, 2),
    )


def test_the_cost_of_a_lot_too_small_for_a_share_moves_to_the_next() -> None:
    lots = (lot(0, 1, 10, 1), lot(1, 1, 20, 2), lot(2, 1, 30, 3), lot(3, 1, 40, 4))
    assert tax_lots.split(lots, Fraction(1, 2)) == ((lot(1, 1, 30, 3), lot(3, 1, 70, 7)), Fraction(0))


def test_what_is_left_of_the_last_lots_moves_to_the_lot_before() -> None:
    lots = (lot(0, 2, 10, 1), lot(1, 1, 20, 2), lot(2, 0, 30, 3))
    assert tax_lots.split(lots, Fraction(1, 2)) == ((lot(0, 1, 60, 6),), Fraction(1, 2))


@pytest.mark.parametrize(("cost", "commission"), [(20, 0), (0, 2)])
def test_cost_or_commission_alone_moves_too(cost: int, commission: int) -> None:
    lots = (lot(0, 2, 10, 1), lot(1, 1, cost, commission))
    assert tax_lots.split(lots, Fraction(1, 2))[0] == (lot(0, 1, 10 + cost, 1 + commission),)


def test_with_no_whole_share_left_no_lot_is_left() -> None:
    assert tax_lots.split((lot(0, 1, 10, 1), lot(1, 1, 20, 2)), Fraction(1, 3)) == ((), Fraction(2, 3))


def test_a_split_keeps_when_each_lot_was_bought() -> None:
    (first, second), _ = tax_lots.split((lot(0, 3, 9), lot(4, 3, 9)), Fraction(1, 3))
    assert second.acquired_at - first.acquired_at == timedelta(days=4)
