"""Soak: does a live account stay right, and its engine small, over weeks in which everything fails now and then?

    python -m benchmarks.soak [--days 20] [--seed 1]

A busy world (four tickers, sessions of an hour) is traded as fast as the machine can, by all that an engine is put
together of, with files on the disk. Meanwhile another connection holds the database, the disk is full, the broker is
silent or loses what it is told, tickers and the whole feed have no prices; a person resumes what the engine paused.
People are told of all that by channels that fail in every way.

After each day the books are gone over: money adds up, no stop has moved down, the broker holds the shares that the
books say, no order was executed twice, nobody was told more within an hour than may be, or anything twice, and the
journal since the last checkpoint comes to the same again. At the end
all of it is gone over from the first turn. Ends with 1 when something is not right, or when the process has grown by
more than 5 % since day 5.
"""

import argparse
import asyncio
import gc
import json
import logging
import math
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import soak_told
from engine import codec
from engine.adapters.paced_clock import PacedClock
from engine.decision.effects import Effect
from engine.decision.events import Event, OrderFilled
from engine.decision.state import State
from engine.door import Door
from engine.errors import OutOfSpace, StonksError, Unavailable
from engine.live_ports import Broker, LiveStore, PaperMemory
from engine.model.audit import Asked, Word
from engine.model.intraday import QuoteTape, days_of, to_micros
from engine.model.live import Errand, OrderReport, Report
from engine.model.market import Market
from engine.model.orders import OrderSide
from engine.model.portfolio import TradingState
from engine.replay import replay
from engine.settings import from_text
from engine.steps import Course
from engine.trader import Trader
from stonks_tui.telling import Telling
from stonks_tui.trading import Account, World, on_paper, trade
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support import live
from tests.support.carriers import BOTH_ON
from tests.support.faulty_broker import Faults, FaultyBroker
from tests.support.faulty_store import FaultyStore
from tests.support.killed_engine import IN_PARTS, TICKERS, busy_world
from tests.support.markets import IntradayWorld
from tests.support.once import require_once

FIRST_DAY, MOST_GROWTH = 5, 0.05
HELD_SECONDS = (0.2, 3.0)
"""So long another connection holds the database: longer than the store waits, and shorter."""
SOMETIMES = Faults(lost_pct=0.02, unsure_pct=0.02, silent_pct=0.05, late_pct=0.1, twice_pct=0.1, shuffled_pct=0.2)


class NotRight(Exception):
    """What must hold does not."""


@dataclass(slots=True)
class Day:
    """What happened since the last line."""

    turns: int = 0
    decisions: int = 0
    fills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    longest_gap: float = 0.0


class SilentBroker(FaultyBroker):
    """A faulty broker that may not answer at all for a while."""

    def __init__(self, broker: Broker, soak: "Soak") -> None:
        super().__init__(broker, SOMETIMES, seed=soak.seed)
        self._soak = soak

    def _require_answer(self) -> None:
        if self._soak.is_broker_silent():
            self._soak.day.faults["broker silent"] += 1
            raise Unavailable("the broker does not answer")

    async def bring(self, errand: Errand, epoch: int) -> None:
        """See `Broker.bring`."""
        self._require_answer()
        await super().bring(errand, epoch)

    async def reports(self) -> Sequence[Report]:
        """See `Broker.reports`."""
        self._require_answer()
        return await super().reports()

    async def reports_on(self, client_order_id: str) -> Sequence[OrderReport] | None:
        """See `Broker.reports_on`."""
        self._require_answer()
        return await super().reports_on(client_order_id)

    async def positions(self) -> Mapping[str, int]:
        """See `Broker.positions`."""
        self._require_answer()
        return await super().positions()

    async def market_shown(self, market: Market | None) -> None:
        """See `Broker.market_shown`: prices are not its answer."""
        await super().market_shown(market)


class SoakClock(PacedClock):
    """A clock that runs as fast as it is waited for. On its way it lets the soak do its mischief, and look."""

    def __init__(self, soak: "Soak", at: datetime) -> None:
        super().__init__(at, days_of(soak.world.tape).sessions, speed=math.inf)
        self._soak = soak

    async def until(self, at: datetime) -> None:
        """See `Clock.until`."""
        await self._soak.before(at)
        await super().until(at)


