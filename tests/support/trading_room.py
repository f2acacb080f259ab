"""Trading room: small worlds of quotes, traded by a whole engine, with what a test has happen at moments of its choice.

Sessions last an hour and a day begins at minute 0; the entry window is from minute 5 to minute 55.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.adapters.paper_behaviour import OBLIGING, PaperBehaviour
from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.door import Door
from engine.live_ports import Broker, LiveStore, PaperMemory, Sources
from engine.model.audit import Answered, Asked, Word
from engine.model.intraday import QuoteTape
from engine.model.notices import Notice, NoticeKind
from engine.model.recommendation import Recommendation
from engine.model.runs import RunBooks
from engine.model.sessions import SessionTable
from engine.model.tape import RecommendationTable
from engine.notification_settings import NotificationSettings
from engine.policy import TradingPolicy
from engine.remarks import Remarks
from engine.tape_course import Happenings, TapeCourse
from engine.trader import Trader
from stonks_tui.telling import Telling
from stonks_tui.trading import Account, World, on_paper, trade
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support import live
from tests.support.live import JumpingClock
from tests.support.markets import hours
from tests.support.tapes import FREE, WARM_UP, at, buy, day, quotes, rules
from tests.support.tapes import Path as Prices

CAPITAL = 1_000_000_000
SESSIONS = hours(day(-WARM_UP - 10), 60)
Deed = Callable[[], Awaitable[None]]


def policy(**settings: Any) -> TradingPolicy:
    """Return rules for sessions of an hour, with `settings` laid over them."""
    return rules(
        **{"window_start_minutes": 5, "window_end_minutes": 5, "stop_loss_check_interval_seconds": 60} | settings
    )


def quoted(prices: dict[str, dict[int, Prices]], **about: Any) -> QuoteTape:
    """Return the tape of `prices`, as `tapes.quotes` takes them, in sessions of an hour."""
    return quotes(prices, sessions=SESSIONS, **about)


class ScriptedClock(JumpingClock):
    """Is always where somebody waits for; on the way there it lets happen what is due."""

    def __init__(self, begins: datetime) -> None:
        super().__init__(begins)
        self.jumped = 0.0
        self.ends: datetime | None = None
        self.stop: Callable[[], None] = lambda: None
        self._script: list[tuple[datetime, Deed]] = []

    def then(self, moment: datetime, deed: Deed) -> None:
        """Let `deed` happen at `moment`. Moments are told in order."""
        self._script.append((moment, deed))

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        while self._script and self._script[0][0] <= at:
            moment, deed = self._script.pop(0)
            self.at = max(self.at, moment)
            await deed()
        self.at = max(self.at, at)
        if self.ends and self.at >= self.ends:
            self.ends = None
            self.stop()

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        jumped, self.jumped = self.jumped, 0.0
        return jumped

    async def sleep(self, seconds: float, *, told: bool = True) -> None:
        """Let the machine sleep; unless it is `told`, it was only busy."""
        self.at += timedelta(seconds=seconds)
        self.jumped = seconds if told else 0.0


@dataclass(kw_only=True)
class Room:
    """An account in `folder` (None: in memory), its world, its door and its clock. It may be traded in again."""

    tape: QuoteTape
    folder: Path | None = None
    recommendations: Sequence[Recommendation] = ()
    policy: TradingPolicy = field(default_factory=policy)
    sessions: SessionTable = SESSIONS
    behaviour: PaperBehaviour = OBLIGING
    sources: Sources | None = None
    through: Callable[[Broker], Broker] = lambda broker: broker
    wrapped: Callable[[LiveStore], LiveStore] = lambda store: store
    begins: datetime = at(0, -10)
    remarks: Remarks = field(default_factory=Remarks)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    telling: Callable[["Room"], Telling | None] = lambda _: None

    def __post_init__(self) -> None:
        self.store = InMemoryLiveStore(self.account.record())
        self.memory = InMemoryPaperMemory()
        self.clock = ScriptedClock(self.begins)
        self.door = Door()
        self.answers: list[Answered] = []
        self.turns: list[tuple[int, Event, Sequence[Effect]]] = []
        self.trader: Trader | None = None
        self.found: list[tuple[str, TradingPolicy]] = []  # what each engine began with

    @property
    def file(self) -> Path:
        """Where the account is kept."""
        assert self.folder
        return self.folder / "stonks.db"

    @property
    def account(self) -> Account:
        """What a new account begins with."""
        return Account(
            capital=CAPITAL,
            policy=self.policy,
            costs=FREE,
            sessions=self.sessions,
            start_on=self.tape.daily.dates[0],
            notifications=self.notifications,
        )

    def then(self, moment: datetime, deed: Deed) -> None:
        """See `ScriptedClock.then`."""
        self.clock.then(moment, deed)

    def says(self, moment: datetime, word: Word, **arguments: str) -> None:
        """Have somebody say `word` at `moment`; the answer is in `answers`."""

        async def say() -> None:
            self.answers.append(await self.ask(word, **arguments))

        self.clock.then(moment, say)

    def ends(self, moment: datetime) -> None:
        """Have the engine stopped at `moment`, whatever else happens then."""
        self.clock.ends = moment
        self.clock.stop = self._stop

    def _stop(self) -> None:
        self.door.stop()

    async def ask(self, word: Word, **arguments: str) -> Answered:
        """Ask the engine while it waits."""
        return await self.door.ask(Asked(word=word, arguments=arguments, who="ann", origin="test"))

    async def trade(self, *, days: int | None = None) -> Trader:
        """Trade until the tape ends, or the first `days` of it, or somebody says stop."""
        dates = self.tape.daily.dates
        rows = range(WARM_UP, len(dates) if days is None else WARM_UP + days)
        happenings = Happenings(recommendations=RecommendationTable.of(self.recommendations))
        tape_course = TapeCourse(self.tape, happenings, rows)

        def course(trader: Trader) -> Any:
            self.trader = trader
            self.found.append((live.state_text(trader.state), trader.policy))
            return tape_course.driven_by(trader)

        world = World(
            clock=self.clock,
            course=course,
            days=[(row, tape_course.session(row)) for row in rows],
            sources=self.sources,
            is_halted=tape_course.is_halted,
            behaviour=self.behaviour,
            through=self.through,
            remarks=self.remarks,
        )
        async with self._opened() as (store, memory):
            traded = await trade(
                self.account,
                world,
                self.wrapped(store),
                on_paper(memory),
                self.door,
                on_turn=lambda *turn: self.turns.append(turn),
                telling=self.telling(self),
            )
        assert traded
        return traded

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[LiveStore, PaperMemory]]:
        if self.folder is None:
            yield self.store, self.memory
            return
        async with (
            SqlLiveStore(self.file, self.account.record(), kept_bytes=0) as store,
            PaperStore.open(self.file.with_name("paper.db"), kept_bytes=0) as memory,
        ):
            yield store, memory

    def again(self) -> None:
        """Have the next engine find an open door and the clock where it was."""
        self.door = Door()

    async def books(self) -> RunBooks:
        """Return what the file says."""
        assert self.trader
        return await live.books_of(self.reader, self.trader.state)

    @property
    def reader(self) -> SqlLiveReader | InMemoryLiveStore:
        """Read the file as any process may."""
        return SqlLiveReader(self.file) if self.folder else self.store

    async def notices(self, *kinds: NoticeKind) -> list[Notice]:
        """Return the notices of `kinds` in their order."""
        return [notice for notice in (await self.books()).notices if notice.kind in kinds]

    def looks(self) -> list[datetime]:
        """Return when prices were looked at."""
        return [event.at for _, event, _ in self.turns if type(event).__name__ == "PricesSeen"]


def buy_and_hold(*, minutes: float, **about: Any) -> Room:
    """Return a room in memory in which AAA is bought at minute 5 and held; after `minutes` the engine is stopped."""
    plain: dict[str, Any] = {"tape": quoted({"AAA": {0: {0: 100.0}}}), "recommendations": [buy("AAA")]}
    room = Room(**plain | about)
    room.ends(at(0, minutes))
    return room
