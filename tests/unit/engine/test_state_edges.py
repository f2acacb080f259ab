"""The state while orders are on their way, and the small print of what is counted."""

from datetime import timedelta

from engine.decision.events import (
    CloseAsked,
    EntriesDue,
    MacroEventReceived,
    OrderEnded,
    RecommendationReceived,
)
from engine.decision.state import State, Tally
from engine.model.macro import MacroEvent, Severity
from engine.model.orders import OrderTag
from engine.model.portfolio import RiskTierName
from engine.model.verdict import Check
from tests.support.desk import NOON, Desk, PlainMarket, verdict
from tests.support.tapes import FREE, buy, rules, weekdays
from tests.support.tapes import day as day_of

LIMIT = {"max_position_pct": 0.04}


def waiting(**settings: object) -> Desk:
    """A desk whose broker fills nothing by itself, with 50 AAA at $100 (5 % of the pool)."""
    market = PlainMarket(prices={"AAA": 1_000_000, "NEW": 1_000_000}, atrs={"NEW": 2.0}, sectors={"NEW": "tech"})
    desk = Desk(market, policy=rules(**settings), fills_at_once=False)
    desk.hold("AAA", 50, entry=1_000_000, sector="energy")
    return desk


def trimmed() -> Desk:
    desk = waiting(rebalance=True, moderate=LIMIT)
    desk.state.agenda.is_rebalance_due = True
    desk.happens(EntriesDue(at=NOON))
    (order,) = desk.orders
    assert (order.tag, order.quantity) == (OrderTag.REBALANCE, 10)
    return desk


def test_a_trim_on_its_way_is_no_exit_and_an_exit_sells_only_the_rest() -> None:
    desk = trimmed()
    assert not desk.state.is_exiting("AAA")
    desk.happens(CloseAsked(at=NOON, ticker="AAA"))
    assert desk.orders[-1].quantity == 40
    assert desk.state.is_exiting("AAA")


def test_an_order_that_sells_everything_is_an_exit_whatever_it_is_for() -> None:
    desk = waiting(rebalance=True, max_open_positions=0)
    desk.state.agenda.is_rebalance_due = True
    desk.happens(EntriesDue(at=NOON))
    assert desk.orders[0].quantity == 50
    assert desk.state.is_exiting("AAA")


def test_what_a_trim_did_not_sell_leaves_with_the_exit_after_it() -> None:
    desk = trimmed()
    trim = desk.orders[0]
    desk.happens(CloseAsked(at=NOON, ticker="AAA"))
    desk.happens(OrderEnded(at=NOON, client_order_id=trim.client_order_id, reason="rejected"))
    desk.sees(NOON + timedelta(minutes=1))
    again = desk.orders[-1]
    assert (again.tag, again.quantity, again.attempt) == (OrderTag.MANUAL, 10, 2)
    assert again.created_at == NOON + timedelta(minutes=1)


def test_an_entry_on_its_way_counts_in_its_sector_at_its_worst_price() -> None:
    desk = waiting()
    desk.happens(RecommendationReceived(at=NOON, recommendation=buy("NEW", confidence=0.65)))
    (order,) = desk.orders
    assert order.limit_price == 1_005_000
    assert desk.state.book().sector_values == {"energy": 50_000_000, "tech": order.quantity * 1_005_000}


def test_entries_end_with_the_window_itself() -> None:
    desk = waiting()
    assert desk.state.entry_window is not None
    start, end = desk.state.entry_window
    moments = (start - timedelta.resolution, start, end - timedelta.resolution, end)
    assert [desk.state.is_in_entry_window(at) for at in moments] == [False, True, True, False]


def test_a_trade_of_nothing_is_neither_won_nor_lost() -> None:
    tally = Tally()
    for pnl in (0, 7, -5):
        tally.add(pnl)
    assert (tally.trades, tally.wins, tally.losses, tally.gross_profit, tally.gross_loss) == (3, 1, 1, 7, 5)


def test_decisions_are_named_as_the_account_is() -> None:
    state = State.start(
        capital=1, sessions=weekdays(day_of(0), 2), tier=RiskTierName.MODERATE, costs=FREE, id_prefix="live-"
    )
    assert [state.next_decision_id(), state.next_decision_id()] == ["live-1", "live-2"]


def test_the_notes_of_checks_that_passed_are_empty_and_those_that_failed_say_why() -> None:
    desk = waiting()
    held, new = desk.offer(buy("AAA")), desk.offer(buy("NEW", confidence=0.65))
    assert held is not None
    assert new is not None
    assert verdict(held, Check.HELD).note == "held or being bought"
    assert verdict(new, Check.HELD).note == ""
    assert verdict(new, Check.PRICE).note == ""
    few = verdict(held, Check.ATR)
    assert (few.passed, few.value, few.limit, few.unit, few.note) == (False, 3, 15, "bars", "too few bars")


def test_a_look_follows_an_event_in_the_sector_of_a_position() -> None:
    desk = Desk(PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0}))
    event = MacroEvent(event_id="m", severity=Severity.HIGH, at=NOON, until=NOON + timedelta(hours=1), sector="energy")
    desk.happens(MacroEventReceived(at=NOON, event=event))
    desk.hold("AAA", 10, entry=1_000_000, sector="energy")
    desk.hold("BBB", 10, entry=1_000_000, sector="tech")
    desk.sees(NOON + timedelta(minutes=1))
    assert desk.state.positions["AAA"].levels.stop == 980_000
    assert desk.state.positions["BBB"].levels.stop == 960_000
