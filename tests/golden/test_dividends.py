"""Dividends: who holds the share before the open of the ex-date is paid; a flow, part of the return."""

import pytest

from engine.model.market import Dividend
from engine.model.portfolio import FlowKind
from tests.support.tapes import FLAT, buy, day, opening, play, sell, tape

MARKET = tape({"AAA": [FLAT] * 3}, dividends=[Dividend(ticker="AAA", ex_on=day(1), amount=5_000)])


def test_fifty_cents_a_share_on_fifty_shares() -> None:
    played = play(MARKET, buy("AAA", 0))
    (flow,) = played.result.books.flows
    assert (flow.kind, flow.amount, flow.at) == (FlowKind.DIVIDEND, 250_000, opening(1))
    last = played.result.books.snapshots[-1]
    assert (last.cash, last.flows, last.total_value) == (950_250_000, 250_000, 1_000_250_000)


def test_it_is_part_of_the_return_and_no_profit_of_a_trade() -> None:
    played = play(MARKET, buy("AAA", 0), sell("AAA", 2))
    assert [t.pnl for t in played.closed] == [0]
    assert played.result.metrics.total_return == pytest.approx(0.00025)
    assert played.result.metrics.reserve == 0


def test_bought_on_the_ex_date_it_is_not_paid() -> None:
    assert play(MARKET, buy("AAA", 1)).result.books.flows == ()


def test_sold_at_the_open_of_the_ex_date_it_is_paid() -> None:
    played = play(MARKET, buy("AAA", 0), sell("AAA", 1))
    assert [f.amount for f in played.result.books.flows] == [250_000]
