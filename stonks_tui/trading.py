"""Trading: how are an account, its broker and an engine put together, so that it trades until it is told to stop?"""

import asyncio
import gc
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import partial
from random import Random

from engine import codec
from engine.adapters import clock as wall
from engine.adapters.paper_behaviour import OBLIGING, PaperBehaviour
from engine.adapters.paper_broker import PaperBroker, never_halted
from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.decision.state import State
from engine.door import Door
from engine.engine import LiveEngine
from engine.errors import LostLease, StonksError, Unavailable
from engine.guard import Guard
from engine.leadership import LEASE_SECONDS, Leadership, lead
from engine.live_ports import Broker, Clock, Kept, LiveStore, PaperMemory, Sources
from engine.model.audit import OF_STANDBY, Answered, Asked, Word
from engine.model.costs import CostModel
from engine.model.live import STOPPED
from engine.model.money import Money, usd
from engine.model.runs import RunRecord, RunStatus
from engine.model.sessions import Session, SessionTable
from engine.notification_settings import NotificationSettings
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping
from engine.remarks import Remarks
from engine.settings import Settings
from engine.steps import Course
from engine.trader import Trader
from stonks_tui.account_start import AccountStart
from stonks_tui.telling import Telling, people_told
from stonks_tui.version import __version__
from storage.machine_lock import owner_here

