"""Deposits and withdrawals: flows, but no part of any return or drawdown."""

import pytest

from engine.decision.events import FundsMoved
from engine.model.portfolio import FlowKind
from tests.support.desk import NOON, Desk, PlainMarket


@pytest.mark.parametrize(("kind", "amount"), [(FlowKind.DEPOSIT, 250_000_000), (FlowKind.WITHDRAWAL, -250_000_000)])
def test_money_that_comes_or_goes_from_outside_is_no_return(kind: FlowKind, amount: int) -> None:
    desk = Desk(PlainMarket())
    desk.happens(FundsMoved(at=NOON, kind=kind, amount=amount))
    desk.closes()
    desk.closes()
    first, second = desk.snapshots
    assert (first.total_value, first.cash, first.flows) == (1_000_000_000 + amount, 1_000_000_000 + amount, amount)
    assert [(s.daily_return, s.max_drawdown) for s in (first, second)] == [(0.0, 0.0), (0.0, 0.0)]
    desk.state.require_conservation()


def test_interest_is_part_of_the_return() -> None:
    desk = Desk(PlainMarket())
    desk.happens(FundsMoved(at=NOON, kind=FlowKind.INTEREST, amount=10_000_000))
    desk.closes()
    assert desk.snapshots[0].daily_return == pytest.approx(0.01)
    assert desk.snapshots[0].flows == 10_000_000
