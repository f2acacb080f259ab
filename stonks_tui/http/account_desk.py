"""Account desk: what the interface asks, answered by the engine of this process and by the account's books.

Books are read as the screens read them, in threads of the interface's own; the engine is asked at its door alone.
"""

import asyncio
import concurrent.futures
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine import codec, policy_mapping
from engine.adapters import clock
from engine.decision import day_books
from engine.decision.state import State
from engine.errors import NoEngine, Unavailable
from engine.model.audit import Answered, Asked, AuditEvent
from engine.model.breakers import BreakerEvent
from engine.model.costs import CostModel
from engine.model.live import STOPPED, Heartbeat, JournalEntry
from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationFilter
from engine.model.portfolio import PortfolioSnapshot, ReserveEntry, TierChange
from engine.model.runs import LIVE_RUN, RunRecord
from engine.model.sessions import SessionTable
from engine.model.views import DecisionFilter, DecisionStory
from engine.ports import DecisionPage, RunListing, RunStore
from engine.settings import Settings, from_text
from stonks_tui import account_place, bootstrap, decision_stories
from stonks_tui.http.backtesting import Backtesting
from stonks_tui.http.desk import Standing
from stonks_tui.http.momentary import Momentary
from stonks_tui.view_models.run_progress import RunProgress
from storage.machine_lock import owner_here

if TYPE_CHECKING:
    from stonks_tui.metrics import Metrics
    from storage.live_reader import SqlLiveReader

