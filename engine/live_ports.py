"""Live ports: what does the live engine ask of storage, broker, prices and clock?

Those that ask over a wire are async; a store or a broker that does not answer raises Unavailable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from engine.decision.effects import Record
from engine.model.audit import AuditEvent
from engine.model.live import Errand, Heartbeat, JournalEntry, Lease, LiveMetrics, OrderReport, Report
from engine.model.notifications import Notification
from engine.model.paper import PaperOrder
from engine.model.runs import ExecutedOrder
from engine.notification_ports import NotificationStore

if TYPE_CHECKING:
    from engine.model.market import Market
    from engine.model.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn, all of it to be kept in one transaction or not at all.

    `state` is the core's state after it, as canonical JSON; `records` what the core asks to be kept, `execution` the
    fill that the turn was about, `errands` what is to leave once it is kept. A turn that a person's word made has an
    `audit`. `settings` are the rules from now on, as canonical JSON, in a turn that changed them and in the first one.
    `checkpoint` is the state before it, kept with the first turn of each session: a replay begins there.
    `notifications` are to leave once it is kept, numbered by whoever keeps them. `looks` are the turns just before it
    that are not kept yet, because nothing came of them: prices were seen, or entries were due.
    """

    entry: JournalEntry
    state: str
    epoch: int
    records: tuple[Record, ...] = ()
    execution: ExecutedOrder | None = None
    errands: tuple[Errand, ...] = ()
    audit: AuditEvent | None = None
    settings: str = ""
    checkpoint: str = ""
    notifications: tuple[Notification, ...] = ()
    looks: tuple[JournalEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a store knows of an account: the last turn, the state after it, the errands that may not have left yet.

    `settings` are the rules by which the next turn is decided, as canonical JSON; empty when none were ever kept.
    """

    seq: int
    state: str
    waiting: tuple[Errand, ...]
    errands: int
    settings: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a replay can begin: `state` and `settings` as they were before the turn `seq`, as canonical JSON."""

    seq: int
    at: datetime
    state: str
    settings: str


class Clock(Protocol):
    """What time is it, and when will it be later?"""

    def now(self) -> datetime:
        """Return this moment, aware, in UTC."""

    async def until(self, at: datetime) -> None:
        """Return once it is `at`, at once when that is past. Whoever is no longer interested cancels it."""

    def jumped_seconds(self) -> float:
        """Return by how much the time of day has run ahead of the time that passed since the last call.

        More than 0 after a sleep or when the clock was set forward, less when it was set back.
        """


class Sources(Protocol):
    """What comes in from outside while an account trades: prices, recommendations, signals, what shakes the market."""

    async def refresh(self, at: datetime, session: Session) -> None:
        """Take in everything that has come by `at`: what the course asks for afterwards is of that moment.

        Raises Unavailable when it cannot be had now; what was known before is still known then.
        """

    def is_urgent(self, at: datetime) -> bool:
        """Is something known by `at`, and not handed out yet, that does not wait for the next look?"""

    @property
    def news(self) -> asyncio.Event | None:
        """What is set when somebody gives notice that something has come; None where nobody can."""

    def has_suggestions(self, at: datetime) -> bool:
        """Are there recommendations or signals of before `at` that were not handed out yet?"""

    def newest_recommendation_at(self) -> datetime | None:
        """Return when the newest recommendation was generated that has come in, None before the first one."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of what came in, a sentence each: rows that were refused and why, bars that are old."""


class LiveStore(NotificationStore, Protocol):
    """Keeps one account, and whom it told what.

    Every turn is one transaction; nothing of a turn is seen before all of it is there.
    """

    async def load(self) -> Kept | None:
        """Return what is kept, None of an account that never had a turn."""

    async def commit(self, turn: Turn) -> None:
        """Keep `turn`, the one after the last, and the looks before it.

        Raises LostLease when the lease has another epoch by now, BrokenInvariant when it is not the next turn, or a
        look is none; then nothing of it is kept.
        """

    async def brought(self, errand_id: int) -> None:
        """Note that this errand has reached the broker."""

    async def decided(self, cause_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these recommendations and signals that have a decision."""

    async def take_lease(self, owner: str, at: datetime, seconds: float) -> Lease | None:
        """Take the lease, or make one's own last longer; None while another owner's lasts. The epoch never falls."""

    async def release_lease(self, owner: str) -> None:
        """End one's own lease at once."""

    def journal(self, after: int = 0) -> AsyncIterator[JournalEntry]:
        """Yield the turns after `after`, in order."""

    async def last_heartbeat(self) -> Heartbeat | None:
        """Return the last sign of life that was kept, None when there never was one."""

    async def beat(self, heartbeat: Heartbeat) -> None:
        """Keep `heartbeat` in place of the last one. A power cut may undo it."""

    async def measured(self, metrics: LiveMetrics) -> None:
        """Keep `metrics` beside those of earlier moments; of one moment the last counts. A power cut may undo it."""

    async def forget_prices(self, before: datetime) -> int:
        """Forget the turns of the journal before `before` that only looked at prices; return how many there were.

        Turns that did more than that are kept for ever, and so is everything after the last checkpoint.
        """


class Broker(Protocol):
    """Executes. Knows every order by its `client_order_id` for ever: one that comes twice is executed once.

    Any of it raises Unavailable when it does not answer; a question that it can never answer raises Unsupported.
    """

    @property
    def news(self) -> asyncio.Event | None:
        """What is set when there may be something to hear; None of a broker that says all when it is spoken to."""

    async def serve(self, epoch: int) -> None:
        """Know that the engine of `epoch` leads from now on; raises LostLease for an older one."""

    async def bring(self, errand: Errand, epoch: int) -> None:
        """Hand over an errand. Returns when the broker has it for sure; raises LostLease for an older epoch."""

    async def reports(self) -> Sequence[Report]:
        """Return what the broker has said since the last call, in order; nothing when it has said nothing."""

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """Return everything ever said of an order, in order; None when the broker has never seen it."""

    async def positions(self) -> Mapping[str, int]:
        """Return the shares held, by ticker."""

    async def market_shown(self, market: Market | None) -> None:
        """Tell a broker that trades on paper what the market shows from now on; a real one does not listen.

        None: the market is closed, and what comes waits.
        """

    async def prices_changed(self, market: Market, at: datetime) -> None:
        """Tell a broker that trades on paper that what waits for a price may have one now."""


class PaperBook(Protocol):
    """What the paper broker knows, open for one transaction."""

    async def epoch(self) -> int:
        """Return the highest epoch it has heard of, 0 before any."""

    async def set_epoch(self, epoch: int) -> None:
        """Note a higher one."""

    async def order(self, client_order_id: str) -> PaperOrder | None:
        """Return what is known of an order, None of one that never came."""

    async def waiting(self) -> Sequence[PaperOrder]:
        """Return the orders that have not ended, in the order in which they came."""

    async def put_order(self, order: PaperOrder) -> None:
        """Note an order that is new, or how far a known one has come."""

    async def say(self, report: Report) -> None:
        """Add `report` to what is said: of an order that was put, with the next number of that order."""

    async def said_after(self, seq: int) -> Sequence[tuple[int, Report]]:
        """Return what is said after number `seq` of all that is said, in order, each with its number."""

    async def said_of(self, client_order_id: str) -> Sequence[OrderReport]:
        """Return what is said of an order, in order."""

    async def heard(self) -> int:
        """Return the number up to which everything said has been heard for sure, 0 at first."""

    async def set_heard(self, seq: int) -> None:
        """Note that everything up to `seq` has been heard."""

    async def positions(self) -> Mapping[str, int]:
        """Return the shares held, by ticker; none that are 0."""

    async def move_shares(self, ticker: str, shares: int) -> None:
        """Add `shares` (negative: sold) to what is held."""


class PaperMemory(Protocol):
    """What the paper broker remembers for ever, apart from what the engine does."""

    def transaction(self) -> AbstractAsyncContextManager[PaperBook]:
        """Give the book to one at a time. At the end all that was noted is kept; after an exception none of it."""

    def reading(self) -> AbstractAsyncContextManager[PaperBook]:
        """Give the book as it is at one moment, to read in; whoever writes meanwhile is not waited for."""
