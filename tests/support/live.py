"""Live: worlds of `tests/support/markets.py` played by the live engine, under a clock that jumps."""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import codec
from engine.adapters.paper_broker import PaperBroker
from engine.decision.state import State
from engine.engine import LiveEngine
from engine.leadership import lead
from engine.live_ports import Broker, LiveStore, PaperMemory
from engine.model.intraday import StopChecks, days_of
from engine.model.runs import RunBooks, RunRecord
from engine.model.tape import RecommendationTable
from engine.settings import Settings
from engine.tape_course import Happenings, TapeCourse
from engine.trader import Trader
from tests.support.markets import IntradayWorld, World
from tests.support.samples import a_record

LIVE = 0  # the run that a live account is


@dataclass(slots=True)
class JumpingClock:
    """A clock that is always where somebody waits for."""

    at: datetime

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self.at

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        self.at = max(self.at, at)

    def jumped_seconds(self) -> float:
        """See `Clock.jumped_seconds`."""
        return 0.0


def account_of(world: World | IntradayWorld) -> RunRecord:
    """Return the record of the account that plays `world`."""
    return a_record(initial_capital=world.capital, risk_tier=world.policy.risk_tier)


def beginning(world: World | IntradayWorld) -> State:
    """Return the state before anything has happened."""
    return State.start(
        capital=world.capital,
        sessions=days_of(world.tape).sessions,
        tier=world.policy.risk_tier,
        costs=world.costs,
    )


def course_of(world: World | IntradayWorld) -> TapeCourse:
    """Return what happens in `world`."""
    happenings = Happenings(
        recommendations=RecommendationTable.of(world.recommendations),
        signals=getattr(world, "signals", ()),
        macro_events=getattr(world, "macro_events", ()),
        interventions=getattr(world, "interventions", ()),
    )
    rows = range(len(days_of(world.tape).dates)) if isinstance(world, World) else _covered(world)
    return TapeCourse(world.tape, happenings, rows, stop_checks=getattr(world, "stop_checks", StopChecks.LIVE))


def _covered(world: IntradayWorld) -> Sequence[int]:
    played = {session.on for session in world.played}
    return [row for row, on in enumerate(days_of(world.tape).dates) if on in played]


def paper(world: World | IntradayWorld, memory: PaperMemory, course: TapeCourse) -> PaperBroker:
    """Return a broker that fills as the backtester does."""
    return PaperBroker(
        memory,
        world.costs,
        max_age_seconds=world.policy.quote_max_age_seconds,
        entry_seconds=math.inf,
        is_halted=course.is_halted,
    )


async def play(
    world: World | IntradayWorld,
    store: LiveStore,
    memory: PaperMemory,
    *,
    through: Callable[[Broker], Broker] = lambda broker: broker,
    behind: Callable[[Broker], AbstractAsyncContextManager[Broker]] = nullcontext,
    on_turn: Callable[[Trader], None] = lambda _: None,
) -> Trader:
    """Let the live engine play `world` from beginning to end; the trader that did it."""
    course = course_of(world)
    async with behind(paper(world, memory, course)) as broker:
        return await _played(world, store, through(broker), course, on_turn)


async def _played(
    world: World | IntradayWorld,
    store: LiveStore,
    broker: Broker,
    course: TapeCourse,
    on_turn: Callable[[Trader], None],
) -> Trader:
    leadership = await lead(store, "engine", course.session(course.rows[0]).open_at)
    assert leadership
    trader = Trader(
        beginning(world),
        Settings(policy=world.policy),
        store,
        broker,
        epoch=leadership.epoch,
        kept=await store.load(),
        on_turn=lambda *_: on_turn(trader),
    )
    sessions = [(row, course.session(row)) for row in course.rows if course.schedule.has_prices[row]]
    engine = LiveEngine(trader, JumpingClock(sessions[0][1].open_at), leadership)
    await engine.run(course.driven_by(trader), sessions)
    return trader


async def books_of(reader: Any, state: State) -> RunBooks:
    """Return what was kept of a live account, as whoever reads its file sees it; open lots are in the state."""
    page = await reader.decisions(LIVE, limit=10**6, with_traces=True)
    return RunBooks(
        decisions=page.decisions,
        executions=await reader.executions(LIVE),
        trades=await reader.trades(LIVE),
        snapshots=await reader.snapshots(LIVE),
        stop_changes=await reader.stop_changes(LIVE),
        reserve_entries=await reader.reserve_entries(LIVE),
        tier_changes=await reader.tier_changes(LIVE),
        breakers=await reader.breakers(LIVE),
        flows=await reader.flows(LIVE),
        notices=await reader.notices(LIVE),
        splits=await reader.splits(LIVE),
        open_lots=state.open_lots(),
    )


def state_text(state: State) -> str:
    """Return all that `state` knows, as text."""
    return codec.text(codec.state_to_plain(state))