AskEngine = Callable[[Asked], "concurrent.futures.Future[Answered]"]
"""Puts a word to the engine's loop from any thread. Raises Unavailable when there is no engine."""
ENGINE_SECONDS = 10.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what Prometheus collects."""
_TURNS = 100
_UNKNOWN = "what was asked may have taken effect all the same: GET /api/trading/audit shows it"
_Answer = TypeVar("_Answer")


class AccountDesk:
    """A `Desk` over the account of `data_dir` and the engine that `ask` reaches."""

    def __init__(
        self,
        data_dir: Path,
        ask: AskEngine,
        *,
        seconds: float = ENGINE_SECONDS,
        numbers: "Metrics | None" = None,
    ) -> None:
        self._ask_engine, self._seconds = ask, seconds
        self._numbers = numbers
        self._data_dir = data_dir
        self._live: SqlLiveReader | None = None
        self._books: RunStore | None = None
        self._standing = Momentary(self._read_standing)
        self._settings = Momentary(self._read_settings)
        self.backtesting = Backtesting(data_dir)

    async def ask(self, asked: Asked) -> Answered:
        """See `Desk.ask`. What an engine that stands by is told goes to the one that leads, by way of the database."""
        answered = await self._told_here(asked)
        if answered.done or not answered.is_of_standby:
            return answered
        elsewhere = await self._told_elsewhere(asked)
        self._forget()
        return elsewhere or answered

    async def _told_elsewhere(self, asked: Asked) -> Answered | None:
        """Return what the engine that leads answers; None when none does, or nothing is known of it."""
        if (database := account_place.database_of(self._data_dir)) is None:
            return None
        from storage import postgres_asking  # the driver is not needed for files

        try:
            return await asyncio.to_thread(asyncio.run, postgres_asking.ask(database, asked, self._seconds))
        except NoEngine:
            return None

    async def _told_here(self, asked: Asked) -> Answered:
        answer = asyncio.wrap_future(self._ask_engine(asked))
        await asyncio.wait((answer,), timeout=self._seconds)
        self._forget()
        if answer.cancelled():
            raise Unavailable("the engine ended before it answered", hint=_UNKNOWN)
        if not answer.done():
            answer.cancel()
            raise Unavailable(f"the engine has not answered within {self._seconds:g} s", hint=_UNKNOWN)
        return answer.result()

    async def standing(self) -> Standing:
        """See `Desk.standing`."""
        return await self._standing.value()

    async def _read_standing(self, known: Standing | None) -> Standing:
        return await self._live_asked(lambda live: _seen(live, known))

    async def settings(self) -> Settings:
        """See `Desk.settings`."""
        return await self._settings.value()

    async def _read_settings(self, _: Settings | None) -> Settings:
        return await self._live_asked(_settings)

    def _forget(self) -> None:
        for read in (self._standing, self._settings):
            read.forget()

    async def today(self) -> PortfolioSnapshot | None:
        """See `Desk.today`."""
        standing = await self.standing()
        state = await asyncio.to_thread(deepcopy, standing.state)  # the books of a day use it up
        session = state.session
        if session is not None and state.ended_on != session.on:
            at = min(standing.beat.at, session.close_at) if standing.beat else session.close_at
            return day_books.so_far(state, max(at, session.open_at))
        days = await self.days(None, None, 0)
        return days[-1] if days else None

    async def days(self, first: date | None, last: date | None, limit: int) -> tuple[PortfolioSnapshot, ...]:
        """See `Desk.days`; a `limit` of 0 is all of them."""
        found = await self._asked(lambda store: store.snapshots(LIVE_RUN, with_positions=False))
        wanted = [d for d in found if (first is None or d.on >= first) and (last is None or d.on <= last)]
        return tuple(wanted[:limit] if limit else wanted)

    async def decisions(self, where: DecisionFilter, after: int | None, limit: int) -> DecisionPage:
        """See `Desk.decisions`."""
        return await self._asked(
            lambda store: store.decisions(LIVE_RUN, where, after=after, limit=limit, newest_first=True)
        )

    async def decision(self, decision_id: str) -> DecisionStory | None:
        """See `Desk.decision`."""
        return await self._asked(lambda store: decision_stories.story_of(store, LIVE_RUN, decision_id))

    async def breakers(self) -> tuple[BreakerEvent, ...]:
        """See `Desk.breakers`."""
        return await self._asked(lambda store: store.breakers(LIVE_RUN))

    async def tier_changes(self) -> tuple[TierChange, ...]:
        """See `Desk.tier_changes`."""
        return await self._asked(lambda store: store.tier_changes(LIVE_RUN))

    async def reserve_entries(self) -> tuple[ReserveEntry, ...]:
        """See `Desk.reserve_entries`."""
        return await self._asked(lambda store: store.reserve_entries(LIVE_RUN))

    async def audits(self, limit: int) -> tuple[AuditEvent, ...]:
        """See `Desk.audits`."""
        return await self._live_asked(lambda live: live.audits(limit))

    async def notifications(self, wanted: NotificationFilter, limit: int) -> tuple[Notification, ...]:
        """See `Desk.notifications`."""
        return await self._live_asked(lambda live: live.notifications(wanted, limit))

    async def last_turn(self) -> int:
        """See `Desk.last_turn`."""
        return await self._live_asked(lambda live: live.last_turn())

    async def turns(self, after: int) -> Sequence[JournalEntry]:
        """See `Desk.turns`."""
        return await self._live_asked(lambda live: _turns(live, after))

    async def numbers(self) -> tuple[bytes, str]:
        """See `Desk.numbers`."""
        if self._numbers is None:
            raise Unavailable("no numbers are collected")
        return await self._numbers.text(clock.now(), self), CONTENT_TYPE

    async def heartbeat(self) -> tuple[Heartbeat, datetime] | None:
        """See `LiveReader.heartbeat`."""
        return await self._live_asked(lambda live: live.heartbeat())

    async def notification_counts(self, since: datetime) -> Mapping[tuple[NotificationChannel, DeliveryStatus], int]:
        """See `LiveReader.notification_counts`."""
        return await self._live_asked(lambda live: live.notification_counts(since))

    async def backtests(self) -> tuple[RunListing, ...]:
        """See `Desk.backtests`."""
        return await self._asked(lambda _: bootstrap.runs(self._data_dir).list())

    async def backtest(self, run_id: int) -> RunListing:
        """See `Desk.backtest`."""
        return await self._asked(lambda _: bootstrap.runs(self._data_dir).listing(run_id))

    def backtest_progress(self, run_id: int) -> RunProgress | None:
        """See `Desk.backtest_progress`."""
        return self.backtesting.progress(run_id)

    async def start_backtest(self, options: Sequence[str]) -> int:
        """See `Desk.start_backtest`."""
        return await self.backtesting.start(options)

    def cancel_backtest(self, run_id: int) -> bool:
        """See `Desk.cancel_backtest`."""
        return self.backtesting.cancel(run_id)

    async def close(self) -> None:
        """End what was started from here."""
        await self.backtesting.close()

    async def _live_asked(self, question: "Callable[[SqlLiveReader], Coroutine[Any, Any, _Answer]]") -> _Answer:
        return await asyncio.to_thread(lambda: asyncio.run(question(self._reader())))

    async def _asked(self, question: Callable[[RunStore], Coroutine[Any, Any, _Answer]]) -> _Answer:
        return await asyncio.to_thread(lambda: asyncio.run(question(self._store())))

    def _reader(self) -> "SqlLiveReader":
        if self._live is None:
            self._live = _of_account(bootstrap.live_reader, self._data_dir)
        return self._live

    def _store(self) -> RunStore:
        if self._books is None:
            self._books = bootstrap.records(self._data_dir)
        return self._books


def _of_account(opened: "Callable[[Path], SqlLiveReader]", data_dir: Path) -> "SqlLiveReader":
    if not bootstrap.has_account(data_dir):
        raise Unavailable("there is no account yet", hint="the first engine that leads begins one")
    return opened(data_dir)


async def _seen(live: "SqlLiveReader", known: Standing | None) -> Standing:
    """Return the account as it is now; the state is read again only when a turn was kept since it was `known`."""
    turn = await live.last_turn()
    if known is None or known.turn != turn:
        known = await _read(live)
    known = replace(known, standbys=await live.standbys())
    beat = await live.heartbeat()
    return _with_beat(known, *beat) if beat else known


async def _read(live: "SqlLiveReader") -> Standing:
    async with live.at_once(LIVE_RUN):
        turn, kept, record = await live.last_turn(), await live.state(), await live.get(LIVE_RUN)
        page = await live.decisions(LIVE_RUN, limit=1, newest_first=True)
    last = page.decisions[0].at if page.decisions else None
    return Standing(turn=turn, state=_state_of(kept, record), last_decision_at=last)


def _state_of(kept: str | None, record: RunRecord) -> State:
    """Return what was kept, or what the account begins with; without what tax remembers: nothing is decided here."""
    sessions, costs = SessionTable(sessions=()), CostModel()
    if not kept:
        return State.start(capital=record.initial_capital, sessions=sessions, tier=record.risk_tier, costs=costs)
    plain = json.loads(kept)
    plain.pop("tax", None)
    return codec.state_from_plain(plain, sessions=sessions, costs=costs)


async def _settings(live: "SqlLiveReader") -> Settings:
    if kept := await live.settings():
        return from_text(kept)
    return Settings(policy=policy_mapping.from_mapping((await live.get(LIVE_RUN)).policy))


def _with_beat(standing: Standing, beat: Heartbeat, beaten_at: datetime) -> Standing:
    seconds = max(0.0, (clock.now() - beaten_at).total_seconds())
    return replace(
        standing, beat=beat, seconds=seconds, leads_here=beat.owner == owner_here() and beat.doing != STOPPED
    )


async def _turns(live: "SqlLiveReader", after: int) -> Sequence[JournalEntry]:
    found: list[JournalEntry] = []
    async with aclosing(live.journal(after)) as journal:  # type: ignore[type-var]
        async for entry in journal:
            found.append(entry)
            if len(found) == _TURNS:
                break
    return found
