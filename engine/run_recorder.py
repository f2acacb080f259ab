"""Run recorder: what does a run write down?"""

from dataclasses import dataclass, field
from typing import assert_never

from engine.decision.effects import (
    Record,
    RecordCashFlow,
    RecordDecision,
    RecordReserveEntry,
    RecordSnapshot,
    RecordStopChange,
    RecordTrade,
    RecordTurnedDown,
)
from engine.model.decision_log import DecisionLog
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry
from engine.model.positions import ClosedTrade, Lot, StopChange
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
    flows: list[CashFlow] = field(default_factory=list)

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
            case RecordCashFlow():
                self.flows.append(record.flow)
            case RecordSnapshot():
                self.snapshots.append(record.snapshot)
            case _:
                assert_never(record)

    def books(self, open_lots: tuple[Lot, ...]) -> RunBooks:
        """Return everything that was written down."""
        return RunBooks(
            decisions=self.decisions,
            executions=tuple(self.executions),
            trades=tuple(self.trades),
            snapshots=tuple(self.snapshots),
            stop_changes=tuple(self.stop_changes),
            reserve_entries=tuple(self.reserve_entries),
            flows=tuple(self.flows),
            open_lots=open_lots,
        )
