"""Property 37, the broker's part: an order on paper is filled as the backtester fills it, whatever the world."""

from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings

from engine import simulation
from engine.adapters.paper_broker import PaperBroker
from engine.decision.events import OrderEnded, OrderFilled, TradingStateSet
from engine.model.costs import CostModel
from engine.model.live import OrderReport
from engine.model.market import Market
from engine.model.orders import Fill, Order, OrderState
from engine.model.portfolio import TradingState
from storage.in_memory_paper import InMemoryPaperMemory
from tests.support.markets import IntradayWorld, World, intraday_worlds, worlds
from tests.support.paper import bringing, cancelling
from tests.support.tapes import at, buy, minutes, play

_T = TypeVar("_T")


def at_once(answer: Coroutine[Any, Any, _T]) -> _T:
    """Return what a coroutine comes to that waits for nobody."""
    try:
        answer.send(None)
    except StopIteration as over:
        found: _T = over.value
        return found
    raise AssertionError("somebody was waited for")


class OnPaper:
    """What the simulation knows as its broker; the paper broker does the work."""

    def __init__(self, costs: CostModel, *, max_age_seconds: float) -> None:
        self._broker = PaperBroker(InMemoryPaperMemory(), costs, max_age_seconds=max_age_seconds)
        self._orders: dict[str, Order] = {}

    def submit(self, order: Order, market: Market, at: datetime) -> OrderFilled | OrderEnded | None:
        """See `SimulatedBroker`."""
        self._orders[order.client_order_id] = order
        at_once(self._broker.market_shown(market))
        at_once(self._broker.bring(bringing(order, at), 1))
        return self._one()

    def cancel(self, client_order_id: str, at: datetime) -> OrderFilled | OrderEnded | None:
        """See `SimulatedBroker`."""
        at_once(self._broker.bring(cancelling(client_order_id, at), 1))
        return self._one()

    def retry(self, market: Market, at: datetime) -> list[OrderFilled | OrderEnded]:
        """See `SimulatedBroker`."""
        at_once(self._broker.prices_changed(market, at))
        return self._said()

    def _one(self) -> OrderFilled | OrderEnded | None:
        said = self._said()
        assert len(said) <= 1
        return said[0] if said else None

    def _said(self) -> list[OrderFilled | OrderEnded]:
        reports = [report for report in at_once(self._broker.reports()) if isinstance(report, OrderReport)]
        return [self._event(report) for report in reports if report.state is not OrderState.ACCEPTED]

    def _event(self, report: OrderReport) -> OrderFilled | OrderEnded:
        order = self._orders[report.client_order_id]
        if not report.quantity:
            return OrderEnded(at=report.at, client_order_id=report.client_order_id, reason=report.reason)
        fill = Fill(
            client_order_id=report.client_order_id,
            ticker=order.ticker,
            side=order.side,
            quantity=report.quantity,
            price=report.price,
            commission=report.commission,
            at=report.at,
        )
        return OrderFilled(at=report.at, fill=fill)


def played_on_paper(world: World | IntradayWorld) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulation, "SimulatedBroker", OnPaper)
        return world.play()


@settings(max_examples=30)
@given(world=worlds())
def test_p37_whole_runs_on_paper_are_those_of_the_backtester(world: World) -> None:
    on_paper, plain = played_on_paper(world), world.play()
    assert (on_paper.error, plain.error) == ("", "")
    assert on_paper.books == plain.books


@settings(max_examples=30)
@given(world=intraday_worlds(with_splits=True))
def test_p37_within_the_day_too(world: IntradayWorld) -> None:
    on_paper, plain = played_on_paper(world), world.play()
    assert (on_paper.error, plain.error) == ("", "")
    assert on_paper.books == plain.books


def test_a_halt_calls_back_what_waits_before_the_price_of_the_same_look_fills_it() -> None:
    market = minutes({"AAA": {0: {0: 100, 40: None, 70: 99}}, "BBB": {0: {0: 100}}})
    words = tuple(
        TradingStateSet(at=at(0, minute), state=state, cause="a person")
        for minute, state in ((70, TradingState.HALTED), (90, TradingState.ACTIVE))
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulation, "SimulatedBroker", OnPaper)
        played = play(market, buy("AAA"), interventions=words)
    assert played.trades == ["50 AAA from 100.00 day 0 15 min to 99.00 day 0 90 min: no_price, -50.00"]
    assert played.trades == play(market, buy("AAA"), interventions=words).trades
