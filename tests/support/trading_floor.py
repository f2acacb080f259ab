"""Trading floor: a core that anything may happen to, a broker that fills when it is told to, and a clerk who recounts.

The clerk knows no rule of the engine: he adds up fills and flows, keeps the highest stop of each position, and looks at
what every order would do to the books.
"""

import copy
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from engine.decision.decide import decide
from engine.decision.effects import (
    AskTickerStatus,
    CancelOrder,
    DeferRecommendation,
    DeferSignal,
    Effect,
    OfferRest,
    RecordCashFlow,
    RecordDecision,
    RecordReserveEntry,
    RecordTrade,
    SubmitOrder,
)
from engine.decision.events import (
    CloseAsked,
    Event,
    OrderEnded,
    OrderFilled,
    RecommendationsReceived,
    SplitTookEffect,
)
from engine.decision.state import State
from engine.model.costs import CostModel
from engine.model.money import Money, dollars
from engine.model.orders import Fill, Order, OrderSide, OrderTag
from engine.model.portfolio import RiskTierName, TradingState
from engine.model.sessions import Session
from engine.model.verdict import SKIP_REASONS, Check
from engine.policy import TradingPolicy
from tests.support.desk import PlainMarket
from tests.support.tapes import day, weekdays

TICKERS = tuple("ABCDEF")
SECTORS = {"A": "tech", "B": "tech", "C": "energy", "D": "energy", "E": "health"}
CAPITAL = 1_000_000_000
_A_HAIR = 1e-6
_BY_REASON = {reason: check for check, reason in SKIP_REASONS.items()}


@dataclass(slots=True)
class Counts:
    """How often each kind of event came, and how often each check said no; over all floors of a process."""

    events: Counter[str] = field(default_factory=Counter)
    failures: Counter[Check] = field(default_factory=Counter)
    steps: int = 0


@dataclass(slots=True)
class Ticket:
    """An order at the broker's. `is_cancelling` once the core has called it back: it may still be filled."""

    order: Order
    left: int
    is_cancelling: bool = False


class BrokenRule(AssertionError):
    """The core did what it must never do."""


