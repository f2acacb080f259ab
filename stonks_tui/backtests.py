"""Backtests: how does a run come about, from its data to its record?"""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path

from engine import backtester
from engine.adapters import clock
from engine.adapters.input_options import InputOptions, fault_actions
from engine.backtester import BacktestConfig, BacktestResult
from engine.errors import BadInput
from engine.model.costs import CostModel
from engine.model.intraday import StopChecks, Tape
from engine.model.macro import MacroEvent
from engine.model.money import Money
from engine.model.runs import RunBooks, RunInput, RunRecord, RunStatus
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationTable
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping
from engine.ports import RunStore
from stonks_tui import bootstrap, run_notes
from stonks_tui.interruptions import cancellable
from stonks_tui.progress import Pace, Teller
from stonks_tui.run_events import Begun, Ended, Keeping, Progressed, RunEvent
from stonks_tui.version import __version__

KEEP_TRACES_UP_TO = 20_000
"""So many recommendations have their traces stored with the run; of more, a trace is derived when someone looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of a run, by kind."""

    bars: Sequence[Path] = ()
    quotes: Sequence[Path] = ()
    history: Sequence[Path] = ()
    recommendations: Sequence[Path] = ()
    signals: Sequence[Path] = ()
    macro_events: Sequence[Path] = ()
    halts: Sequence[Path] = ()
    sectors: Sequence[Path] = ()
    earnings: Sequence[Path] = ()
    splits: Sequence[Path] = ()
    dividends: Sequence[Path] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a run works on: prices, recommendations, where they came from, and what was noticed about them."""

    tape: Tape
    recommendations: RecommendationTable
    inputs: tuple[RunInput, ...]
    signals: tuple[IntradaySignal, ...] = ()
    macro_events: tuple[MacroEvent, ...] = ()
    reading: Mapping[str, str] = field(default_factory=dict)
    report: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asked for. `traces` is auto, all or none; `seed` that of a made-up market, 0 for real data."""

    policy: TradingPolicy
    costs: CostModel
    capital: Money
    start_on: date | None = None
    end_on: date | None = None
    traces: str = "auto"
    name: str = ""
    seed: int = 0
    stop_checks: StopChecks = StopChecks.LIVE

    def config(self, suggestions: int) -> BacktestConfig:
        """Return what the backtester is to simulate for so many recommendations and signals."""
        traced = self.traces == "all" or (self.traces == "auto" and suggestions <= KEEP_TRACES_UP_TO)
        return BacktestConfig(
            initial_capital=self.capital,
            policy=self.policy,
            costs=self.costs,
            start_on=self.start_on,
            end_on=self.end_on,
            traced=traced,
            stop_checks=self.stop_checks,
        )


async def run(store: RunStore, material: Material, request: Request, teller: Teller) -> tuple[RunRecord, RunBooks]:
    """Run a backtest, keep it in `store`, tell `teller` how far it is, and return its record and books.

    Ctrl-C ends the run as `cancelled` and keeps what it had come to; a second one ends the program. A teller that has
    lost its reader is a Ctrl-C too. Raises BadInput, and keeps nothing, when the prices have no session on the days
    asked for.
    """
    run_notes.require_stop_checks(material.tape, request.stop_checks)
    days = _sessions(material.tape, request)
    config = request.config(len(material.recommendations) + len(material.signals))
    begun = _begun(material, request)
    with cancellable() as cancelled, bootstrap.collector_at_rest():
        run_id = await store.create(begun)
        telling = _Telling(teller, cancelled)
        telling.event(Begun(run_id=run_id, sessions=len(days), start=days[0], end=days[-1]))

        def told(progress: backtester.Progress) -> None:
            telling.progress(progress)
            store.write_ahead(run_id, progress.decisions)

        started = time.perf_counter()
        result = backtester.run(
            material.tape,
            material.recommendations,
            config,
            signals=material.signals,
            macro_events=material.macro_events,
            on_progress=told,
            should_stop=cancelled.is_set,
        )
        seconds = time.perf_counter() - started
        telling.last()
        telling.event(Keeping(decisions=len(result.books.decisions)))
        notes = (
            *material.notes,
            *run_notes.of_recommendations(len(material.recommendations), result),
            *run_notes.of_signals(material.tape, material.signals, request.policy),
        )
        record = _ended(replace(begun, run_id=run_id, notes=notes), result, seconds)
        await store.finish(record, result.books)
        telling.event(Ended(run_id=run_id, status=record.status, error=record.error))
    return record, result.books


