"""Run recorder: what does a run write down?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from engine.decision.effects import (
    Record,
    RecordBreaker,
    RecordCashFlow,
    RecordDecision,
    RecordNotice,
    RecordReserveEntry,
    RecordSnapshot,
    RecordStopChange,
    RecordTierChange,
    RecordTrade,
    RecordTurnedDown,
)
from engine.model.breakers import BreakerEvent
from engine.model.decision_log import DecisionLog
from engine.model.money import usd
from engine.model.notices import Notice
from engine.model.portfolio import (
    CashFlow,
    PortfolioSnapshot,
    ReserveEntry,
    ReservePoolTriggerType,
    TierChange,
    TierChangeCause,
)
from engine.model.positions import ClosedTrade, Lot, StopChange
from engine.model.runs import ExecutedOrder, RunBooks

_TOLD = 6  # changes of tier; of more only the number is told


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
        return (*self._unfilled(), *self._breakers(), *self._emergencies(), *self._tiers())

    def _unfilled(self) -> Iterator[str]:
        if self.unfilled:
            what = f"{self.unfilled:,} entries were taken but not filled"
            yield f"{what}: with slippage their price was above their limit (entry_limit_offset_pct)"

    def _breakers(self) -> Iterator[str]:
        tripped = Counter(b.trigger for b in self.breakers.values())
        for trigger, count in tripped.items():
            times = "once" if count == 1 else f"{count:,} times"
            yield f"the breaker {trigger.value.replace('_', ' ')} tripped {times}"

    def _emergencies(self) -> Iterator[str]:
        for entry in self.reserve_entries:
            if entry.trigger is ReservePoolTriggerType.EMERGENCY_LIQUIDATION:
                yield f"{entry.at:%Y-%m-%d}: the reserve of {usd(-entry.amount)} went back to the active pool"

    def _tiers(self) -> Iterator[str]:
        for change in self.tier_changes[:_TOLD]:
            yield f"{change.at:%Y-%m-%d}: tier {change.previous} to {change.new}, {_because(change)}"
        if len(self.tier_changes) > _TOLD:
            yield f"and {len(self.tier_changes) - _TOLD:,} more changes of tier"

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
            open_lots=open_lots,
        )


def _because(change: TierChange) -> str:
    rate = f"{change.win_rate:.1%} of {change.trades} trades won" if change.win_rate is not None else ""
    match change.cause:
        case TierChangeCause.WIN_RATE:
            return rate
        case TierChangeCause.PERFORMANCE:
            return f"{rate}, reserve {change.reserve_pct:.1%}, drawdown {change.drawdown:.1%}"
        case TierChangeCause.OPERATOR:
            return "by an operator"
        case _:
            return f"drawdown {change.drawdown:.1%}"
