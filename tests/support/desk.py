"""A desk: the core at one moment of one session, with books as a test wants them, and a broker that fills at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from engine.decision import drafts
from engine.decision.decide import decide
from engine.decision.effects import (
    AskTickerStatus,
    CancelOrder,
    DeferRecommendation,
    DeferSignal,
    Effect,
    OfferRest,
    RecordBreaker,
    RecordDecision,
    RecordNotice,
    RecordReserveEntry,
    RecordSnapshot,
    RecordStopChange,
    RecordTierChange,
    RecordTrade,
    SubmitOrder,
)
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    CloseAsked,
    EntriesDue,
    Event,
    MacroEventReceived,
    OrderEnded,
    OrderFilled,
    PricesSeen,
    RecommendationReceived,
    RecommendationsReceived,
    SessionEnded,
    SessionOpened,
    SignalReceived,
    TickerStatusTold,
    TradingStateSet,
)
from engine.decision.state import State
from engine.model.breakers import BreakerEvent
from engine.model.costs import CostModel
from engine.model.decisions import Decision
from engine.model.macro import MacroEvent
from engine.model.money import Money
from engine.model.notices import Notice
from engine.model.orders import Fill, Order, OrderSide
from engine.model.portfolio import PortfolioSnapshot, ReserveEntry, RiskTierName, TierChange, TradingState
from engine.model.positions import ClosedTrade, Lot, Position, StopChange, StopLevels
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session, SessionTable
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationBatch, RecommendationTable
from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy
from engine.simulated_broker import SimulatedBroker
from tests.support.tapes import DAY_0, FREE, RULES, day, opening, session_of, weekdays

NOON = opening(0) + timedelta(minutes=150)
BEFORE = opening(-3)


@dataclass(slots=True, kw_only=True)
class PlainMarket:
    """A market that knows what it was told."""

    prices: dict[str, Money] = field(default_factory=dict)
    atrs: dict[str, float] = field(default_factory=dict)
    ranges: dict[str, tuple[Money, Money]] = field(default_factory=dict)
    sectors: dict[str, str] = field(default_factory=dict)
    earnings: dict[str, int] = field(default_factory=dict)
    correlation_with: dict[str, float] = field(default_factory=dict)
    age: float = 0.0
    ages: dict[str, float] = field(default_factory=dict)
    before: dict[str, Money] = field(default_factory=dict)
    heartbeat: float | None = 0.0

    def price(self, ticker: str) -> Money | None:
        """The price it was told."""
        return self.prices.get(ticker)

    def price_age_seconds(self, ticker: str) -> float | None:
        """Its own age if it was told one, else that of all."""
        return self.ages.get(ticker, self.age) if ticker in self.prices else None

    def price_before(self, ticker: str) -> Money | None:
        """The print before the last that it was told."""
        return self.before.get(ticker)

    def heartbeat_age_seconds(self) -> float | None:
        """The age of all."""
        return self.heartbeat

    def bar_range(self, ticker: str) -> tuple[Money, Money] | None:
        """The range it was told."""
        return self.ranges.get(ticker)

    def atr(self, ticker: str) -> float | None:
        """The ATR it was told."""
        return self.atrs.get(ticker)

    def closed_bars(self, ticker: str) -> int:
        """Enough when there is an ATR."""
        return 15 if ticker in self.atrs else 3

    def correlations(self, ticker: str, others: tuple[str, ...]) -> tuple[float, ...]:
        """The candidate's correlation with each held ticker."""
        return tuple(1.0 if other == ticker else self.correlation_with.get(other, 0.0) for other in others)

    def sector(self, ticker: str) -> str | None:
        """The sector it was told."""
        return self.sectors.get(ticker)

    def sessions_to_earnings(self, ticker: str) -> int | None:
        """The number it was told."""
        return self.earnings.get(ticker)


