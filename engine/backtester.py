"""Backtester: what would the engine have done with these recommendations on these prices?

Drives the same core as the live engine over a daily tape and fills its orders with the simulated broker. The order of
things inside a session is that of spec section 5: levels gapped at the open, sell recommendations, buys (the open
counts as the window's open), levels inside the bar, the close.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.accounting import performance_tracker
from engine.accounting.fingerprint import fingerprint
from engine.decision.decide import decide
from engine.decision.effects import (
    CancelOrder,
    DeferRecommendation,
    Effect,
    OfferRest,
    SubmitOrder,
)
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    DividendWentEx,
    Event,
    ListingEnded,
    OrderEnded,
    OrderFilled,
    RecommendationReceived,
    RecommendationsReceived,
    SessionEnded,
    SplitTookEffect,
)
from engine.decision.state import State
from engine.errors import BadInput, StonksError
from engine.model.costs import CostModel
from engine.model.decision_log import DecisionLog
from engine.model.money import Money, usd
from engine.model.performance import PerformanceMetrics
from engine.model.recommendation import Action, Recommendation, evaluation_order
from engine.model.runs import DataGap, ExecutedOrder, RunBooks, RunStatus
from engine.model.sessions import Session
from engine.model.tape import DailyTape, RecommendationBatch, RecommendationTable
from engine.policy import TradingPolicy
from engine.risk import trading_window
from engine.run_recorder import RunRecorder
from engine.schedule import Schedule, gaps, unaffordable
from engine.simulated_broker import SimulatedBroker
from engine.tape_market import Indicators, Phase, TapeMarket


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestConfig:
    """What to simulate. Sessions from `start_on` to `end_on`, both included; None: all the tape has.

    `traced` keeps the trace of every decision, `trace_of` only of those on these recommendations. Decisions are the
    same either way.
    """

    initial_capital: Money
    policy: TradingPolicy = field(default_factory=TradingPolicy)
    costs: CostModel = field(default_factory=CostModel)
    start_on: date | None = None
    end_on: date | None = None
    traced: bool = True
    trace_of: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.initial_capital <= 0:
            raise BadInput(f"the capital is {usd(self.initial_capital)}", hint="it must be above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run has come. `decisions` are those so far, and grow."""

    on: date
    sessions_done: int
    sessions: int
    decisions: DecisionLog
    equity: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestResult:
    """What a run came to. A run that failed or was cancelled keeps what it had come to."""

    status: RunStatus
    error: str
    start_on: date
    end_on: date
    books: RunBooks
    metrics: PerformanceMetrics
    funnel: Mapping[str, int]
    gaps: tuple[DataGap, ...]
    unaffordable: tuple[str, ...]
    notes: tuple[str, ...]
    fingerprint: str


