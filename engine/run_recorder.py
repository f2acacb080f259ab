"""Run recorder: what does a run write down?"""

from collections import Counter
from dataclasses import dataclass, field
from typing import assert_never

from engine import run_notes
from engine.decision.effects import (
    Record,
    RecordBreaker,
    RecordCashFlow,
    RecordDecision,
    RecordNotice,
    RecordReserveEntry,
    RecordSnapshot,
    RecordSplit,
    RecordStopChange,
    RecordTierChange,
    RecordTrade,
    RecordTurnedDown,
)
from engine.model.breakers import BreakerEvent
from engine.model.decision_log import DecisionLog
from engine.model.notices import Notice
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.positions import ClosedTrade, Lot, PositionSplit, StopChange
from engine.model.runs import ExecutedOrder, RunBooks


@dataclass(slots=True)
class RunRecorder:
    """The books of a run while it goes on."""

    decisions: DecisionLog = field(default_factory=DecisionLog)
    executions: list[ExecutedOrder] = field(default_factory=list)
    trades: list[ClosedTrade] = field(default_factory=list)
    snapshots: list[PortfolioSnapshot] = field(default_factory=list)
    stop_changes: list[StopChange] = field(default_factory=list)
    reserve_entries: list[ReserveEntry] = field(default_factory=list)
    tier_changes: list[TierChange] = field(default_factory=list)
    breakers: dict[str, BreakerEvent] = field(default_factory=dict)
    flows: list[CashFlow] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    splits: list[PositionSplit] = field(default_factory=list)
    unfilled: int = 0

    def keep(self, record: Record) -> None:
        """Write down what the core asks to be kept."""
        match record:
            case RecordDecision():
                self.decisions.append(record.decision)
            case RecordTurnedDown():
                self.decisions.append(record.block)
            case RecordTrade():
                self.trades.append(record.trade)
            case RecordStopChange():
                self.stop_changes.append(record.change)
            case RecordReserveEntry():
                self.reserve_entries.append(record.entry)
            case RecordTierChange():
                self.tier_changes.append(record.change)
            case RecordBreaker():
                self.breakers[record.event.breaker_id] = record.event
            case RecordCashFlow():
                self.flows.append(record.flow)
            case RecordSplit():
                self.splits.append(record.split)
            case RecordSnapshot():
                self.snapshots.append(record.snapshot)
            case RecordNotice():
                self.notices.append(record.notice)
            case _:
                assert_never(record)

    def funnel(self, offered: int) -> dict[str, int]:
        """Count how `offered` recommendations ended: `act`, the reason of the skip, or `pending` if not decided yet."""
        pairs = zip(self.decisions.column("recommendation_id"), self.decisions.column("skip_reason"), strict=True)
        words = Counter(str(reason or "act") for asked, reason in pairs if asked is not None)
        pending = offered - sum(words.values())
        return dict(words.most_common()) | ({"pending": pending} if pending else {})

    def notes(self) -> tuple[str, ...]:
        """Return what a person should know besides the figures."""
        return run_notes.of(self.books(()), self.unfilled)

    def books(self, open_lots: tuple[Lot, ...]) -> RunBooks:
        """Return everything that was written down."""
        return RunBooks(
            decisions=self.decisions,
            executions=tuple(self.executions),
            trades=tuple(self.trades),
            snapshots=tuple(self.snapshots),
            stop_changes=tuple(self.stop_changes),
            reserve_entries=tuple(self.reserve_entries),
            tier_changes=tuple(self.tier_changes),
            breakers=tuple(self.breakers.values()),
            flows=tuple(self.flows),
            notices=tuple(self.notices),
            splits=tuple(self.splits),
            open_lots=open_lots,
        )
