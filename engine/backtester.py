"""Backtester: what would the engine have done with these recommendations on these prices?

Drives the same core as the live engine over a tape of days, minutes or quotes, and fills its orders with the simulated
broker. `daily_course` and `intraday_course` say what happens in which order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.accounting import lot_tax, performance_tracker
from engine.accounting.fingerprint import fingerprint
from engine.arrivals import Arrivals, RecommendationQueue
from engine.daily_course import DailyCourse
from engine.decision.events import Command, FundsMoved
from engine.decision.state import State
from engine.errors import BadInput, StonksError
from engine.intraday_course import IntradayCourse
from engine.intraday_market import Feed, MinuteFeed, QuoteFeed
from engine.model.costs import CostModel
from engine.model.decision_log import DecisionLog
from engine.model.intraday import MinuteTape, QuoteTape, StopChecks, Tape, days_of
from engine.model.macro import MacroEvent
from engine.model.money import Money, usd
from engine.model.performance import PerformanceMetrics
from engine.model.runs import DataGap, RunBooks, RunStatus
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal, in_order
from engine.model.tape import DailyTape, RecommendationTable
from engine.policy import TradingPolicy
from engine.schedule import Schedule, gaps, unaffordable
from engine.simulation import Simulation
from engine.tape_market import BarAtr, Indicators, Phase, TapeMarket


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestConfig:
    """What to simulate. Sessions from `start_on` to `end_on`, both included; None: all the tape has.

    `traced` keeps the trace of every decision, `trace_of` only of those on these recommendations or signals. Decisions
    are the same either way. `stop_checks` is how stops are looked at on a minute tape, `interventions` what a person
    does and when. `atr_on_bars` takes the ATR of minute bars instead of days: for comparisons, no rule of ours.
    """

    initial_capital: Money
    policy: TradingPolicy = field(default_factory=TradingPolicy)
    costs: CostModel = field(default_factory=CostModel)
    start_on: date | None = None
    end_on: date | None = None
    traced: bool = True
    trace_of: frozenset[str] = frozenset()
    stop_checks: StopChecks = StopChecks.LIVE
    interventions: tuple[Command | FundsMoved, ...] = ()
    atr_on_bars: bool = False

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
    tape: Tape,
    recommendations: RecommendationTable,
    config: BacktestConfig,
    *,
    signals: Sequence[IntradaySignal] = (),
    macro_events: Sequence[MacroEvent] = (),
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> BacktestResult:
    """Return what the engine does with `recommendations`, `signals` and `macro_events` on `tape`.

    A daily tape has no time inside a day: signals on it are left out. `on_progress` is called once a session; when
    `should_stop` then says so the run ends as `cancelled`. An error in mid-run ends it as `failed`; BadInput is raised
    only for a range without a session.
    """
    going = _Run(tape, recommendations, config, _rows(tape, config), signals, macro_events)
    status, error = going.play(on_progress, should_stop)
    return going.result(status, error)


def sessions_of(tape: Tape, start_on: date | None = None, end_on: date | None = None) -> list[date]:
    """Return the days of `tape` that a run from `start_on` to `end_on` plays."""
    return [days_of(tape).dates[row] for row in _rows_between(tape, start_on, end_on)]


def _rows_between(tape: Tape, start_on: date | None, end_on: date | None) -> list[int]:
    days = days_of(tape)
    rows = [
        i
        for i, on in enumerate(days.dates)
        if (start_on is None or on >= start_on) and (end_on is None or on <= end_on)
    ]
    return rows if isinstance(tape, DailyTape) else [i for i in rows if _is_covered(tape, days.dates[i])]


def _is_covered(tape: MinuteTape | QuoteTape, on: date) -> bool:
    session = tape.daily.sessions.on(on)
    return session is not None and bool(tape.rows_of(session))


def _rows(tape: Tape, config: BacktestConfig) -> list[int]:
    rows = _rows_between(tape, config.start_on, config.end_on)
    if not rows:
        dates = days_of(tape).dates
        has = f"from {dates[0]} to {dates[-1]}" if dates else "nothing at all"
        asked = f"from {config.start_on or 'the beginning'} to {config.end_on or 'the end'}"
        raise BadInput(f"there is no session {asked}", hint=f"the prices go {has}")
    return rows


class _Run:
    """One run: its course, the simulation that the course drives, and what comes of it."""

    def __init__(
        self,
        tape: Tape,
        recommendations: RecommendationTable,
        config: BacktestConfig,
        rows: list[int],
        signals: Sequence[IntradaySignal],
        macro_events: Sequence[MacroEvent],
    ) -> None:
        self.days = days_of(tape)
        self.config = config
        self.rows = rows
        self.indicators = Indicators(self.days)
        self.is_daily = isinstance(tape, DailyTape)
        empty = RecommendationTable.of(())
        self.schedule = Schedule(self.days, recommendations if self.is_daily else empty)
        first = self._session(rows[0])
        self.queue = RecommendationQueue(
            empty if self.is_daily else recommendations, self.days.sessions.alive_since(first.open_at)
        )
        state = State.start(
            capital=config.initial_capital,
            sessions=self.days.sessions,
            tier=config.policy.risk_tier,
            costs=config.costs,
        )
        self.simulation = Simulation(
            state,
            config.policy,
            config.costs,
            TapeMarket(self.indicators, rows[0], Phase.OPENED),
            traced=config.traced,
            trace_of=config.trace_of,
            is_halted=_halts(tape),
        )
        self.course = self._course(tape, signals, macro_events)

    def _course(
        self, tape: Tape, signals: Sequence[IntradaySignal], macro_events: Sequence[MacroEvent]
    ) -> DailyCourse | IntradayCourse:
        first = self._session(self.rows[0]).open_at
        events = Arrivals(macro_events, lambda e: e.at)
        interventions = Arrivals(self.config.interventions, lambda i: i.at)
        if isinstance(tape, DailyTape):
            return DailyCourse(self.simulation, tape, self.schedule, self.indicators, events, interventions)
        known = Arrivals(in_order(signals), lambda s: s.generated_at)
        known.skip_until(self.days.sessions.alive_since(first))
        return IntradayCourse(
            self.simulation,
            self.days.sessions,
            self.schedule,
            self.queue,
            known,
            events,
            interventions,
            _feed(tape, self.indicators, on_bars=self.config.atr_on_bars),
            self.config.stop_checks,
        )

    def _session(self, row: int) -> Session:
        on = self.days.dates[row]
        session = self.days.sessions.on(on)
        if session is None:
            raise BadInput(f"{on} is on the tape but no session of the exchange")
        return session

    def play(
        self, on_progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool]
    ) -> tuple[RunStatus, str]:
        """Play session after session; return how it ended."""
        try:
            for done, row in enumerate(self.rows, start=1):
                if self.schedule.has_prices[row]:
                    self.simulation.play(self.course, row, self._session(row))
                    self.simulation.state.require_conservation()
                if on_progress is not None:
                    on_progress(self._progress(row, done))
                if should_stop():
                    return RunStatus.CANCELLED, ""
        except StonksError as error:
            return RunStatus.FAILED, error.message
        except Exception as error:  # noqa: BLE001 - a bug must not cost the user what the run had come to
            return RunStatus.FAILED, f"{type(error).__name__}: {error}"
        return RunStatus.COMPLETED, ""

    def _progress(self, row: int, done: int) -> Progress:
        books = self.simulation.books
        return Progress(
            on=self.days.dates[row],
            sessions_done=done,
            sessions=len(self.rows),
            decisions=books.decisions,
            equity=books.snapshots[-1].total_value if books.snapshots else self.config.initial_capital,
        )

    def result(self, status: RunStatus, error: str) -> BacktestResult:
        """Return everything the run wrote down, and its figures."""
        b, rows = self.simulation.books, range(self.rows[0], self.rows[-1] + 1)
        offered = self.schedule.offered_in(rows) if self.is_daily else self.queue.offered
        bought = self.schedule.tickers_bought_in(rows) if self.is_daily else self.queue.bought
        return BacktestResult(
            status=status,
            error=error,
            start_on=self.days.dates[rows[0]],
            end_on=self.days.dates[rows[-1]],
            books=lot_tax.with_tax(b.books(self.simulation.state.open_lots()), self.days.dates[rows[-1]]),
            metrics=performance_tracker.compute_metrics(self.config.initial_capital, b.snapshots, b.trades),
            funnel=b.funnel(offered),
            gaps=gaps(self.days, rows, self.schedule),
            unaffordable=unaffordable(self.days, rows, bought, b.snapshots, self.config.policy),
            notes=b.notes(),
            fingerprint=fingerprint(b.decisions, ((e.decision_id, e.fill) for e in b.executions)),
        )


def _feed(tape: MinuteTape | QuoteTape, indicators: Indicators, *, on_bars: bool) -> Callable[[int, Session], Feed]:
    if isinstance(tape, QuoteTape):
        return lambda row, session: QuoteFeed(tape, indicators, row, session)
    bar_atr = BarAtr(tape.high, tape.low, tape.close) if on_bars else None
    return lambda row, session: MinuteFeed(tape, indicators, row, session, bar_atr)


def _halts(tape: Tape) -> Callable[[str, datetime], bool]:
    halts = () if isinstance(tape, DailyTape) else tape.halts
    return lambda ticker, at: any(h.ticker == ticker and h.at <= at < h.until for h in halts)
