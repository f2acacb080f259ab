"""Ports: what does the engine ask of the world, and in which words does the world answer?

Whoever only reads runs needs no matrices: what numpy carries is imported here for its name alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from engine.model.breakers import BreakerEvent
from engine.model.decisions import Decision
from engine.model.market import Dividend, Security, Split
from engine.model.notices import Notice
from engine.model.portfolio import CashFlow, PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.positions import ClosedTrade, Lot, PositionSplit, StopChange
from engine.model.runs import ExecutedOrder, RunBooks, RunRecord
from engine.model.trade_questions import EVERY_TRADE, TradeFilter, TradeOrder
from engine.model.views import EVERY_DECISION, DecisionFilter

if TYPE_CHECKING:
    from engine.model.decision_log import DecisionLog
    from engine.model.imports import BarColumns, ImportCounts, ImportSource
    from engine.model.tape import RecommendationTable


class RunState(StrEnum):
    """How a stored run stands: its own status, or what became of it since.

    `interrupted` is a run whose process ended before it could finish; `damaged` is one that cannot be read.
    """

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListing:
    """One line of the list of runs. A damaged run has no `record`, but a `problem` in words."""

    run_id: int
    state: RunState
    record: RunRecord | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """Some decisions in the order in which they were made. `next` is where the next page starts, None at the end.

    `first` and `last` are the places of the outermost of them, None without any: a page the other way round may start
    there.
    """

    decisions: tuple[Decision, ...]
    next: int | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradePage:
    """Some closed trades in the order that was asked for, without their lots; `places` are theirs in the books.

    The next page starts after the last of them; `has_more` says that there is one.
    """

    trades: tuple[ClosedTrade, ...]
    places: tuple[int, ...]
    has_more: bool = False


class RunStore(Protocol):
    """Keeps runs: each a record and its books. Asking for a run that is not there raises NotFound."""

    async def create(self, record: RunRecord) -> int:
        """Keep `record` as a running run under a new id, and return the id. `record.run_id` is not read."""

    def write_ahead(self, run_id: int, decisions: DecisionLog) -> None:
        """Say what decisions a running run has made so far, so that its store may begin to write them.

        Returns at once. Only a head start: until `finish` nobody sees them, and `finish` is given all.
        """

    async def finish(self, record: RunRecord, books: RunBooks) -> None:
        """Replace the running run `record.run_id` by what it came to: all of it, or nothing.

        Raises NotFound when there is no such run, BrokenInvariant when it is finished already or when the books
        contradict themselves (two decisions on one recommendation, an id given twice, a number that is none).
        """

    def at_once(self, run_id: int) -> AbstractAsyncContextManager[None]:
        """Answer what is asked of the run within the context as of one moment, and the quicker for it."""

    async def get(self, run_id: int) -> RunRecord:
        """Return the record as it was last written: an interrupted run still says running."""

    async def listing(self, run_id: int) -> RunListing:
        """Return the record with what became of the run."""

    async def list(self) -> tuple[RunListing, ...]:
        """Return all runs, newest first."""

    async def delete(self, run_id: int) -> None:
        """Remove the run with all its books. One that is being worked on raises BadInput."""

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
        """Return up to `limit` decisions that fit, from the cursor `after` (the last page's `next`) on.

        Without `with_traces` the traces are left out, which is far quicker.
        """

    async def count_decisions(self, run_id: int, where: DecisionFilter = EVERY_DECISION) -> int:
        """Return how many decisions fit."""

    async def tickers(self, run_id: int) -> tuple[str, ...]:
        """Return the tickers on which something was decided, by name."""

    async def decision(self, run_id: int, decision_or_cause_id: str) -> Decision | None:
        """Return the decision of that id, or on the recommendation or signal of that id, with its trace if kept."""

    async def executions(self, run_id: int, *, decision_id: str | None = None) -> tuple[ExecutedOrder, ...]:
        """Return the fills in order: all, or those that `decision_id` caused."""

    async def trades(self, run_id: int, *, decision_id: str | None = None) -> tuple[ClosedTrade, ...]:
        """Return the closed trades in order, with the lots that they closed.

        All, or those of the positions that `decision_id` opened or closed.
        """

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
        """Return up to `limit` closed trades that fit, from the one after that at the place `after` on.

        `backwards` is the same order from its other end. After a place that holds no trade comes nothing.
        """

    async def count_trades(self, run_id: int, where: TradeFilter = EVERY_TRADE) -> int:
        """Return how many closed trades fit."""

    async def snapshots(self, run_id: int, *, with_positions: bool = True) -> tuple[PortfolioSnapshot, ...]:
        """Return the days in order. Without their positions (each then has none) this is far quicker."""

    async def snapshot(self, run_id: int, on: date) -> PortfolioSnapshot | None:
        """Return the last day on or before `on`, or None when the run begins later."""

    async def stop_changes(self, run_id: int, *, decision_id: str | None = None) -> tuple[StopChange, ...]:
        """Return the changes of levels in order: all, or those of the position that `decision_id` opened."""

    async def reserve_entries(self, run_id: int) -> tuple[ReserveEntry, ...]:
        """Return the reserve ledger in order."""

    async def tier_changes(self, run_id: int) -> tuple[TierChange, ...]:
        """Return the tier's history in order."""

    async def breakers(self, run_id: int) -> tuple[BreakerEvent, ...]:
        """Return each time that a breaker tripped, in order."""

    async def flows(self, run_id: int) -> tuple[CashFlow, ...]:
        """Return the flow ledger in order."""

    async def splits(self, run_id: int) -> tuple[PositionSplit, ...]:
        """Return what splits did to the account, in order."""

    async def notices(self, run_id: int, *, reference_id: str | None = None) -> tuple[Notice, ...]:
        """Return what a person was told of, in order: all, or what is about `reference_id`."""

    async def open_lots(self, run_id: int) -> tuple[Lot, ...]:
        """Return the lots that were open at the end, in order."""


class ImportKind(StrEnum):
    """What an import brought."""

    BARS = "bars"
    RECOMMENDATIONS = "recommendations"
    SECURITIES = "securities"
    EARNINGS = "earnings"
    SPLITS = "splits"
    DIVIDENDS = "dividends"
    QUOTES = "quotes"
    SIGNALS = "signals"
    MACRO_EVENTS = "macro_events"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEntry:
    """One line of the log of imports."""

    kind: ImportKind
    source: ImportSource
    counts: ImportCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSummary:
    """What a market store holds, in rows; dates and moments are those of the first and the last row."""

    tickers: tuple[str, ...]
    bars: int
    first_bar_on: date | None
    last_bar_on: date | None
    recommendations: int
    first_recommendation_at: datetime | None
    last_recommendation_at: datetime | None
    securities: int
    earnings: int
    splits: int
    dividends: int


class MarketStore(Protocol):
    """Keeps prices, recommendations and what is known of listings.

    Each `put` is all or nothing, replaces rows of the same key and says how many were new, the same or changed.
    A key that comes twice in one call raises BadInput. The keys: ticker and day; recommendation id; ticker.
    """

    async def put_bars(self, bars: BarColumns, source: ImportSource) -> ImportCounts:
        """Keep daily bars."""

    async def put_recommendations(self, table: RecommendationTable, source: ImportSource) -> ImportCounts:
        """Keep recommendations."""

    async def put_securities(self, securities: Sequence[Security], source: ImportSource) -> ImportCounts:
        """Keep what is known of shares: name, sector, last day."""

    async def put_earnings(self, earnings: Mapping[str, tuple[date, ...]], source: ImportSource) -> ImportCounts:
        """Keep the dates on which companies report, by ticker."""

    async def put_splits(self, splits: Sequence[Split], source: ImportSource) -> ImportCounts:
        """Keep splits."""

    async def put_dividends(self, dividends: Sequence[Dividend], source: ImportSource) -> ImportCounts:
        """Keep dividends."""

    async def load_bars(
        self, tickers: Sequence[str] | None = None, start: date | None = None, end: date | None = None
    ) -> BarColumns:
        """Return the daily bars of `tickers` (all) from `start` to `end`, both included."""

    async def load_recommendations(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> RecommendationTable:
        """Return the recommendations generated in `[start, end)`, by time and then id."""

    async def load_securities(self) -> tuple[Security, ...]:
        """Return the shares by ticker."""

    async def load_earnings(self) -> dict[str, tuple[date, ...]]:
        """Return the earnings dates in order, by ticker."""

    async def load_splits(self) -> tuple[Split, ...]:
        """Return the splits by ticker and day."""

    async def load_dividends(self) -> tuple[Dividend, ...]:
        """Return the dividends by ticker and day."""

    async def imports(self) -> tuple[ImportEntry, ...]:
        """Return the log of imports, oldest first."""

    async def content_digest(self) -> str:
        """Return a SHA-256 that is another one after every `put` that changed something."""

    async def summary(self) -> MarketSummary:
        """Return what the store holds."""