class Floor:
    """One account from its first event on."""

    def __init__(self, counts: Counts, costs: CostModel) -> None:
        self.counts = counts
        self.sessions = weekdays(day(-2), 80)
        self.policy = TradingPolicy(micro_trading_enabled=True)
        self.costs = costs
        self.market = PlainMarket(
            prices=dict.fromkeys(TICKERS, 1_000_000),
            atrs=dict.fromkeys(TICKERS, 2.0),
            sectors=dict(SECTORS),
        )
        self.state = State.start(capital=CAPITAL, sessions=self.sessions, tier=RiskTierName.MODERATE, costs=costs)
        self.tickets: dict[str, Ticket] = {}
        self.asked: list[str] = []
        self.cash, self.flows, self.reserve = CAPITAL, 0, 0
        self.shares: Counter[str] = Counter()
        self.pnl, self.trades = 0, 0
        self.stops: dict[str, tuple[str, Money]] = {}
        self.decisions: set[str] = set()
        self.orders: set[str] = set()
        self.open_sessions = iter(self.sessions.sessions[1:])
        self.session: Session = self.sessions.sessions[0]
        self.at: datetime = self.session.close_at
        self.is_open = False

    def happens(self, event: Event) -> list[Effect]:
        """Tell the core, and let the clerk look at everything that comes of it."""
        self.counts.events[type(event).__name__] += 1
        if isinstance(event, OrderFilled):
            self._book(event.fill)
        if isinstance(event, SplitTookEffect):
            self._split(event)
        effects = decide(self.state, event, self.policy)
        for effect in effects:
            self._take(effect, event)
        return effects

    # What the broker does.

    def fill(self, ticket: Ticket, quantity: int, price: Money) -> None:
        """Fill part of an order, or all of it."""
        order = ticket.order
        ticket.left -= quantity
        if not ticket.left:
            del self.tickets[order.client_order_id]
        fill = Fill(
            client_order_id=order.client_order_id,
            ticker=order.ticker,
            side=order.side,
            quantity=quantity,
            price=price,
            commission=self.costs.commission(quantity, price),
            at=self.at,
        )
        self.happens(OrderFilled(at=self.at, fill=fill))

    def end(self, ticket: Ticket, reason: str) -> None:
        """End an order before all of it is filled."""
        del self.tickets[ticket.order.client_order_id]
        self.happens(OrderEnded(at=self.at, client_order_id=ticket.order.client_order_id, reason=reason))

    # What the clerk looks at.

    def _take(self, effect: Effect, event: Event) -> None:
        match effect:
            case SubmitOrder():
                self._submitted(effect.order, event)
            case CancelOrder():
                self._cancelled(effect.client_order_id)
            case AskTickerStatus():
                self.asked.append(effect.ticker)
            case OfferRest():
                self.happens(RecommendationsReceived(at=event.at, batch=effect.batch))
            case DeferRecommendation() | DeferSignal():
                self.counts.failures[_BY_REASON[effect.reason]] += 1
            case RecordDecision():
                self._decided(effect)
            case RecordCashFlow():
                self.cash += effect.flow.amount
                self.flows += effect.flow.amount
            case RecordReserveEntry():
                self.reserve += effect.entry.amount
                require(self.reserve == effect.entry.balance_after, "the reserve's ledger does not add up")
                require(self.reserve >= 0, "the reserve is below nothing")
            case RecordTrade():
                self.pnl += effect.trade.pnl
                self.trades += 1
                if effect.trade.exit_reason == "split":
                    self.cash += (
                        effect.trade.closures[-1].proceeds
                        if len(effect.trade.closures) == 1
                        else sum(c.proceeds for c in effect.trade.closures if c.closed_at == event.at)
                    )
            case _:
                pass

    def _decided(self, effect: RecordDecision) -> None:
        decision = effect.decision
        require(decision.decision_id not in self.decisions, "a decision id came twice")
        self.decisions.add(decision.decision_id)
        if decision.trace is not None:
            self.counts.failures.update(v.check for v in decision.trace.verdicts if not v.passed)

    def _cancelled(self, client_order_id: str) -> None:
        ticket = self.tickets.get(client_order_id)
        if ticket is None:
            return
        if client_order_id in self.state.working:
            ticket.is_cancelling = True  # the core waits for the broker's word
        else:
            del self.tickets[client_order_id]  # the core has struck it from the books: it must not be filled

    def _submitted(self, order: Order, event: Event) -> None:
        require(order.client_order_id not in self.orders, "an order id came twice")
        require(order.quantity > 0, "an order of nothing")
        self.orders.add(order.client_order_id)
        self.tickets[order.client_order_id] = Ticket(order, order.quantity)
        if order.side is OrderSide.SELL:
            on_sale = sum(t.left for t in self._live(order.ticker, OrderSide.SELL))
            require(
                on_sale <= self.shares[order.ticker],
                f"{on_sale} {order.ticker} on sale, {self.shares[order.ticker]} held",
            )
            require(self.state.trading is not TradingState.HALTED, "something leaves while trading is halted")
        else:
            self._entered(order, event)

    def _live(self, ticker: str, side: OrderSide) -> list[Ticket]:
        return [t for t in self.tickets.values() if t.order.ticker == ticker and t.order.side is side]

    def _entered(self, order: Order, event: Event) -> None:
        """No entry beyond a limit, by the books as they stand with it."""
        book, tier, pool = self.state.book(), self.policy.tiers[self.state.tier], dollars(self.state.book().active_pool)
        require(self.state.standing()[0] is TradingState.ACTIVE, "an entry while not active")
        require(self.policy.enabled, "an entry while switched off")
        require(self.state.is_in_entry_window(event.at), "an entry outside of the window")
        require(book.available_cash >= 0, "an entry that cash does not pay for")
        require(book.heat <= tier.max_portfolio_heat + _A_HAIR, f"heat {book.heat} above {tier.max_portfolio_heat}")
        require(pool >= self.policy.active_pool_minimum, "an entry below the least active pool")
        price = self.market.prices[order.ticker]
        worst = 1 + self.policy.entry_limit_offset_pct
        room = tier.max_sector_pct * pool * worst + dollars(price)
        held = dollars(book.sector_values.get(self.market.sectors.get(order.ticker), 0))
        require(held <= room, f"{held} in a sector that may have {room}")
        if order.tag is OrderTag.MICRO_ENTRY:
            require(self.state.agenda.micro_entries <= self.policy.micro_trading_max_daily, "too many micro trades")
            require(order.quantity * dollars(price) <= 0.03 * pool + _A_HAIR, "a micro trade that is not micro")
        if order.tranche == 1:
            require(book.open_count <= self.policy.max_open_positions, "more positions than there may be")
            planned = self.state.agenda.entries.get(order.ticker)
            shares = order.quantity + (planned.remaining if planned else 0)
            require(shares * dollars(price) <= tier.max_position_pct * pool + _A_HAIR, "a position that is too large")

    def _book(self, fill: Fill) -> None:
        sign = 1 if fill.side is OrderSide.BUY else -1
        self.cash -= sign * fill.quantity * fill.price + fill.commission
        self.shares[fill.ticker] += sign * fill.quantity

    def _split(self, event: SplitTookEffect) -> None:
        ticker, ratio = event.split.ticker, event.split.ratio
        self.shares[ticker] = int(self.shares[ticker] * ratio)
        if ticker in self.stops:
            decision_id, stop = self.stops[ticker]
            self.stops[ticker] = (decision_id, round(stop / ratio))
        for ticket in list(self.tickets.values()):
            if ticket.order.ticker == ticker and ticker in self.state.positions:
                del self.tickets[ticket.order.client_order_id]

    def inspect(self) -> None:
        """Look at everything that must hold after every step."""
        self.counts.steps += 1
        state = self.state
        state.require_conservation()
        require(state.cash == self.cash, f"cash is {state.cash}, counted {self.cash}")
        require(state.flows == self.flows, "flows do not add up")
        require(state.reserve == self.reserve, "the reserve is not what its ledger says")
        held = {t: p.quantity for t, p in state.positions.items()}
        require(held == {t: n for t, n in self.shares.items() if n}, f"held {held}, counted {dict(self.shares)}")
        done = state.performance.standard.trades + state.performance.micro.trades
        require(done == self.trades, "trades were counted wrongly")
        self._stops_never_fall()
        self._exits_are_possible()

    def _stops_never_fall(self) -> None:
        now = {t: (p.decision_id, p.levels.stop) for t, p in self.state.positions.items()}
        for ticker, (decision_id, stop) in now.items():
            before = self.stops.get(ticker)
            if before is not None and before[0] == decision_id:
                require(stop >= before[1], f"the stop of {ticker} fell from {before[1]} to {stop}")
        self.stops = now

    def _exits_are_possible(self) -> None:
        """Whatever is held and not on its way out leaves at a word, unless a person has halted trading."""
        if self.state.trading is TradingState.HALTED or not self.state.positions:
            return
        names = sorted(self.state.positions)
        ticker = names[self.counts.steps % len(names)]
        if self.state.is_exiting(ticker):
            return
        trial = copy.deepcopy(self.state, {id(self.sessions): self.sessions, id(self.market): self.market})
        unsold = trial.unsold(trial.positions[ticker])
        effects = decide(trial, CloseAsked(at=self.at, ticker=ticker), self.policy)
        sold = sum(e.order.quantity for e in effects if isinstance(e, SubmitOrder))
        require(sold == unsold, f"{ticker} cannot be closed: {sold} of {unsold} shares")

    def step(self, minutes: int) -> bool:
        """Let time go by within the session; False when it would be over."""
        if not self.is_open or self.at + timedelta(minutes=minutes) >= self.session.close_at:
            return False
        self.at += timedelta(minutes=minutes)
        return True


def require(holds: bool, otherwise: str) -> None:
    """Raise BrokenRule unless it holds."""
    if not holds:
        raise BrokenRule(otherwise)


RATIOS = (Fraction(2), Fraction(3, 2), Fraction(1, 10))