class Desk:
    """The core's state on day 0, and everything that came of what it was told.

    The broker fills at once, at the market's price; with `fills_at_once` False it waits to be told (`fill`, `end`).
    """

    def __init__(
        self,
        market: PlainMarket,
        *,
        policy: TradingPolicy = RULES,
        capital: Money = 1_000_000_000,
        costs: CostModel = FREE,
        tier: RiskTierName = RiskTierName.MODERATE,
        fills_at_once: bool = True,
    ) -> None:
        self.fills_at_once = fills_at_once
        self.market = market
        self.policy = policy
        self.broker = SimulatedBroker(costs)
        self.session: Session = session_of(DAY_0)
        sessions: SessionTable = weekdays(day(-10), 40)
        self.state = State.start(capital=capital, sessions=sessions, tier=tier, costs=costs)
        self.state.session = self.session
        self.state.entry_window = (self.session.open_at + timedelta(minutes=15), opening(0) + timedelta(minutes=375))
        self.state.mark(market)
        self.decisions: list[Decision] = []
        self.orders: list[Order] = []
        self.trades: list[ClosedTrade] = []
        self.reserve_entries: list[ReserveEntry] = []
        self.tier_changes: list[TierChange] = []
        self.snapshots: list[PortfolioSnapshot] = []
        self.deferrals: list[DeferRecommendation] = []
        self.signal_deferrals: list[DeferSignal] = []
        self.notices: list[Notice] = []
        self.stop_changes: list[StopChange] = []
        self.breakers: list[BreakerEvent] = []
        self.cancelled: list[str] = []
        self.asked: list[str] = []

    def hold(
        self,
        ticker: str,
        shares: int,
        *,
        entry: Money,
        stop: Money | None = None,
        target: Money = 10**12,
        now: Money | None = None,
        sector: str | None = None,
        confidence: float = 0.7,
        atr: float = 2.0,
        is_micro: bool = False,
        opened_at: datetime = BEFORE,
        closes_at: datetime | None = None,
    ) -> None:
        """Put a position on the books, paid from cash at `entry`, marked at `now`; its stop 4 % below the entry."""
        lot = Lot(
            lot_id=self.state.next_lot_id(),
            ticker=ticker,
            quantity=shares,
            cost=shares * entry,
            commission=0,
            acquired_at=opened_at,
        )
        self.state.cash -= lot.cost
        self.state.prices[ticker] = self.market.prices.setdefault(ticker, entry if now is None else now)
        levels = StopLevels(
            stop=entry * 96 // 100 if stop is None else stop,
            target=target,
            atr=atr,
            atr_multiplier=2.0,
            reward_risk_ratio=2.0,
        )
        self.state.put_position(
            Position(
                ticker=ticker,
                decision_id="d0",
                recommendation_id=None,
                sector=sector,
                lots=(lot,),
                quantity=shares,
                cost=lot.cost,
                entry_price=entry,
                levels=levels,
                signal_confidence=confidence,
                opened_at=opened_at,
                recommended_at=opened_at,
                bought=shares,
                bought_cost=lot.cost,
                is_micro=is_micro,
                closes_at=closes_at,
            )
        )

    def put_aside(self, reserve: Money) -> None:
        """Let the reserve hold `reserve`."""
        self.state.reserve = reserve
        self.state.changed()

    def set_state(self, trading: TradingState, *, at: datetime = NOON) -> None:
        """A person, or a breaker, sets the trading state."""
        self.happens(TradingStateSet(at=at, state=trading, cause="a test"))

    def offer(self, recommendation: Recommendation, *, at: datetime = NOON, traced: bool = True) -> Decision | None:
        """Offer `recommendation`; return the decision, or None when it was put off."""
        before = len(self.decisions)
        self.happens(RecommendationReceived(at=at, recommendation=recommendation), traced=traced)
        assert len(self.decisions) <= before + 1
        return self.decisions[before] if len(self.decisions) > before else None

    def offer_all(self, recommendations: Sequence[Recommendation], *, at: datetime = NOON, traced: bool = True) -> None:
        """Offer `recommendations` as one batch, in their order."""
        table = RecommendationTable.of(recommendations)
        batch = RecommendationBatch(table=table, order=range(len(recommendations)))
        self.happens(RecommendationsReceived(at=at, batch=batch), traced=traced)

    def draft(self, recommendation: Recommendation, *, at: datetime = NOON) -> drafts.Draft:
        """Return `recommendation` as the checks see it, without deciding."""
        return drafts.Draft(recommendation, at, self.state, self.policy)

    def opens(self) -> None:
        """The session opens at the market's prices."""
        self.happens(SessionOpened(at=self.session.open_at, session=self.session))
        self.happens(BarOpened(at=self.session.open_at, market=self.market))

    def trades_through(self) -> None:
        """The bars run through the market's ranges."""
        self.happens(BarTraded(at=self.session.close_at, market=self.market))

    def closes(self) -> None:
        """The session closes at the market's prices."""
        self.happens(BarClosed(at=self.session.close_at, market=self.market))
        self.happens(SessionEnded(at=self.session.close_at, session=self.session))

    def sees(self, at: datetime = NOON, **prices: Money) -> list[Effect]:
        """Prices are looked at; `prices` are new prints."""
        self.market.prices.update(prices)
        return self.happens(PricesSeen(at=at, market=self.market))

    def entries_are_due(self, at: datetime = NOON) -> list[Effect]:
        """What is planned for this time is due."""
        return self.happens(EntriesDue(at=at))

    def hears(self, signal: IntradaySignal, *, at: datetime = NOON, traced: bool = True) -> Decision | None:
        """An intraday signal is due; return the decision, or None when it was put off."""
        before = len(self.decisions)
        self.happens(SignalReceived(at=at, signal=signal), traced=traced)
        return self.decisions[before] if len(self.decisions) > before else None

    def is_shaken_by(self, event: MacroEvent, *, at: datetime = NOON) -> list[Effect]:
        """A macro event has become known."""
        return self.happens(MacroEventReceived(at=at, event=event))

    def is_told_of(self, ticker: str, *, is_halted: bool, at: datetime = NOON) -> list[Effect]:
        """The broker answers about a silent ticker."""
        return self.happens(TickerStatusTold(at=at, ticker=ticker, is_halted=is_halted))

    def asks_to_close(self, ticker: str, *, at: datetime = NOON) -> list[Effect]:
        """A person wants a position closed."""
        return self.happens(CloseAsked(at=at, ticker=ticker))

    def fill(self, order: Order, *, price: Money, shares: int | None = None, at: datetime = NOON) -> list[Effect]:
        """The broker fills `shares` of `order`, all of it unless told."""
        quantity = order.quantity if shares is None else shares
        fill = Fill(
            client_order_id=order.client_order_id,
            ticker=order.ticker,
            side=order.side,
            quantity=quantity,
            price=price,
            commission=0,
            at=at,
        )
        return self.happens(OrderFilled(at=at, fill=fill))

    def end(self, order: Order, reason: str = "rejected", *, at: datetime = NOON) -> list[Effect]:
        """The broker ends `order` before all of it is filled."""
        return self.happens(OrderEnded(at=at, client_order_id=order.client_order_id, reason=reason))

    def working_sale(self, ticker: str) -> Order:
        """Return the one sale of `ticker` that the broker has not ended."""
        (found,) = self.state.working_in(ticker, OrderSide.SELL)
        return found.order

    def sales(self) -> list[str]:
        """Return what was ordered to be sold: `10 AAA stop_loss d1-1-1`."""
        sold = [o for o in self.orders if o.side is OrderSide.SELL]
        return [f"{o.quantity} {o.ticker} {o.tag} {o.client_order_id}" for o in sold]

    def happens(self, event: Event, *, traced: bool = True) -> list[Effect]:
        """Tell the core, perform what it asks for, and return it."""
        effects = decide(self.state, event, self.policy, traced=traced)
        for effect in effects:
            self._perform(effect, event.at, traced=traced)
        return effects

    def _perform(self, effect: Effect, at: datetime, *, traced: bool) -> None:
        match effect:
            case SubmitOrder():
                self.orders.append(effect.order)
                outcome = self.broker.submit(effect.order, self.market, at) if self.fills_at_once else None
                if outcome is not None:
                    self.happens(outcome)
            case CancelOrder():
                self.cancelled.append(effect.client_order_id)
                ended = self.broker.cancel(effect.client_order_id, at)
                if ended is not None:
                    self.happens(ended)
            case OfferRest():
                self.happens(RecommendationsReceived(at=at, batch=effect.batch), traced=traced)
            case DeferRecommendation():
                self.deferrals.append(effect)
            case DeferSignal():
                self.signal_deferrals.append(effect)
            case AskTickerStatus():
                self.asked.append(effect.ticker)
            case _:
                self._note(effect)

    def _note(self, effect: Effect) -> None:
        match effect:
            case RecordDecision():
                self.decisions.append(effect.decision)
            case RecordTrade():
                self.trades.append(effect.trade)
            case RecordNotice():
                self.notices.append(effect.notice)
            case RecordStopChange():
                self.stop_changes.append(effect.change)
            case RecordBreaker():
                self.breakers.append(effect.event)
            case RecordSnapshot():
                self.snapshots.append(effect.snapshot)
            case RecordReserveEntry():
                self.reserve_entries.append(effect.entry)
            case RecordTierChange():
                self.tier_changes.append(effect.change)
            case _:
                pass


def verdict(decision: Decision, check: Check) -> Verdict:
    """Return the answer of `check` in the trace of `decision`."""
    assert decision.trace is not None
    (found,) = (v for v in decision.trace.verdicts if v.check is check)
    return found


def exact(number: float) -> Fraction:
    """Return `number` as the decimal it prints as."""
    return Fraction(repr(number))
