"""State: what does the engine know, and how do the books look right now?

The one mutable thing of the core. Only `decide` and the modules beside it change it, only by applying an event.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.accounting import performance_tracker, tax_history
from engine.decision.memory import Agenda, EntryPlan, Watch
from engine.errors import BrokenInvariant
from engine.model.breakers import BreakerEvent, CircuitBreakerTriggerType
from engine.model.costs import CostModel
from engine.model.market import Market
from engine.model.money import Money
from engine.model.orders import Order, OrderSide, OrderState, OrderTag
from engine.model.portfolio import Book, RiskTierName, TradingState
from engine.model.positions import Lot, MarkedPosition, Position
from engine.model.sessions import Session, SessionTable
from engine.model.tax import TaxEvent
from engine.risk import exposure, reserve_pool
from engine.risk.risk_tier_controller import TradeOutcome

STOPS_KEPT = 1_000  # more than any sensible volatility_stop_count


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingOrder:
    """An order that the broker has not ended yet. `plan` for entries only."""

    order: Order
    state: OrderState = OrderState.SUBMITTED
    filled: int = 0
    plan: EntryPlan | None = None

    @property
    def remaining(self) -> int:
        """Shares that may still be filled."""
        return self.order.quantity - self.filled


@dataclass(slots=True, kw_only=True)
class Tally:
    """Closed trades, counted as they close; P&L after costs. A break-even trade is neither win nor loss."""

    trades: int = 0
    wins: int = 0
    losses: int = 0
    gross_profit: Money = 0
    gross_loss: Money = 0

    def add(self, pnl: Money) -> None:
        """Count a trade that made or lost `pnl`."""
        self.trades += 1
        self.wins += pnl > 0
        self.losses += pnl < 0
        self.gross_profit += max(pnl, 0)
        self.gross_loss += max(-pnl, 0)


@dataclass(slots=True, kw_only=True)
class Performance:
    """Running figures for the snapshots. `growth` is the product of 1 + daily return: drawdown without flows.

    Micro trades are counted apart from all others.
    """

    growth: float = 1.0
    peak: float = 1.0
    max_drawdown: float = 0.0
    returns: deque[float] = field(default_factory=lambda: deque(maxlen=performance_tracker.SHARPE_WINDOW))
    standard: Tally = field(default_factory=Tally)
    micro: Tally = field(default_factory=Tally)

    @property
    def drawdown(self) -> float:
        """How far below its peak the account is, 0..1."""
        return max(0.0, 1 - self.growth / self.peak)


@dataclass(slots=True, kw_only=True)
class State:
    """Everything the engine knows. Amounts are money; `realised` is before `costs`, since the start.

    `prices` are the marks of what is held. `outcomes` are the trades closed lately, with the session of each;
    `emergency_peak` is the peak from which the account had fallen when the reserve was given back, and until it has
    recovered from that it `is_recovering`. `breakers` are those that are on, `causes` the sessions in which a cause
    came up that is still true, `stops_at` when stops were hit that cost money. `trading` is what a person or a fault
    has set; `standing` adds what breakers and a failed feed do. `tax` are the trades that tax may still ask for, by
    ticker; `ended_on` is the last session whose end was noted.
    """

    sessions: SessionTable
    costs_model: CostModel
    tier: RiskTierName
    initial_capital: Money
    cash: Money
    id_prefix: str = "d"
    reserve: Money = 0
    realised: Money = 0
    costs: Money = 0
    flows: Money = 0
    deposits_since_close: Money = 0
    value_at_close: Money = 0
    positions: dict[str, Position] = field(default_factory=dict)
    prices: dict[str, Money] = field(default_factory=dict)
    working: dict[str, WorkingOrder] = field(default_factory=dict)
    cool_downs: dict[str, datetime] = field(default_factory=dict)
    trading: TradingState = TradingState.ACTIVE
    trading_cause: str = ""
    session: Session | None = None
    ended_on: date | None = None
    entry_window: tuple[datetime, datetime] | None = None
    market: Market | None = None
    decisions_made: int = 0
    lots_made: int = 0
    performance: Performance = field(default_factory=Performance)
    outcomes: deque[tuple[date, TradeOutcome]] = field(default_factory=deque)
    tier_changed_on: date | None = None
    breakers: dict[tuple[CircuitBreakerTriggerType, str], BreakerEvent] = field(default_factory=dict)
    breakers_tripped: int = 0
    causes: dict[tuple[CircuitBreakerTriggerType, str], date | None] = field(default_factory=dict)
    stops_at: deque[datetime] = field(default_factory=lambda: deque(maxlen=STOPS_KEPT))
    emergency_peak: float | None = None
    is_recovering: bool = False
    watch: Watch = field(default_factory=Watch)
    agenda: Agenda = field(default_factory=Agenda)
    tax: dict[str, list[TaxEvent]] = field(default_factory=dict)
    _book: Book | None = None

    @classmethod
    def start(
        cls, *, capital: Money, sessions: SessionTable, tier: RiskTierName, costs: CostModel, id_prefix: str = "d"
    ) -> "State":
        """Return the state of an account that holds nothing but `capital`."""
        return cls(
            sessions=sessions,
            costs_model=costs,
            tier=tier,
            initial_capital=capital,
            cash=capital,
            value_at_close=capital,
            id_prefix=id_prefix,
        )

    def next_decision_id(self) -> str:
        """Return the next decision's id; ids count up without a gap."""
        self.decisions_made += 1
        return f"{self.id_prefix}{self.decisions_made}"

    def next_lot_id(self) -> str:
        """Return the next lot's id."""
        self.lots_made += 1
        return tax_history.lot_name(self.lots_made)

    def changed(self) -> None:
        """Forget the book: something it rests on has changed."""
        self._book = None

    def book(self) -> Book:
        """Return the books as they stand."""
        if self._book is None:
            self._book = _book_of(self)
        return self._book

    def put_position(self, position: Position) -> None:
        """Keep `position` in place of the one in its ticker."""
        self.positions[position.ticker] = position
        self.changed()

    def drop_position(self, ticker: str) -> None:
        """Forget the position in `ticker`: it is flat."""
        del self.positions[ticker], self.prices[ticker]
        self.watch.forget(ticker)
        self.agenda.closing.pop(ticker, None)
        self.agenda.owed.discard(ticker)
        self.causes.pop((CircuitBreakerTriggerType.SINGLE_POSITION, ticker), None)
        self.changed()

    def mark(self, market: Market, *, doubtful: Collection[str] = ()) -> None:
        """Take the prices of `market`: every held ticker that has one is marked with it, but for the `doubtful`."""
        self.market = market
        for ticker in self.positions:
            price = market.price(ticker)
            if price is not None and ticker not in doubtful:
                self.prices[ticker] = price
        self.changed()

    def standing(self) -> tuple[TradingState, str]:
        """Return what the engine may do now, and what set it: engine-wide breakers, a failed feed leave exits only."""
        if self.trading is not TradingState.ACTIVE:
            return self.trading, self.trading_cause
        for breaker in self.breakers.values():
            if breaker.trigger is not CircuitBreakerTriggerType.SINGLE_POSITION:
                return TradingState.REDUCING, breaker.trigger.value
        if self.watch.feed_failed_at is not None:
            return TradingState.REDUCING, "feed_failure"
        return self.trading, self.trading_cause

    def is_in_entry_window(self, at: datetime) -> bool:
        """May entries be made at `at` today?"""
        return self.entry_window is not None and self.entry_window[0] <= at < self.entry_window[1]

    def total_value(self) -> Money:
        """Return cash and everything held at its mark."""
        return self.cash + sum([p.quantity * self.prices[t] for t, p in self.positions.items()])

    def is_exiting(self, ticker: str) -> bool:
        """Is an exit from `ticker` on its way? A rebalancing sale is one when it sells everything."""
        if not self.working:
            return False
        sales = self.working_in(ticker, OrderSide.SELL)
        is_exit = any(w.order.tag is not OrderTag.REBALANCE for w in sales)
        held = self.positions.get(ticker)
        return is_exit or (held is not None and sum(w.remaining for w in sales) >= held.quantity)

    def working_in(self, ticker: str, side: OrderSide) -> list[WorkingOrder]:
        """Return the orders in `ticker` that the broker has not ended yet, oldest first."""
        return [w for w in self.working.values() if w.order.ticker == ticker and w.order.side is side]

    def unsold(self, position: Position) -> int:
        """Return how many shares of `position` no order sells yet."""
        return position.quantity - sum(w.remaining for w in self.working_in(position.ticker, OrderSide.SELL))

    def open_lots(self) -> tuple[Lot, ...]:
        """Return all open lots, by ticker in the order in which positions were opened."""
        return tuple(lot for p in self.positions.values() for lot in p.lots)

    def require_conservation(self) -> None:
        """Raise BrokenInvariant unless cash + cost of open lots = initial + flows + realised - costs, exactly."""
        held = sum(lot.cost for lot in self.open_lots())
        left, right = self.cash + held, self.initial_capital + self.flows + self.realised - self.costs
        if left != right:
            raise BrokenInvariant(f"the books do not add up: cash and lots are {left}, should be {right} (1/10000 $)")
        if any(p.quantity != sum(lot.quantity for lot in p.lots) for p in self.positions.values()):
            raise BrokenInvariant("a position and its lots differ")


