"""Trading state: reducing lets only exits through; halted, which a person sets, lets nothing through."""

import pytest

from engine.model.portfolio import TradingState
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import buy, sell


def desk_with_a_position(trading: TradingState, *, now: int = 1_000_000) -> Desk:
    """Return a desk that holds 10 AAA from $100, stop 96, target 110, in state `trading`."""
    desk = Desk(PlainMarket(prices={"AAA": now, "BBB": 1_000_000}, atrs={"BBB": 2.0}))
    desk.hold("AAA", 10, entry=1_000_000, target=1_100_000, now=now)
    desk.set_state(trading)
    return desk


@pytest.mark.parametrize("trading", [TradingState.ACTIVE, TradingState.REDUCING])
def test_exits_pass_in_active_and_in_reducing(trading: TradingState) -> None:
    recommended = desk_with_a_position(trading)
    recommended.offer(sell("AAA", 0))
    gapped = desk_with_a_position(trading, now=950_000)
    gapped.opens()
    touched = desk_with_a_position(trading)
    touched.market.ranges["AAA"] = (955_000, 1_010_000)
    touched.trades_through()
    assert [t.exit_reason for d in (recommended, gapped, touched) for t in d.trades] == [
        "recommendation_exit",
        "stop_loss",
        "stop_loss",
    ]


def test_while_halted_nothing_leaves_and_the_decision_says_why() -> None:
    desk = desk_with_a_position(TradingState.HALTED, now=950_000)
    desk.opens()
    desk.offer(sell("AAA", 0))
    assert desk.orders == []
    assert [(d.outcome, d.skip_reason) for d in desk.decisions] == [("skip", "halted"), ("skip", "halted")]


def test_a_stop_that_was_crossed_while_halted_acts_when_it_ends() -> None:
    desk = desk_with_a_position(TradingState.HALTED, now=950_000)
    desk.opens()
    desk.set_state(TradingState.REDUCING)
    desk.market.ranges["AAA"] = (940_000, 955_000)
    desk.trades_through()
    assert [t.exit_reason for t in desk.trades] == ["stop_loss"]


def test_reducing_skips_entries_with_the_cause_in_the_trace() -> None:
    desk = desk_with_a_position(TradingState.REDUCING)
    decision = desk.offer(buy("BBB"))
    assert decision is not None
    assert decision.skip_reason == "not_active"
    assert decision.trace is not None
    assert decision.trace.first_failure is not None
    assert decision.trace.first_failure.note == "reducing: a test"