def run(
    tape: DailyTape,
    recommendations: RecommendationTable,
    config: BacktestConfig,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> BacktestResult:
    """Return what the engine does with `recommendations` on `tape`.

    `on_progress` is called once a session; when `should_stop` then says so the run ends as `cancelled`. An error in
    mid-run ends it as `failed`; BadInput is raised only for a range without a session.
    """
    first, last = _rows(tape, config)
    simulation = _Simulation(tape, recommendations, config, first, last)
    status, error = simulation.play(on_progress, should_stop)
    return simulation.result(status, error)


def _rows(tape: DailyTape, config: BacktestConfig) -> tuple[int, int]:
    rows = [
        i
        for i, on in enumerate(tape.dates)
        if (config.start_on is None or on >= config.start_on) and (config.end_on is None or on <= config.end_on)
    ]
    if not rows:
        has = f"from {tape.dates[0]} to {tape.dates[-1]}" if tape.dates else "nothing at all"
        asked = f"from {config.start_on or 'the beginning'} to {config.end_on or 'the end'}"
        raise BadInput(f"there is no session {asked}", hint=f"the prices go {has}")
    return rows[0], rows[-1]


class _Simulation:
    """One run: the core, its broker, and what they write down."""

    def __init__(
        self, tape: DailyTape, recommendations: RecommendationTable, config: BacktestConfig, first: int, last: int
    ) -> None:
        self.tape = tape
        self.config = config
        self.policy = config.policy
        self.rows = range(first, last + 1)
        self.indicators = Indicators(tape)
        self.schedule = Schedule(tape, recommendations)
        self.broker = SimulatedBroker(config.costs)
        self.state = State.start(
            capital=config.initial_capital,
            sessions=tape.sessions,
            tier=config.policy.risk_tier,
            costs=config.costs,
        )
        self.books = RunRecorder()
        self.market = TapeMarket(self.indicators, first, Phase.OPENED)
        self.deferred: list[Recommendation] = []

    def play(
        self, on_progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool]
    ) -> tuple[RunStatus, str]:
        """Play session after session; return how it ended."""
        try:
            for done, row in enumerate(self.rows, start=1):
                if self.schedule.has_prices[row]:
                    self._session(row)
                if on_progress is not None:
                    on_progress(self._progress(row, done))
                if should_stop():
                    return RunStatus.CANCELLED, ""
        except StonksError as error:
            return RunStatus.FAILED, error.message
        except Exception as error:  # noqa: BLE001 - a bug must not cost the user what the run had come to
            return RunStatus.FAILED, f"{type(error).__name__}: {error}"
        return RunStatus.COMPLETED, ""

    def _session(self, row: int) -> None:
        on = self.tape.dates[row]
        session = self.tape.sessions.on(on)
        if session is None:
            raise BadInput(f"{on} is on the tape but no session of the exchange")
        self._before_the_open(row, session)
        self.market = TapeMarket(self.indicators, row, Phase.OPENED)
        for outcome in self.broker.retry(self.market, session.open_at):
            self._happens(outcome)
        self._happens(BarOpened(at=session.open_at, session=session, market=self.market))
        self._recommendations(row, session)
        self.market = TapeMarket(self.indicators, row, Phase.TRADED)
        self._happens(BarTraded(at=session.close_at, market=self.market))
        self.market = TapeMarket(self.indicators, row, Phase.CLOSED)
        self._happens(BarClosed(at=session.close_at, market=self.market))
        self._happens(SessionEnded(at=session.close_at, session=session))
        self._expired(session)
        self.state.require_conservation()

    def _before_the_open(self, row: int, session: Session) -> None:
        at = session.open_at
        for dividend in self.schedule.dividends.get(row, ()):
            self._happens(DividendWentEx(at=at, dividend=dividend))
        for split in self.schedule.splits.get(row, ()):
            self._happens(SplitTookEffect(at=at, split=split))
        for security in self.schedule.ended.get(row, ()):
            if security.last_bar_on is not None:
                self._happens(ListingEnded(at=at, ticker=security.ticker, last_bar_on=security.last_bar_on))

    def _recommendations(self, row: int, session: Session) -> None:
        """Sells at the open, then buys at the window's open, each in the order of evaluation."""
        table, order = self.schedule.table, self.schedule.due(row)
        if self.deferred:
            rows = sorted((*map(table.row, order), *self.deferred), key=evaluation_order)
            table, order, self.deferred = RecommendationTable.of(rows), list(range(len(rows))), []
        sells = [i for i in order if table.action[i] is Action.SELL]
        buys = [i for i in order if table.action[i] is Action.BUY]
        window_opens, _ = trading_window.window(session, self.policy)
        self._offer(RecommendationBatch(table=table, order=sells), session.open_at)
        self._offer(RecommendationBatch(table=table, order=buys), window_opens)

    def _expired(self, session: Session) -> None:
        """What could not be decided and lives no longer is offered once more, to be told so."""
        waiting, self.deferred = self.deferred, []
        for recommendation in waiting:
            if self._expiry(recommendation) <= session.close_at:
                self._happens(RecommendationReceived(at=session.close_at, recommendation=recommendation))
            else:
                self.deferred.append(recommendation)

    def _expiry(self, recommendation: Recommendation) -> datetime:
        return recommendation.expires_at or self.tape.sessions.recommendation_expiry(recommendation.generated_at)

    def _offer(self, batch: RecommendationBatch, at: datetime) -> None:
        wanted = self.config.trace_of
        if wanted and any(batch.table.recommendation_id[i] in wanted for i in batch.order):
            for recommendation in map(batch.table.row, batch.order):
                self._happens(RecommendationReceived(at=at, recommendation=recommendation))
        elif batch.order:
            self._happens(RecommendationsReceived(at=at, batch=batch))

    def _happens(self, event: Event) -> None:
        if isinstance(event, OrderFilled):
            order = self.state.working[event.fill.client_order_id].order
            self.books.executions.append(ExecutedOrder(fill=event.fill, decision_id=order.decision_id, tag=order.tag))
        self.books.unfilled += isinstance(event, OrderEnded)
        traced = self.config.traced or self._is_looked_at(event)
        for effect in decide(self.state, event, self.policy, traced=traced):
            self._perform(effect, event.at)

    def _is_looked_at(self, event: Event) -> bool:
        wanted = self.config.trace_of
        return (
            bool(wanted)
            and isinstance(event, RecommendationReceived)
            and (event.recommendation.recommendation_id in wanted)
        )

    def _perform(self, effect: Effect, at: datetime) -> None:
        match effect:
            case SubmitOrder():
                outcome = self.broker.submit(effect.order, self.market, at)
                if outcome is not None:
                    self._happens(outcome)
            case CancelOrder():
                self.broker.cancel(effect.client_order_id)
            case DeferRecommendation():
                self.deferred.append(effect.recommendation)
            case OfferRest():
                self._happens(RecommendationsReceived(at=at, batch=effect.batch))
            case _:
                self.books.keep(effect)

    def _progress(self, row: int, done: int) -> Progress:
        snapshots = self.books.snapshots
        return Progress(
            on=self.tape.dates[row],
            sessions_done=done,
            sessions=len(self.rows),
            decisions=self.books.decisions,
            equity=snapshots[-1].total_value if snapshots else self.config.initial_capital,
        )

    def result(self, status: RunStatus, error: str) -> BacktestResult:
        """Return everything the run wrote down, and its figures."""
        b = self.books
        return BacktestResult(
            status=status,
            error=error,
            start_on=self.tape.dates[self.rows[0]],
            end_on=self.tape.dates[self.rows[-1]],
            books=b.books(self.state.open_lots()),
            metrics=performance_tracker.compute_metrics(self.config.initial_capital, b.snapshots, b.trades),
            funnel=b.funnel(self.schedule.offered_in(self.rows)),
            gaps=gaps(self.tape, self.rows, self.schedule),
            unaffordable=unaffordable(self.tape, self.rows, self.schedule, b.snapshots, self.policy),
            notes=b.notes(),
            fingerprint=fingerprint(b.decisions, ((e.decision_id, e.fill) for e in b.executions)),
        )