def _book_of(state: State) -> Book:
    positions = tuple([MarkedPosition(p, state.prices[t]) for t, p in state.positions.items()])
    values = tuple([p.market_value for p in positions])
    total = state.cash + sum(values)
    heat = exposure.heat_usd(positions)
    available = state.cash - state.reserve
    sectors: dict[str | None, Money] = {}
    for p, value in zip(positions, values, strict=True):
        sector = p.position.sector
        sectors[sector] = sectors.get(sector, 0) + value
    occupied = set(state.positions)
    for w in state.working.values():
        if w.plan is None:
            continue
        worst = w.remaining * w.plan.worst_price
        available -= worst + state.costs_model.commission(w.remaining, w.plan.worst_price)
        sectors[w.plan.sector] = sectors.get(w.plan.sector, 0) + worst
        heat += w.plan.risk_per_share_usd * w.remaining
        occupied.add(w.order.ticker)
    for ticker, planned in state.agenda.entries.items():
        worst = planned.remaining * planned.plan.worst_price
        available -= worst + state.costs_model.commission(planned.remaining, planned.plan.worst_price)
        sectors[planned.plan.sector] = sectors.get(planned.plan.sector, 0) + worst
        heat += planned.plan.risk_per_share_usd * planned.remaining
        occupied.add(ticker)
    pool = reserve_pool.active_pool(total, state.reserve)
    return Book(
        cash=state.cash,
        reserve=state.reserve,
        total_value=total,
        active_pool=pool,
        available_cash=available,
        heat_usd=heat,
        open_count=len(occupied),
        positions=positions,
        tickers=tuple(state.positions),
        market_values=values,
        sector_values=sectors,
        occupied=frozenset(occupied),
        heat=exposure.heat_pct(heat, pool),
    )