_log = logging.getLogger("stonks")
_ANOTHER_LEADS = "another engine leads on this account"
STANDBY_SECONDS = 5.0
"""So often an engine that stands by looks whether the one that leads is still there; more often with a short lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a new account on paper begins with; one that is there goes on with what it has.

    `origins` says where its settings were said, by their names; see `account_start.Beginning`.
    """

    capital: Money
    policy: TradingPolicy
    costs: CostModel
    sessions: SessionTable
    start_on: date
    name: str = ""
    seed: int = 0
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    origins: Mapping[str, str] = field(default_factory=dict)
    takes_over: bool = False

    @property
    def settings(self) -> Settings:
        """All that may be changed while it trades."""
        return Settings(policy=self.policy, notifications=self.notifications)

    def record(self) -> RunRecord:
        """Return what is said of the account in its file: it is the run 0."""
        return RunRecord(
            run_id=0,
            created_at=wall.now(),
            completed_at=None,
            status=RunStatus.RUNNING,
            error="",
            start_on=self.start_on,
            end_on=self.start_on,
            initial_capital=self.capital,
            risk_tier=self.policy.risk_tier,
            seed=self.seed,
            policy=as_mapping(self.policy),
            costs=asdict(self.costs),
            inputs=(),
            metrics=None,
            funnel={},
            gaps=(),
            unaffordable=(),
            notes=(),
            fingerprint="",
            seconds=0.0,
            code_version=__version__,
            name=self.name,
        )

    def beginning(self) -> State:
        """Return the state of a new account."""
        return State.start(capital=self.capital, sessions=self.sessions, tier=self.policy.risk_tier, costs=self.costs)

    def state_of(self, kept: Kept | None) -> State:
        """Return the state that was kept, or that of a new account."""
        if kept is None:
            return self.beginning()
        return codec.state_from_plain(json.loads(kept.state), sessions=self.sessions, costs=self.costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What an engine trades in: the time, the sessions and what happens in them.

    `course` is made for the trader that drives it. `through` wraps the broker, for whoever makes it fail. As long as
    `heeding` lasts it is noticed at once when somebody says that something has come. `remarks` is what parts around the
    engine have to say.
    """

    clock: Clock
    course: Callable[[Trader], Course]
    days: Sequence[tuple[int, Session]]
    sources: Sources | None = None
    is_halted: Callable[[str, datetime], bool] = never_halted
    behaviour: PaperBehaviour = OBLIGING
    through: Callable[[Broker], Broker] = lambda broker: broker
    heeding: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    remarks: Remarks = field(default_factory=Remarks)


OnTurn = Callable[[int, Event, Sequence[Effect]], None]
BrokerMade = Callable[[Account, World], AbstractAsyncContextManager[Broker]]
"""Gives who executes, for as long as one engine leads."""
Opened = Callable[[], AbstractAsyncContextManager[None]]
"""What lets people in from outside as long as the engine leads: a socket."""
Watched = Callable[[Trader, Guard, Leadership, World], AbstractAsyncContextManager[None]]
"""Who looks at the engine's own values in its loop, as long as it leads: numbers, the log."""


def by_nobody(*_: object) -> AbstractAsyncContextManager[None]:
    """Nobody looks."""
    return nullcontext()


async def trade(
    account: Account,
    world: World,
    store: LiveStore,
    broker: BrokerMade,
    door: Door,
    *,
    opened: Opened = nullcontext,
    end_lost_lease: Callable[[], Awaitable[None]] | None = None,
    on_turn: OnTurn | None = None,
    lease_seconds: float = LEASE_SECONDS,
    telling: Telling | None = None,
    watched: Watched = by_nobody,
) -> Trader | None:
    """Trade until the days are over or somebody says stop; return the trader, None of an engine that never led.

    Without `telling` nobody is told of anything.

    As long as another engine leads on the account this one stands by, and so it does when it has lost the lead.
    `end_lost_lease` ends the lease of an engine that is known to be dead; of any other it ends after `lease_seconds`.
    """
    owner, start = owner_here(), AccountStart(account)
    spread = _spread_of(owner)
    try:
        while found := await _stand_by(store, owner, door, end_lost_lease, lease_seconds, spread):
            leadership, kept = found
            try:
                async with world.heeding(), broker(account, world) as executes:
                    trader, guard = _trader(account, world, store, executes, leadership, kept, on_turn)
                    engine = LiveEngine(
                        trader, world.clock, leadership, sources=world.sources, guard=guard, door=door, spread=spread
                    )
                    about = (trader, guard, store, world.clock, account.sessions)
                    people = people_told(telling, *about) if telling else nullcontext()
                    async with watched(trader, guard, leadership, world), opened(), people:
                        _leave_out_what_stays()
                        await start.keep(trader, world.clock.now())
                        _log.info("leads under epoch %d, %s; %s", leadership.epoch, _turns(trader), _held(trader))
                        await engine.run(world.course(trader), world.days)
            except LostLease as error:
                _log.warning("%s", error.message)
                continue
            with suppress(StonksError):
                await guard.beat(STOPPED, None)
                await store.release_lease(owner)
            _log.info("stopped after turn %d; %s", trader.seq, _held(trader))
            return trader
        return None
    finally:
        door.shut()


def on_paper(memory: PaperMemory) -> BrokerMade:
    """Return what makes a broker on paper in this process, which remembers in `memory`."""

    def made(account: Account, world: World) -> AbstractAsyncContextManager[Broker]:
        return nullcontext(
            PaperBroker(
                memory,
                account.costs,
                max_age_seconds=account.policy.quote_max_age_seconds,
                behaviour=world.behaviour,
                is_halted=world.is_halted,
            )
        )

    return made


def _leave_out_what_stays() -> None:
    """Have the garbage collector look no more at what is there now and stays: modules, tables, the history.

    Each time that it looked through all of it the engine would stand still for a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def _spread_of(owner: str) -> Callable[[float], float]:
    """Return how long `owner` waits for a pause: half of it, or more, so that not all ask a busy server at once."""
    rng = Random(owner)
    return lambda seconds: seconds * rng.uniform(0.5, 1.0)


async def _stand_by(
    store: LiveStore,
    owner: str,
    door: Door,
    end_lost_lease: Callable[[], Awaitable[None]] | None,
    lease_seconds: float,
    spread: Callable[[float], float],
) -> tuple[Leadership, Kept | None] | None:
    """Return the leadership once it is to be had, and what is kept by then; None when it is to end before that.

    A storage that does not answer is waited for as another engine is.
    """
    told = ""
    while not door.is_stopping:
        try:
            if end_lost_lease:
                await end_lost_lease()
            found = await lead(store, owner, wall.now(), lease_seconds, now=wall.now)
            if found is not None:
                return found, await store.load()
            why = _ANOTHER_LEADS
        except Unavailable as error:
            why = error.message
        if why != told:
            _log.warning("standing by: %s", why)
            told = why
        pause = asyncio.sleep(spread(min(STANDBY_SECONDS, lease_seconds / 6)))
        await door.opened(pause, partial(_standing_by, why))
    return None


async def _standing_by(why: str, asked: Asked) -> Answered:
    return Answered(done=asked.word is Word.STATUS, words=f"standing by: {why}", after=OF_STANDBY)


def _trader(
    account: Account,
    world: World,
    store: LiveStore,
    broker: Broker,
    leadership: Leadership,
    kept: Kept | None,
    on_turn: OnTurn | None,
) -> tuple[Trader, Guard]:
    trader = Trader(
        account.state_of(kept),
        account.settings,
        store,
        world.through(broker),
        epoch=leadership.epoch,
        kept=kept,
        now=world.clock.now,
        on_turn=on_turn,
    )
    owner, epoch = leadership.owner, leadership.epoch
    return trader, Guard(trader, store, world.clock, owner=owner, epoch=epoch, remarks=world.remarks)


def _turns(trader: Trader) -> str:
    return f"{trader.seq} turns so far" if trader.seq else "a new account"


def _held(trader: Trader) -> str:
    held = ", ".join(f"{position.quantity} {ticker}" for ticker, position in trader.state.positions.items())
    return f"holds {held or 'nothing'}, {usd(trader.state.cash)} in cash"