def _sessions(tape: Tape, request: Request) -> list[date]:
    days = backtester.sessions_of(tape, request.start_on, request.end_on)
    if not days:
        every = backtester.sessions_of(tape)
        asked = f"from {request.start_on or 'the beginning'} to {request.end_on or 'the end'}"
        has = f"from {every[0]} to {every[-1]}" if every else "nowhere"
        raise BadInput(f"there is no session {asked}", hint=f"the prices go {has}")
    return days


def exit_code(status: RunStatus) -> int:
    """Return what the shell is told of a run's end."""
    return {RunStatus.COMPLETED: 0, RunStatus.CANCELLED: 130}.get(status, 1)


def reading_of(options: InputOptions) -> dict[str, str]:
    """Return the reading options that differ from the defaults, so that a run can be read again the same way."""
    defaults = InputOptions()
    chosen = {f.name: getattr(options, f.name) for f in fields(options)}
    return {k: _text(v) for k, v in chosen.items() if v != getattr(defaults, k)}


STOP_CHECKS = "stop_checks"
"""Where a run's record, among its reading options, keeps how stops were looked at, unless it is as usual."""


def stop_checks_of(reading: Mapping[str, str]) -> StopChecks:
    """Return how stops were looked at in the run that `reading` was kept with."""
    return StopChecks(reading.get(STOP_CHECKS, StopChecks.LIVE))


def options_of(reading: Mapping[str, str]) -> InputOptions:
    """Return the options that `reading_of` wrote down."""
    known: dict[str, object] = {}
    for key, text in reading.items():
        if key == "on_fault":
            known[key] = fault_actions([f"{kind}={action}" for kind, action in json.loads(text).items()])
        elif key == "columns":
            known[key] = json.loads(text)
        elif key == "confidence_scale":
            known[key] = float(text)
        elif key in {"adjusted", "closes_only", "skip_bad"}:
            known[key] = text == "True"
        elif key != STOP_CHECKS:
            known[key] = text
    return InputOptions(**known)  # type: ignore[arg-type]


def _text(value: object) -> str:
    return json.dumps(dict(value)) if isinstance(value, Mapping) else str(value)


def _begun(material: Material, request: Request) -> RunRecord:
    days = _sessions(material.tape, request)
    as_usual = request.stop_checks is StopChecks.LIVE
    return RunRecord(
        run_id=0,
        created_at=clock.now(),
        completed_at=None,
        status=RunStatus.RUNNING,
        error="",
        start_on=request.start_on or days[0],
        end_on=request.end_on or days[-1],
        initial_capital=request.capital,
        risk_tier=request.policy.risk_tier,
        seed=request.seed,
        policy=as_mapping(request.policy),
        costs=asdict(request.costs),
        inputs=material.inputs,
        metrics=None,
        funnel={},
        gaps=(),
        unaffordable=(),
        notes=material.notes,
        fingerprint="",
        seconds=0.0,
        code_version=__version__,
        name=request.name,
        reading=material.reading if as_usual else {**material.reading, STOP_CHECKS: request.stop_checks.value},
    )


def _ended(begun: RunRecord, result: BacktestResult, seconds: float) -> RunRecord:
    return replace(
        begun,
        completed_at=clock.now(),
        status=result.status,
        error=result.error,
        start_on=result.start_on,
        end_on=result.end_on,
        metrics=result.metrics,
        funnel=result.funnel,
        gaps=result.gaps,
        unaffordable=result.unaffordable,
        notes=(*begun.notes, *result.notes),
        fingerprint=result.fingerprint,
        seconds=round(seconds, 3),
    )


class _Telling:
    """Tells of one run, its progress at a pace; asks for its end when nobody is there to be told."""

    def __init__(self, teller: Teller, cancelled: threading.Event) -> None:
        self._teller = teller
        self._cancelled = cancelled
        self._pace = Pace()
        self._started = time.perf_counter()
        self._untold: backtester.Progress | None = None

    def event(self, event: RunEvent) -> None:
        try:
            self._teller.tell(event)
        except BrokenPipeError:
            self._cancelled.set()

    def progress(self, progress: backtester.Progress) -> None:
        self._untold = progress
        if self._pace.is_due():
            self.last()

    def last(self) -> None:
        progress, self._untold = self._untold, None
        if progress is not None:
            self.event(
                Progressed(
                    on=progress.on,
                    done=progress.sessions_done,
                    total=progress.sessions,
                    decisions=len(progress.decisions),
                    equity=progress.equity,
                    seconds=round(time.perf_counter() - self._started, 3),
                )
            )
