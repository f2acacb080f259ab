"""Desk: what may the interface ask of the account, its engine and the backtests beside it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from engine.decision.state import State
from engine.model.audit import Answered, Asked, AuditEvent
from engine.model.breakers import BreakerEvent
from engine.model.live import Heartbeat, JournalEntry
from engine.model.notifications import Notification, NotificationFilter
from engine.model.portfolio import PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.views import DecisionFilter, DecisionStory
from engine.ports import DecisionPage, RunListing
from engine.settings import Settings
from stonks_tui.view_models.run_progress import RunProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An account as of one turn, 0 before the first. Nobody changes its `state`.

    `beat` is the last sign of life of whoever leads, `seconds` how long ago that was, `leads_here` whether that is this
    process. `standbys` are the engines that stand by, as HOST:PID, and since when: only a database knows of any.
    """

    turn: int
    state: State
    beat: Heartbeat | None = None
    seconds: float | None = None
    leads_here: bool = False
    last_decision_at: datetime | None = None
    standbys: tuple[tuple[str, datetime], ...] = ()


class Desk(Protocol):
    """Answers of the engine and of the books. Raises StonksError, in words, when there is none."""

    async def ask(self, asked: Asked) -> Answered:
        """Return what the engine answers. Raises Unavailable when it does not within some seconds."""

    async def standing(self) -> Standing:
        """Return the account as of its last turn."""

    async def settings(self) -> Settings:
        """Return the settings that hold."""

    async def decisions(self, where: DecisionFilter, after: int | None, limit: int) -> DecisionPage:
        """Return decisions, newest first."""

    async def decision(self, decision_id: str) -> DecisionStory | None:
        """Return a decision with its trace and what it led to."""

    async def today(self) -> PortfolioSnapshot | None:
        """Return the books of the session that is on, else of the last one; None before the first."""

    async def days(self, first: date | None, last: date | None, limit: int) -> tuple[PortfolioSnapshot, ...]:
        """Return up to `limit` days in order, from `first` on and to `last`, both included, without positions."""

    async def breakers(self) -> tuple[BreakerEvent, ...]:
        """Return each time that a breaker tripped, in order."""

    async def tier_changes(self) -> tuple[TierChange, ...]:
        """Return the tier's history in order."""

    async def reserve_entries(self) -> tuple[ReserveEntry, ...]:
        """Return the reserve ledger in order."""

    async def audits(self, limit: int) -> tuple[AuditEvent, ...]:
        """Return the last words of people, newest first."""

    async def notifications(self, wanted: NotificationFilter, limit: int) -> tuple[Notification, ...]:
        """Return the last that are wanted, newest first."""

    async def last_turn(self) -> int:
        """Return the number of the last turn; it costs next to nothing."""

    async def turns(self, after: int) -> Sequence[JournalEntry]:
        """Return the next turns after `after`, in order, at most a hundred."""

    async def numbers(self) -> tuple[bytes, str]:
        """Return the numbers for Prometheus, and their content type."""

    async def backtests(self) -> tuple[RunListing, ...]:
        """Return the backtests, newest first."""

    async def backtest(self, run_id: int) -> RunListing:
        """Return a backtest. Raises NotFound."""

    def backtest_progress(self, run_id: int) -> RunProgress | None:
        """Return how far a backtest is that was started here, None of any other."""

    async def start_backtest(self, options: Sequence[str]) -> int:
        """Start a backtest, and return its number once it has one.

        Raises Refusal when one is being made, when there is no room for it, and when it is refused.
        """

    def cancel_backtest(self, run_id: int) -> bool:
        """Ask a backtest to end; return whether it is being made here."""
