"""Backtester: what would the engine have done with these recommendations on these prices?

Drives the same core as the live engine over a tape of days, minutes or quotes, and fills its orders with the simulated
broker. `daily_course` and `intraday_course` say what happens in which order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from engine.accounting import lot_tax, performance_tracker
from engine.accounting.fingerprint import fingerprint
from engine.decision.events import Command, FundsMoved
from engine.decision.state import State
from engine.errors import OUT_OF_MEMORY, BadInput, StonksError
from engine.model.costs import CostModel
from engine.model.decision_log import DecisionLog
from engine.model.intraday import MinuteTape, QuoteTape, StopChecks, Tape, days_of
from engine.model.macro import MacroEvent
from engine.model.money import Money, usd
from engine.model.performance import PerformanceMetrics
from engine.model.runs import DataGap, RunBooks, RunStatus
from engine.model.signals import IntradaySignal
from engine.model.tape import DailyTape, RecommendationTable
from engine.policy import TradingPolicy
from engine.schedule import gaps, unaffordable
from engine.simulation import Simulation
from engine.tape_course import Happenings, TapeCourse
from engine.tape_market import Phase, TapeMarket


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
    happenings = Happenings(
        recommendations=recommendations,
        signals=signals,
        macro_events=macro_events,
        interventions=config.interventions,
    )
    going = _Run(tape, happenings, config, _rows(tape, config))
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
    """One run: what happens in it, the simulation that makes it happen, and what comes of it."""

    def __init__(self, tape: Tape, happenings: Happenings, config: BacktestConfig, rows: list[int]) -> None:
        self.config = config
        self.rows = rows
        self.happening = TapeCourse(
            tape, happenings, rows, stop_checks=config.stop_checks, atr_on_bars=config.atr_on_bars
        )
        self.days = self.happening.days
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
            TapeMarket(self.happening.indicators, rows[0], Phase.OPENED),
            traced=config.traced,
            trace_of=config.trace_of,
            is_halted=self.happening.is_halted,
        )
        self.course = self.happening.driven_by(self.simulation)

    def play(
        self, on_progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool]
    ) -> tuple[RunStatus, str]:
        """Play session after session; return how it ended."""
        try:
            for done, row in enumerate(self.rows, start=1):
                if self.happening.schedule.has_prices[row]:
                    self.simulation.play(self.course, row, self.happening.session(row))
                    self.simulation.state.require_conservation()
                if on_progress is not None:
                    on_progress(self._progress(row, done))
                if should_stop():
                    return RunStatus.CANCELLED, ""
        except StonksError as error:
            return RunStatus.FAILED, error.message
        except MemoryError:
            return RunStatus.FAILED, OUT_OF_MEMORY
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
        return BacktestResult(
            status=status,
            error=error,
            start_on=self.days.dates[rows[0]],
            end_on=self.days.dates[rows[-1]],
            books=lot_tax.with_tax(b.books(self.simulation.state.open_lots()), self.days.dates[rows[-1]]),
            metrics=performance_tracker.compute_metrics(self.config.initial_capital, b.snapshots, b.trades),
            funnel=b.funnel(self.happening.offered()),
            gaps=gaps(self.days, rows, self.happening.schedule),
            unaffordable=unaffordable(self.days, rows, self.happening.bought(), b.snapshots, self.config.policy),
            notes=b.notes(),
            fingerprint=fingerprint(b.decisions, ((e.decision_id, e.fill) for e in b.executions)),
        )