class Soak:
    """One account in `folder`, soaked for so many `days`."""

    def __init__(
        self,
        folder: Path,
        *,
        days: int,
        seed: int,
        held_seconds: tuple[float, float] = HELD_SECONDS,
        quiet: bool = False,
    ) -> None:
        self.seed, self.days = seed, days
        self.day = Day()
        self.faults: Counter[str] = Counter()
        self.rss: list[float] = []
        self._rng = Random(seed)
        world = busy_world(seed, days=days)
        assert isinstance(world.tape, QuoteTape)
        self.world: IntradayWorld = replace(world, tape=_with_silences(world.tape, self._rng, world, self.faults))
        self._folder = folder
        self._held_seconds = held_seconds
        self._quiet = quiet
        self._mischief = sorted(self._plan(), key=lambda planned: planned[0])
        self._silent_until: datetime | None = None
        self._at = self.world.played[0].open_at - timedelta(minutes=5)
        self._over = iter([*self.world.played[1:], None])
        self._next = next(self._over)
        self._looking: asyncio.Task[None] | None = None
        self._stops: dict[str, tuple[str, int]] = {}
        self._jobs: set[asyncio.Future[Any]] = set()

    def _plan(self) -> list[tuple[datetime, str]]:
        planned: list[tuple[datetime, str]] = []
        for session in self.world.played:
            for what, times in (("database held", 2), ("disk full", 1), ("broker away", 2), ("resume", 3)):
                minutes = [self._rng.uniform(1, 58) for _ in range(times)]
                planned += [(session.open_at + timedelta(minutes=minute), what) for minute in minutes]
        return planned

    def is_broker_silent(self) -> bool:
        """Does the broker not answer at the moment?"""
        return self._silent_until is not None and self._at < self._silent_until

    async def before(self, at: datetime) -> None:
        """Let happen what is due before `at`; when a day is over, look at everything."""
        self._at = at
        while self._mischief and self._mischief[0][0] <= at:
            await self._do(self._mischief.pop(0)[1], at)
        if self._next is not None and at >= self._next.open_at:
            self._next = next(self._over)
            self._looking = asyncio.create_task(self._look())
        if self._looking:  # whoever waits may be cancelled, and wait again
            await asyncio.shield(self._looking)
            self._looking = None

    async def _do(self, what: str, at: datetime) -> None:
        if what == "database held":
            seconds = self._rng.uniform(*self._held_seconds)
            held = asyncio.Event()
            loop = asyncio.get_running_loop()
            job = loop.run_in_executor(None, self._hold, seconds, lambda: loop.call_soon_threadsafe(held.set))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
            await held.wait()
            self.day.faults[what] += 1
        elif what == "disk full":
            self._store.fail(self._rng.randint(1, 4), error=OutOfSpace("the disk is full"))
            self.day.faults[what] += 1
        elif what == "broker away":
            self._silent_until = at + timedelta(minutes=self._rng.uniform(1, 6))
        elif self._trader.state.trading is TradingState.REDUCING:
            self._person(self._door.ask(Asked(word=Word.RESUME, who="soak", origin="soak")))
            self.day.faults["resumed"] += 1

    def _person(self, asks: Awaitable[Any]) -> None:
        job = asyncio.ensure_future(asks)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    def _hold(self, seconds: float, when_held: Any) -> None:
        with closing(sqlite3.connect(self._folder / "stonks.db", timeout=10, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            when_held()
            time.sleep(seconds)
            other.execute("ROLLBACK")

    async def run(self) -> None:
        """Trade all days. Raises NotRight, or AssertionError from the last look at everything."""
        world, self._door = self.world, Door()
        account = Account(
            capital=world.capital,
            policy=world.policy,
            costs=world.costs,
            sessions=days_of(world.tape).sessions,
            start_on=world.played[0].on,
            notifications=BOTH_ON,
        )
        tape_course = live.course_of(world)
        path = self._folder / "stonks.db"
        self._reader = SqlLiveReader(path)

        def course(trader: Trader) -> Course:
            self._trader = trader
            return tape_course.driven_by(trader)

        async with SqlLiveStore(path, account.record()) as store, PaperStore.open(self._folder / "paper.db") as memory:
            self._store, self._memory = FaultyStore(store), memory
            pulse = asyncio.create_task(self._feel_pulse())
            try:
                await trade(
                    account,
                    World(
                        clock=SoakClock(self, self._at),
                        course=course,
                        days=[(row, tape_course.session(row)) for row in tape_course.rows],
                        is_halted=tape_course.is_halted,
                        behaviour=IN_PARTS,
                        through=lambda broker: SilentBroker(broker, self),
                    ),
                    self._store,
                    on_paper(memory),
                    self._door,
                    on_turn=self._on_turn,
                    telling=Telling(notifiers=lambda: soak_told.carriers(self.seed), books=self._reader),
                )
                await self._look()
                await self._end(store, memory)
            finally:
                pulse.cancel()
                with suppress(asyncio.CancelledError):
                    await pulse

    def _on_turn(self, _seq: int, event: Event, _effects: Sequence[Effect]) -> None:
        self.day.turns += 1
        self.day.fills += isinstance(event, OrderFilled)
        now = {t: (p.decision_id, p.levels.stop) for t, p in self._trader.state.positions.items()}
        for ticker, (decision_id, stop) in now.items():
            before = self._stops.get(ticker)
            if before is not None and before[0] == decision_id and stop < before[1]:
                raise NotRight(f"the stop of {ticker} fell from {before[1]} to {stop}")
        self._stops = now

    async def _feel_pulse(self) -> None:
        """Measure how long the event loop is busy with one thing."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            self.day.longest_gap = max(self.day.longest_gap, time.perf_counter() - began - 0.005)

    async def _look(self) -> None:
        """Go over everything, and say how the day was."""
        longest_gap = self.day.longest_gap
        await asyncio.gather(*self._jobs)
        state = self._trader.state
        state.require_conservation()
        await self._require_shares(state)
        await self._require_once()
        await self._require_replay()
        if wrong := await soak_told.faults(self._reader, BOTH_ON):
            raise NotRight("; ".join(wrong))
        gc.collect()
        self.rss.append(_rss_megabytes())
        day, self.day = self.day, Day()
        self.faults += day.faults
        if not self._quiet:
            faults = ", ".join(f"{name} {count}" for name, count in sorted(day.faults.items())) or "none"
            print(
                f"day {len(self.rss):3}: {day.turns:5} turns, {state.decisions_made:5} decisions, {day.fills:4} fills, "
                f"RSS {self.rss[-1]:6.1f} MB, longest gap {longest_gap * 1000:5.0f} ms; {faults}",
                flush=True,
            )

    async def _require_shares(self, state: State) -> None:
        """The broker holds what the books say, but for what is on its way."""
        async with self._memory.transaction() as book:
            there = await book.positions()
        here = {ticker: position.quantity for ticker, position in state.positions.items()}
        for ticker in here.keys() | there.keys():
            bought, sold = (
                sum(working.remaining for working in state.working_in(ticker, side))
                for side in (OrderSide.BUY, OrderSide.SELL)
            )
            held = here.get(ticker, 0)
            if not held - sold <= there.get(ticker, 0) <= held + bought:
                raise NotRight(f"{held} {ticker} here, {there.get(ticker, 0)} at the broker")

    async def _require_once(self) -> None:
        """No order was executed for more than it asked, neither here nor there."""
        filled: Counter[str] = Counter()
        for execution in await self._reader.executions(live.LIVE):
            filled[execution.fill.client_order_id] += execution.fill.quantity
        async with self._memory.transaction() as book:
            for client_order_id, shares in filled.items():
                known = await book.order(client_order_id)
                if known is None or known.order is None or not shares <= known.filled <= known.order.quantity:
                    raise NotRight(f"{client_order_id}: {shares} shares in the books, and {known} at the broker")

    async def _require_replay(self) -> None:
        """The journal since the last checkpoint comes to the state that is kept."""
        point = await self._reader.checkpoint()
        if point is None:
            raise NotRight("there is no checkpoint")
        sessions, costs = days_of(self.world.tape).sessions, self.world.costs
        again = codec.state_from_plain(json.loads(point.state), sessions=sessions, costs=costs)
        policy = from_text(point.settings).policy if point.settings else self.world.policy
        replayed = await replay(self._reader.journal(point.seq - 1), again, policy)
        if replayed.difference or replayed.gap:
            raise NotRight(f"the journal comes out otherwise: {replayed.difference or replayed.gap}")
        if live.state_text(again) != await self._reader.state():
            raise NotRight("the journal comes to another state")

    async def _end(self, store: LiveStore, memory: PaperMemory) -> None:
        """Everything once more from the first turn, with what the broker said last."""
        self._silent_until = None
        await self._trader.recover()
        await require_once(self.world, store, memory, self._reader)
        if not self._quiet:
            print(f"people were told: {await soak_told.tally(self._reader)}")

    def growth(self) -> float | None:
        """Return by how much the process has grown since day 5, as a fraction; None when there were fewer days."""
        return self.rss[-1] / self.rss[FIRST_DAY - 1] - 1 if len(self.rss) > FIRST_DAY else None


def _with_silences(tape: QuoteTape, rng: Random, world: IntradayWorld, faults: Counter[str]) -> QuoteTape:
    """Return `tape` without the prints of some minutes each day: of a ticker, and of all."""
    kept = np.ones(len(tape.at), bool)
    for session in world.played:
        for column in (rng.randrange(len(TICKERS)), None):
            begins = session.open_at + timedelta(minutes=rng.uniform(8, 40))
            ends = begins + timedelta(minutes=rng.uniform(2, 10))
            gone = (tape.at >= to_micros(begins)) & (tape.at < to_micros(ends))
            kept &= ~(gone if column is None else gone & (tape.ticker == column))
            faults["feed without prices" if column is None else "ticker without prices"] += 1
    return replace(tape, at=tape.at[kept], ticker=tape.ticker[kept], price=tape.price[kept])


def _rss_megabytes() -> float:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - read often
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> int:
    """Soak, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.getLogger("stonks").setLevel(logging.CRITICAL)
    began = time.perf_counter()
    with TemporaryDirectory() as folder:
        soak = Soak(Path(folder), days=given.days, seed=given.seed)
        try:
            asyncio.run(soak.run())
        except (NotRight, StonksError, AssertionError) as error:
            print(f"not right: {error!r}", file=sys.stderr)
            return 1
    growth = soak.growth()
    print(", ".join(f"{name} {count}" for name, count in sorted(soak.faults.items())))
    print(f"{len(soak.rss)} days in {time.perf_counter() - began:.0f} s; everything adds up")
    if growth is not None:
        print(f"RSS since day {FIRST_DAY}: {growth:+.1%} (at most {MOST_GROWTH:.0%})")
    return int(growth is not None and growth > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
