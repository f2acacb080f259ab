"""Exits repeated: one that the broker ends before it is filled is ordered again at the next look, as a new attempt."""

from datetime import timedelta

from engine.model.notices import NoticeKind
from engine.model.portfolio import TradingState
from tests.support.desk import NOON, Desk, PlainMarket
from tests.support.tapes import buy, rules, sell

LATER = NOON + timedelta(minutes=1)


def selling(shares: int = 10) -> Desk:
    """Return a desk whose stop in AAA was hit; the order is on its way."""
    desk = Desk(PlainMarket(), fills_at_once=False)
    desk.hold("AAA", shares, entry=1_000_000)
    desk.sees(AAA=950_000)
    assert desk.sales() == [f"{shares} AAA stop_loss d1-1-1"]
    return desk


def test_a_rejected_exit_is_ordered_again_with_the_next_attempt() -> None:
    desk = selling()
    desk.end(desk.orders[0], "rejected")
    assert len(desk.orders) == 1  # not before the next look
    desk.sees(LATER)
    assert desk.sales() == ["10 AAA stop_loss d1-1-1", "10 AAA stop_loss d1-1-2"]
    assert [o.attempt for o in desk.orders] == [1, 2]
    assert len(desk.decisions) == 1  # the same intent


def test_while_it_is_on_its_way_no_look_orders_another() -> None:
    desk = selling()
    desk.sees(NOON + timedelta(minutes=5), AAA=940_000)
    desk.opens()
    assert (len(desk.orders), len(desk.decisions)) == (1, 1)


def test_that_is_told() -> None:
    desk = selling()
    desk.end(desk.orders[0])
    desk.sees(LATER)
    (told,) = [n for n in desk.notices if n.kind is NoticeKind.EXIT_REPEATED]
    assert (told.ticker, told.value, told.reference_id, told.note) == ("AAA", 2, "d1", "stop_loss")


def test_again_and_again_until_it_is_sold() -> None:
    desk = selling()
    for _ in range(3):
        desk.end(desk.orders[-1])
        desk.sees(LATER)
    desk.fill(desk.orders[-1], price=950_000, at=LATER)
    assert [o.client_order_id for o in desk.orders] == ["d1-1-1", "d1-1-2", "d1-1-3", "d1-1-4"]
    assert [t.exit_reason for t in desk.trades] == ["stop_loss"]
    desk.sees(LATER)
    assert len(desk.orders) == 4


def test_only_what_was_not_filled() -> None:
    desk = selling()
    desk.fill(desk.orders[0], price=950_000, shares=4)
    desk.end(desk.orders[0], "expired")
    desk.sees(LATER)
    assert desk.sales()[-1] == "6 AAA stop_loss d1-1-2"


def test_although_the_price_has_come_back() -> None:
    desk = selling()
    desk.end(desk.orders[0])
    desk.sees(LATER, AAA=1_000_000)
    assert desk.sales()[-1] == "10 AAA stop_loss d1-1-2"


def test_not_while_a_person_has_halted_trading_but_after() -> None:
    desk = selling()
    desk.set_state(TradingState.HALTED)
    desk.end(desk.orders[0])
    desk.sees(LATER)
    assert len(desk.orders) == 1
    desk.set_state(TradingState.ACTIVE)
    desk.sees(LATER)
    assert desk.sales()[-1] == "10 AAA stop_loss d1-1-2"


def test_by_whatever_it_was_asked_for() -> None:
    desk = Desk(PlainMarket(), fills_at_once=False)
    desk.hold("AAA", 10, entry=1_000_000)
    desk.hold("BBB", 10, entry=1_000_000)
    desk.offer(sell("AAA", 0))
    desk.asks_to_close("BBB")
    for order in tuple(desk.orders):
        desk.end(order)
    desk.sees(LATER)
    assert desk.sales()[2:] == ["10 AAA recommendation_exit d1-1-2", "10 BBB manual d2-1-2"]


def test_an_entry_is_not_repeated() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}), fills_at_once=False)
    desk.offer(buy("AAA"))
    desk.end(desk.orders[0], "cancelled")
    desk.sees(LATER)
    assert len(desk.orders) == 1
    assert desk.state.book().available_cash == desk.state.cash


def test_a_trim_is_not_repeated() -> None:
    desk = Desk(PlainMarket(), policy=rules(rebalance=True, moderate={"max_position_pct": 0.05}), fills_at_once=False)
    desk.hold("AAA", 60, entry=1_000_000)
    desk.state.session = None
    desk.opens()
    desk.entries_are_due()
    assert desk.sales() == ["10 AAA rebalance d1-1-1"]
    desk.end(desk.orders[0])
    desk.sees(LATER)
    assert len(desk.orders) == 1


def test_shares_that_are_bought_while_it_is_being_sold_leave_too() -> None:
    desk = Desk(
        PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}),
        policy=rules(gradual_entry_tranches=2),
        fills_at_once=False,
    )
    desk.offer(buy("AAA"))
    desk.fill(desk.orders[0], price=1_000_000)
    desk.entries_are_due(NOON + timedelta(minutes=5))
    desk.asks_to_close("AAA")
    assert desk.cancelled == ["d1-2-1"]
    desk.fill(desk.orders[1], price=1_000_000)  # too late to be cancelled
    desk.sees(NOON + timedelta(minutes=6))
    assert desk.sales() == ["25 AAA manual d2-1-1", "25 AAA manual d2-1-2"]
