"""Simulation: the core, a broker that fills its orders, and what both write down, without a clock of their own.

What happens and when is told by a course (`daily_course`, `intraday_course`); here it takes effect, at once.
"""

from collections.abc import Callable
from datetime import datetime

from engine.decision.decide import decide
from engine.decision.effects import (
    RECORDS,
    AskTickerStatus,
    CancelOrder,
    DeferRecommendation,
    DeferSignal,
    Effect,
    OfferRest,
    SubmitOrder,
)
from engine.decision.events import (
    Event,
    OrderEnded,
    OrderFilled,
    RecommendationReceived,
    RecommendationsReceived,
    SignalReceived,
    TickerStatusTold,
)
from engine.decision.state import State
from engine.model.costs import CostModel
from engine.model.market import Market
from engine.model.runs import ExecutedOrder
from engine.model.sessions import Session
from engine.model.tape import RecommendationBatch
from engine.policy import TradingPolicy
from engine.run_recorder import RunRecorder
from engine.simulated_broker import SimulatedBroker
from engine.steps import Course, LookDue, MarketShown, Offered, WaitingDue


class Simulation:
    """One run as it goes on. `market` is what the broker fills against: what can be seen at this moment."""

    def __init__(
        self,
        state: State,
        policy: TradingPolicy,
        costs: CostModel,
        market: Market,
        *,
        traced: bool,
        trace_of: frozenset[str],
        is_halted: Callable[[str, datetime], bool],
    ) -> None:
        self.state = state
        self.policy = policy
        self.market = market
        self.books = RunRecorder()
        self.broker = SimulatedBroker(costs, max_age_seconds=policy.quote_max_age_seconds)
        self._traced = traced
        self._trace_of = trace_of
        self._is_halted = is_halted
        self._course: Course | None = None

    def is_eventful(self) -> bool:
        """See `Driver.is_eventful`."""
        return bool(self.state.agenda.events)

    def next_look(self, at: datetime) -> datetime:
        """See `Driver.next_look`: nobody is ever late."""
        return at

    def made_at(self, at: datetime) -> datetime:
        """See `Driver.made_at`: it is always in time."""
        return at

    def noted_at_open(self) -> int:
        """See `Driver.noted_at_open`."""
        return self.state.agenda.noted_at_open

    def play(self, course: Course, row: int, session: Session) -> None:
        """Play the session of `row`."""
        self._course = course
        for step in course.play(row, session):
            match step:
                case LookDue():
                    pass
                case MarketShown():
                    self.market = step.market
                case WaitingDue():
                    for outcome in self.broker.retry(self.market, step.at):
                        self.happens(outcome)
                case Offered():
                    self._offer(step.batch, step.at)
                case _:
                    self.happens(step)

    def _offer(self, batch: RecommendationBatch, at: datetime) -> None:
        wanted = self._trace_of
        if wanted and any(batch.table.recommendation_id[i] in wanted for i in batch.order):
            for recommendation in map(batch.table.row, batch.order):
                self.happens(RecommendationReceived(at=at, recommendation=recommendation))
        elif batch.order:
            self.happens(RecommendationsReceived(at=at, batch=batch))

    def happens(self, event: Event) -> None:
        """Tell the core, and perform what it asks for."""
        if isinstance(event, OrderFilled):
            order = self.state.working[event.fill.client_order_id].order
            self.books.executions.append(ExecutedOrder(fill=event.fill, decision_id=order.decision_id, tag=order.tag))
        self.books.unfilled += isinstance(event, OrderEnded) and event.reason == "limit"
        traced = self._traced or self._is_looked_at(event)
        effects = decide(self.state, event, self.policy, traced=traced)
        for effect in effects:  # as in the live engine, all of a turn is kept before anything of it leaves
            if isinstance(effect, RECORDS):
                self.books.keep(effect)
        for effect in effects:
            self._perform(effect, event.at)

    def _is_looked_at(self, event: Event) -> bool:
        match event:
            case RecommendationReceived():
                return event.recommendation.recommendation_id in self._trace_of
            case SignalReceived():
                return event.signal.signal_id in self._trace_of
            case _:
                return False

    def _perform(self, effect: Effect, at: datetime) -> None:
        match effect:
            case SubmitOrder():
                outcome = self.broker.submit(effect.order, self.market, at)
                if outcome is not None:
                    self.happens(outcome)
            case CancelOrder():
                ended = self.broker.cancel(effect.client_order_id, at)
                if ended is not None:
                    self.happens(ended)
            case AskTickerStatus():
                halted = self._is_halted(effect.ticker, at)
                self.happens(TickerStatusTold(at=at, ticker=effect.ticker, is_halted=halted))
            case DeferRecommendation():
                if self._course is not None:
                    self._course.wait(effect.recommendation, effect.until)
            case DeferSignal():
                if self._course is not None:
                    self._course.wait_signal(effect.signal, effect.until)
            case OfferRest():
                self.happens(RecommendationsReceived(at=at, batch=effect.batch))
            case _:
                pass
