"""Partial fills: the entry is their average, the target follows it, the stop never falls; what waits counts in full."""

import pytest

from engine.decision.decide import decide
from engine.decision.effects import SubmitOrder
from engine.decision.events import OrderEnded, OrderFilled, RecommendationReceived
from engine.errors import BrokenInvariant
from engine.model.orders import Fill, Order, OrderSide
from tests.support.desk import NOON, Desk, PlainMarket
from tests.support.tapes import buy

MARKET = {"AAA": 1_000_000, "BBB": 1_000_000}


def ordered(ticker: str = "AAA") -> tuple[Desk, Order]:
    """Return a desk with a working order for 50 shares at $100 that nobody has filled yet."""
    desk = Desk(PlainMarket(prices=dict(MARKET), atrs={"AAA": 2.0, "BBB": 2.0}))
    effects = decide(desk.state, RecommendationReceived(at=NOON, recommendation=buy(ticker)), desk.policy)
    (order,) = (e.order for e in effects if isinstance(e, SubmitOrder))
    return desk, order


def filled(order: Order, quantity: int, price: int, commission: int = 0) -> OrderFilled:
    """Return the event of a part of `order`."""
    fill = Fill(
        client_order_id=order.client_order_id,
        ticker=order.ticker,
        side=OrderSide.BUY,
        quantity=quantity,
        price=price,
        commission=commission,
        at=NOON,
    )
    return OrderFilled(at=NOON, fill=fill)


def test_two_fills_make_one_position_of_two_lots() -> None:
    desk, order = ordered()
    desk.happens(filled(order, 20, 1_000_000, commission=7))
    desk.happens(filled(order, 30, 1_005_000, commission=8))
    position = desk.state.positions["AAA"]
    assert [(lot.quantity, lot.cost) for lot in position.lots] == [(20, 20_000_000), (30, 30_150_000)]
    assert position.entry_price == 1_003_000
    assert (position.levels.stop, position.levels.target) == (963_000, 1_083_000)
    assert desk.state.cash == 1_000_000_000 - 50_150_000 - 15
    assert desk.state.working == {}
    desk.state.require_conservation()


def test_a_cheaper_second_fill_does_not_lower_the_stop() -> None:
    desk, order = ordered()
    desk.happens(filled(order, 20, 1_000_000))
    desk.happens(filled(order, 30, 990_000))
    levels = desk.state.positions["AAA"].levels
    assert (levels.stop, levels.target) == (960_000, 1_074_000)  # target from the average of $99.40


def test_what_is_not_filled_yet_counts_at_its_worst_price() -> None:
    desk, order = ordered()
    desk.happens(filled(order, 20, 1_000_000))
    book = desk.state.book()
    assert book.available_cash == 1_000_000_000 - 20_000_000 - 30 * 1_005_000
    assert book.open_count == 1
    assert book.heat == pytest.approx(0.002)
    second = desk.offer(buy("AAA"))
    assert second is not None
    assert second.skip_reason == "already_held"


def test_an_order_that_ended_gives_back_what_it_held() -> None:
    desk, order = ordered()
    desk.happens(OrderEnded(at=NOON, client_order_id=order.client_order_id, reason="limit"))
    assert desk.state.book().available_cash == 1_000_000_000
    again = desk.offer(buy("AAA"))
    assert again is not None
    assert again.skip_reason is None


@pytest.mark.parametrize("quantity", [0, 51, -1])
def test_a_fill_of_more_than_was_ordered_breaks_an_invariant(quantity: int) -> None:
    desk, order = ordered()
    with pytest.raises(BrokenInvariant, match="has 50 left"):
        desk.happens(filled(order, quantity, 1_000_000))


def test_a_fill_that_nobody_asked_for_breaks_an_invariant() -> None:
    desk, order = ordered()
    desk.happens(filled(order, 50, 1_000_000))
    with pytest.raises(BrokenInvariant, match="not working"):
        desk.happens(filled(order, 1, 1_000_000))
