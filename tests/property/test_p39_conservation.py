"""Property 39: money is conserved, exactly, day by day: recounted from the fills, flows and closes alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from hypothesis import event, given, settings

from engine.backtester import BacktestResult
from engine.model.orders import OrderSide
from engine.model.portfolio import PortfolioSnapshot
from engine.model.runs import RunStatus
from tests.support.markets import World, worlds


@dataclass(slots=True)
class Recount:
    """What a clerk with a pencil has on the page: no rule of the engine, only sums."""

    cash: int
    shares: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    spent: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    realised: int = 0
    costs: int = 0
    flows: int = 0


def recounted(world: World, result: BacktestResult) -> Iterator[tuple[PortfolioSnapshot, Recount]]:
    """Yield each day's snapshot with what the clerk has by then."""
    page, books = Recount(world.capital), result.books
    executions, flows, trades = list(books.executions), list(books.flows), list(books.trades)
    splits = list(world.tape.splits)
    last = world.tape.sessions.sessions[0].open_at
    for snapshot in books.snapshots:
        opened = world.tape.sessions.on(snapshot.on)
        assert opened is not None
        for flow in [f for f in flows if last < f.at <= snapshot.at]:
            page.cash += flow.amount
            page.flows += flow.amount
        for split in [s for s in splits if world.in_effect(s.on) == snapshot.on]:
            _split(page, split.ticker, split.ratio)
        for trade in [t for t in trades if t.exit_reason == "split" and t.exit_at == opened.open_at]:
            proceeds = sum(c.proceeds for c in trade.closures)
            page.cash += proceeds
            page.realised += proceeds - page.spent.pop(trade.ticker)
        for fill in [e.fill for e in executions if last < e.fill.at <= snapshot.at]:
            value = fill.quantity * fill.price
            page.costs += fill.commission
            page.cash -= fill.commission
            if fill.side is OrderSide.BUY:
                page.cash -= value
                page.shares[fill.ticker] += fill.quantity
                page.spent[fill.ticker] += value
            else:
                page.cash += value
                assert page.shares[fill.ticker] == fill.quantity, "exits sell the whole position"
                page.shares[fill.ticker] = 0
                page.realised += value - page.spent.pop(fill.ticker)
        last = snapshot.at
        yield snapshot, page


def _split(page: Recount, ticker: str, ratio: Fraction) -> None:
    page.shares[ticker] = int(page.shares[ticker] * ratio)


@settings(max_examples=80)
@given(worlds())
def test_p39_cash_lots_flows_and_profit_add_up_every_day(world: World) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    event(f"splits met: {len([c for c in result.books.stop_changes if c.rule == 'split'])}")
    event(f"ended by a split: {any(t.exit_reason == 'split' for t in result.books.trades)}")
    event(f"vanished: {any(t.exit_reason == 'vanished' for t in result.books.trades)}")
    for snapshot, page in recounted(world, result):
        held = {p.ticker: p.quantity for p in snapshot.positions}
        assert snapshot.cash == page.cash
        assert held == {t: n for t, n in page.shares.items() if n}
        assert {p.ticker: p.cost for p in snapshot.positions} == {t: c for t, c in page.spent.items() if page.shares[t]}
        assert (snapshot.costs, snapshot.flows, snapshot.realised_pnl) == (page.costs, page.flows, page.realised)
        assert page.cash + sum(page.spent.values()) == world.capital + page.flows + page.realised - page.costs
        assert snapshot.total_value == page.cash + sum(p.quantity * p.last_price for p in snapshot.positions)
        assert snapshot.unrealised_pnl == snapshot.total_value - page.cash - sum(page.spent.values())


@settings(max_examples=50)
@given(worlds())
def test_p39_trades_lots_and_ledger_tell_the_same_story(world: World) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books = result.books
    assert sum(t.pnl for t in books.trades) == sum(c.realised - c.commission for t in books.trades for c in t.closures)
    for trade in books.trades:
        bought = sum(c.cost for c in trade.closures)
        assert trade.pnl == sum(c.proceeds for c in trade.closures) - bought - trade.costs
        assert trade.costs == sum(c.commission for c in trade.closures)
    if books.snapshots:
        last = books.snapshots[-1]
        open_cost = sum(lot.cost for lot in books.open_lots)
        open_costs = sum(lot.commission for lot in books.open_lots)
        assert open_cost == sum(p.cost for p in last.positions)
        assert last.realised_pnl - last.costs == sum(t.pnl for t in books.trades) - open_costs
        assert last.reserve == sum(r.amount for r in books.reserve_entries)
