"""In memory: what is a run store without files? Forgets with the process; answers as `run_repository` does."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date

from engine.errors import BadInput, BrokenInvariant, NotFound
from engine.model.breakers import BreakerEvent
from engine.model.decision_log import DecisionLog
from engine.model.decisions import Decision
from engine.model.notices import Notice
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.positions import ClosedTrade, Lot, PositionSplit, StopChange
from engine.model.runs import ExecutedOrder, RunBooks, RunRecord, RunStatus
from engine.model.trade_questions import EVERY_TRADE, TradeFilter, TradeOrder, ordered
from engine.model.views import EVERY_DECISION, DecisionFilter, is_cause
from engine.ports import DecisionPage, RunListing, RunState, TradePage
from storage.soundness import check_run


@dataclass(slots=True)
class KeptRun:
    """A run: its record and its books."""

    record: RunRecord
    books: RunBooks


class InMemoryRunReader(ABC):
    """The questions of a `RunStore` (engine/ports.py), over the runs that `_run` finds."""

    @abstractmethod
    def _run(self, run_id: int) -> KeptRun:
        """Return the run, or raise NotFound."""

    @asynccontextmanager
    async def at_once(self, run_id: int) -> AsyncIterator[None]:
        """See `RunStore.at_once`: there is nothing to open."""
        self._run(run_id)
        yield

    async def get(self, run_id: int) -> RunRecord:
        """See `RunStore.get`."""
        return self._run(run_id).record

    async def decisions(
        self,
        run_id: int,
        where: DecisionFilter = EVERY_DECISION,
        *,
        after: int | None = None,
        limit: int = 100,
        newest_first: bool = False,
        with_traces: bool = False,
    ) -> DecisionPage:
        """See `RunStore.decisions`."""
        fitting = [
            (seq, decision)
            for seq, decision in enumerate(self._run(run_id).books.decisions, start=1)
            if where.fits(decision) and (after is None or (seq < after if newest_first else seq > after))
        ]
        if newest_first:
            fitting.reverse()
        page = fitting[:limit]
        return DecisionPage(
            decisions=tuple(d if with_traces else replace(d, trace=None) for _, d in page),
            next=page[-1][0] if page and len(fitting) > len(page) else None,
            first=page[0][0] if page else None,
            last=page[-1][0] if page else None,
        )

    async def count_decisions(self, run_id: int, where: DecisionFilter = EVERY_DECISION) -> int:
        """See `RunStore.count_decisions`."""
        return sum(map(where.fits, self._run(run_id).books.decisions))

    async def tickers(self, run_id: int) -> tuple[str, ...]:
        """See `RunStore.tickers`."""
        return tuple(sorted({d.ticker for d in self._run(run_id).books.decisions}))

    async def decision(self, run_id: int, decision_or_cause_id: str) -> Decision | None:
        """See `RunStore.decision`."""
        decisions = self._run(run_id).books.decisions
        wanted = decision_or_cause_id
        by_id = (d for d in decisions if d.decision_id == wanted)
        by_recommendation = (d for d in decisions if d.recommendation_id == wanted)
        by_cause = (d for d in decisions if d.recommendation_id is None and d.cause == wanted and is_cause(wanted))
        return next(by_id, None) or next(by_recommendation, None) or next(by_cause, None)

    async def executions(self, run_id: int, *, decision_id: str | None = None) -> tuple[ExecutedOrder, ...]:
        """See `RunStore.executions`."""
        executions = self._run(run_id).books.executions
        return tuple(e for e in executions if decision_id is None or e.decision_id == decision_id)

    async def trades(self, run_id: int, *, decision_id: str | None = None) -> tuple[ClosedTrade, ...]:
        """See `RunStore.trades`."""
        trades = self._run(run_id).books.trades
        return tuple(t for t in trades if decision_id is None or decision_id in (t.decision_id, t.exit_decision_id))

    async def trade_page(
        self,
        run_id: int,
        where: TradeFilter = EVERY_TRADE,
        order: TradeOrder = TradeOrder.CLOSED,
        *,
        after: int | None = None,
        limit: int = 100,
        backwards: bool = False,
    ) -> TradePage:
        """See `RunStore.trade_page`."""
        trades = ordered(enumerate(self._run(run_id).books.trades, start=1), order)
        if backwards:
            trades.reverse()
        if after is not None:
            at = next((at for at, (place, _) in enumerate(trades) if place == after), len(trades))
            trades = trades[at + 1 :]
        fitting = [(place, t) for place, t in trades if where.fits(t)]
        return TradePage(
            trades=tuple(replace(t, closures=()) for _, t in fitting[:limit]),
            places=tuple(place for place, _ in fitting[:limit]),
            has_more=len(fitting) > limit,
        )

    async def count_trades(self, run_id: int, where: TradeFilter = EVERY_TRADE) -> int:
        """See `RunStore.count_trades`."""
        return sum(map(where.fits, self._run(run_id).books.trades))

    async def snapshots(self, run_id: int, *, with_positions: bool = True) -> tuple[PortfolioSnapshot, ...]:
        """See `RunStore.snapshots`."""
        days = self._run(run_id).books.snapshots
        return days if with_positions else tuple(replace(day, positions=()) for day in days)

    async def snapshot(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """See `RunStore.snapshot`."""
        return next((day for day in reversed(self._run(run_id).books.snapshots) if day.on <= on), None)

    async def stop_changes(self, run_id: int, *, decision_id: str | None = None) -> tuple[StopChange, ...]:
        """See `RunStore.stop_changes`."""
        changes = self._run(run_id).books.stop_changes
        return tuple(c for c in changes if decision_id is None or c.decision_id == decision_id)

    async def reserve_entries(self, run_id: int) -> tuple[ReserveEntry, ...]:
        """See `RunStore.reserve_entries`."""
        return self._run(run_id).books.reserve_entries

    async def tier_changes(self, run_id: int) -> tuple[TierChange, ...]:
        """See `RunStore.tier_changes`."""
        return self._run(run_id).books.tier_changes

    async def breakers(self, run_id: int) -> tuple[BreakerEvent, ...]:
        """See `RunStore.breakers`."""
        return self._run(run_id).books.breakers

    async def flows(self, run_id: int) -> tuple[CashFlow, ...]:
        """See `RunStore.flows`."""
        return self._run(run_id).books.flows

    async def splits(self, run_id: int) -> tuple[PositionSplit, ...]:
        """See `RunStore.splits`."""
        return self._run(run_id).books.splits

    async def notices(self, run_id: int, *, reference_id: str | None = None) -> tuple[Notice, ...]:
        """See `RunStore.notices`."""
        notices = self._run(run_id).books.notices
        return tuple(n for n in notices if reference_id is None or n.reference_id == reference_id)

    async def open_lots(self, run_id: int) -> tuple[Lot, ...]:
        """See `RunStore.open_lots`."""
        return self._run(run_id).books.open_lots


class InMemoryRunStore(InMemoryRunReader):
    """A `RunStore` (engine/ports.py) for tests and for runs that nobody wants to keep."""

    def __init__(self) -> None:
        self._runs: dict[int, KeptRun] = {}

    async def create(self, record: RunRecord) -> int:
        """See `RunStore.create`."""
        run_id = max(self._runs, default=0) + 1
        self._runs[run_id] = KeptRun(replace(record, run_id=run_id, status=RunStatus.RUNNING), RunBooks())
        return run_id

    def write_ahead(self, run_id: int, decisions: DecisionLog) -> None:
        """See `RunStore.write_ahead`: nothing to do."""

    async def finish(self, record: RunRecord, books: RunBooks) -> None:
        """See `RunStore.finish`."""
        run = self._run(record.run_id)
        if run.record.status is not RunStatus.RUNNING:
            raise BrokenInvariant(f"run {record.run_id} is finished already")
        check_run(record, books)
        self._runs[record.run_id] = KeptRun(record, books)

    async def listing(self, run_id: int) -> RunListing:
        """See `RunStore.listing`."""
        record = self._run(run_id).record
        return RunListing(run_id=run_id, state=RunState(record.status), record=record)

    async def list(self) -> tuple[RunListing, ...]:
        """See `RunStore.list`."""
        return tuple([await self.listing(run_id) for run_id in sorted(self._runs, reverse=True)])

    async def delete(self, run_id: int) -> None:
        """See `RunStore.delete`."""
        if self._run(run_id).record.status is RunStatus.RUNNING:
            raise BadInput(f"run {run_id} is being worked on", hint="stop it first")
        del self._runs[run_id]

    def _run(self, run_id: int) -> KeptRun:
        if run_id not in self._runs:
            raise NotFound(f"there is no run {run_id}")
        return self._runs[run_id]
