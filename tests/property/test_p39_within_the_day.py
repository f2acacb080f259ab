"""Property 39 on minute and quote tapes: money is conserved exactly, as a clerk finds from fills and flows alone."""

from collections import defaultdict, deque
from dataclasses import dataclass, field

from hypothesis import event, given, settings

from engine.model.orders import Fill, OrderSide
from engine.model.runs import RunStatus
from tests.support.markets import IntradayWorld, intraday_worlds


@dataclass(slots=True)
class Lot:
    """Shares bought together. What one of them cost is fixed; the remainder goes with the last."""

    shares: int
    cost: int
    each: int


@dataclass(slots=True)
class Clerk:
    """What somebody with a pencil has on the page: no rule of the engine, only sums, first in first out."""

    cash: int
    lots: dict[str, deque[Lot]] = field(default_factory=lambda: defaultdict(deque))
    realised: int = 0
    costs: int = 0
    flows: int = 0

    def write(self, fill: Fill) -> None:
        """Write one execution down."""
        value = fill.quantity * fill.price
        self.costs += fill.commission
        self.cash -= fill.commission
        if fill.side is OrderSide.BUY:
            self.cash -= value
            self.lots[fill.ticker].append(Lot(fill.quantity, value, fill.price))
            return
        self.cash += value
        self.realised += value - self._taken(fill.ticker, fill.quantity)

    def _taken(self, ticker: str, shares: int) -> int:
        cost = 0
        while shares:
            lot = self.lots[ticker][0]
            if lot.shares <= shares:
                self.lots[ticker].popleft()
                shares, cost = shares - lot.shares, cost + lot.cost
            else:
                cost += shares * lot.each
                lot.shares, lot.cost, shares = lot.shares - shares, lot.cost - shares * lot.each, 0
        return cost

    @property
    def held(self) -> dict[str, tuple[int, int]]:
        """Shares and their cost by ticker."""
        return {
            t: (sum(lot.shares for lot in lots), sum(lot.cost for lot in lots)) for t, lots in self.lots.items() if lots
        }


@settings(max_examples=50)
@given(intraday_worlds())
def test_p39_within_days_cash_lots_flows_and_profit_add_up(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books, clerk = result.books, Clerk(world.capital)
    event(f"trims: {any(e.tag == 'rebalance' for e in books.executions)}")
    event(f"micro: {any(t.is_micro for t in books.trades)}")
    event(f"exits: {sorted({t.exit_reason for t in books.trades})}")
    fills, flows = [e.fill for e in books.executions], list(books.flows)
    for snapshot in books.snapshots:
        while flows and flows[0].at <= snapshot.at:
            flow = flows.pop(0)
            clerk.cash += flow.amount
            clerk.flows += flow.amount
        while fills and fills[0].at <= snapshot.at:
            clerk.write(fills.pop(0))
        held = {p.ticker: (p.quantity, p.cost) for p in snapshot.positions}
        assert (snapshot.cash, held) == (clerk.cash, clerk.held)
        assert (snapshot.costs, snapshot.flows, snapshot.realised_pnl) == (clerk.costs, clerk.flows, clerk.realised)
        assert snapshot.total_value == snapshot.cash + sum(p.market_value for p in snapshot.positions)
        assert snapshot.active_pool == snapshot.total_value - snapshot.reserve
    assert fills == [] == flows


@settings(max_examples=45)
@given(intraday_worlds(with_splits=True))
def test_p39_within_days_trades_lots_and_ledgers_tell_the_same_story(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    books = result.books
    for trade in books.trades:
        assert trade.pnl == sum(c.proceeds - c.cost for c in trade.closures) - trade.costs
        assert trade.costs == sum(c.commission for c in trade.closures)
    reserve = 0
    for entry in books.reserve_entries:
        reserve += entry.amount
        assert entry.balance_after == reserve >= 0
    if not books.snapshots:
        return
    last = books.snapshots[-1]
    assert last.reserve == reserve
    assert sum(lot.cost for lot in books.open_lots) == sum(p.cost for p in last.positions)
    assert last.cash + sum(lot.cost for lot in books.open_lots) == (
        world.capital + last.flows + last.realised_pnl - last.costs
    )
    assert last.micro.trade_count == sum(t.is_micro for t in books.trades)
    assert last.trade_count == sum(not t.is_micro for t in books.trades)
