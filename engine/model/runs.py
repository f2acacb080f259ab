"""Run: one backtest as a record like any other: what went in, what was decided, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision
from engine.model.money import Money
from engine.model.notices import Notice
from engine.model.orders import Fill, OrderTag
from engine.model.performance import PerformanceMetrics
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, RiskTierName, TierChange
from engine.model.positions import ClosedTrade, Lot, PositionSplit, StopChange

LIVE_RUN = 0
"""The live account's number among the runs."""


class RunStatus(StrEnum):
    """How a run stands. `failed` and `cancelled` runs keep what they had come to."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class GapKind(StrEnum):
    """What the tape lacked."""

    MISSING_BAR = "missing_bar"
    MISSING_SESSION = "missing_session"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataGap:
    """Data that a run went without: `count` sessions of `ticker` from `on`; no ticker means the whole market."""

    kind: GapKind
    on: date
    ticker: str = ""
    count: int = 1
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInput:
    """One source of a run: `kind` is bars, recommendations, sectors, ...; `digest` is the SHA-256 of its bytes."""

    kind: str
    path: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedOrder:
    """A fill with the order that caused it, as the record keeps it."""

    fill: Fill
    decision_id: str
    tag: OrderTag


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run's row: everything but its decisions, trades and days.

    `policy` holds every threshold by its configuration name, `costs` the cost model, `funnel` how many
    recommendations ended in which word (`act` or a skip reason), `unaffordable` the tickers of which one share cost
    more than the largest position the account ever allowed. `seconds` is the time the engine took. `reading` holds
    the reading options that differ from the defaults: with them the inputs are read again the same way.
    """

    run_id: int
    created_at: datetime
    completed_at: datetime | None
    status: RunStatus
    error: str
    start_on: date
    end_on: date
    initial_capital: Money
    risk_tier: RiskTierName
    seed: int
    policy: Mapping[str, float | int | str | bool | None]
    costs: Mapping[str, float | int]
    inputs: tuple[RunInput, ...]
    metrics: PerformanceMetrics | None
    funnel: Mapping[str, int]
    gaps: tuple[DataGap, ...]
    unaffordable: tuple[str, ...]
    notes: tuple[str, ...]
    fingerprint: str
    seconds: float
    code_version: str
    name: str = ""
    reading: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBooks:
    """What a run wrote down, each in the order in which it happened."""

    decisions: Sequence[Decision] = ()
    executions: tuple[ExecutedOrder, ...] = ()
    trades: tuple[ClosedTrade, ...] = ()
    snapshots: tuple[PortfolioSnapshot, ...] = ()
    stop_changes: tuple[StopChange, ...] = ()
    reserve_entries: tuple[ReserveEntry, ...] = ()
    tier_changes: tuple[TierChange, ...] = ()
    breakers: tuple[BreakerEvent, ...] = ()
    flows: tuple[CashFlow, ...] = ()
    open_lots: tuple[Lot, ...] = field(default=())
    notices: tuple[Notice, ...] = ()
    splits: tuple[PositionSplit, ...] = ()
