"""Killed engine: a busy world that is played on from where an account ends, by a process that ends itself at a point.

    python -m tests.support.killed_engine

reads a line for each life, `place seed days point number then` with tabs between, and has it lived by a process of its
own; one that imported everything anew would need longer for that than for its life, so a first life, of which nothing
is left, is lived before. The place is a folder with two files, or
the address of a database; an engine there has a guard, which goes on when the server was lost and is back. It says its
process id, for who wants to kill it, and how it ended: `over 0` when the world was played to its end, `over -9` when it
was killed. Without a point (`-`) nothing ends it from within. One that is to `pause` at the point says so before.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from engine import codec
from engine.adapters.paper_behaviour import PaperBehaviour
from engine.adapters.paper_broker import PaperBroker
from engine.decision.state import State
from engine.engine import LiveEngine
from engine.guard import Guard
from engine.live_ports import Broker, Kept, LiveStore, PaperMemory
from engine.model.costs import CostModel
from engine.model.intraday import QuoteTape, StopChecks, days_of, to_micros
from engine.model.market import Security
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.tape import DailyTape
from engine.settings import Settings
from engine.trader import Trader
from storage import postgres_address
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from storage.postgres import Postgres
from storage.postgres_address import SCHEMES
from storage.postgres_live import PostgresLive
from storage.postgres_paper import PostgresPaper
from tests.support import live
from tests.support.markets import HISTORY, HOUR, IntradayWorld, hours
from tests.support.passings import Passing, Point, Tally, WatchedBroker, WatchedStore, nothing
from tests.support.tapes import day, opening, rules

TICKERS = ("AAA", "BBB", "CCC", "DDD")
DAYS = 2
RECOMMENDED = 50  # a day
NO_POINT = "-"
KILL, PAUSE = "kill", "pause"
IN_PARTS = PaperBehaviour(parts=2)
"""The second part of an order is filled when prices change, so that orders are on their way most of the time."""
POLICY = rules(
    window_start_minutes=2,
    window_end_minutes=2,
    gradual_entry_tranches=3,
    gradual_entry_interval_minutes=2,
    stop_loss_check_interval_seconds=60,
    max_open_positions=3,
    base_allocation_pct=0.1,
    correlation_reduce_above=1.0,
    correlation_reject_above=1.0,
    declining_share_limit=1.0,
    volatility_stop_count=100,
    daily_loss_pct=0.5,
    silent_ticker_minutes=8,
    heat_tighten_pct=0.3,
    rebalance=True,
    moderate={
        "max_position_pct": 0.2,
        "max_sector_pct": 1.0,
        "max_portfolio_heat": 1.0,
        "stop_loss_atr_multiplier": 0.3,
        "min_confidence": 0.6,
    },
)


def busy_world(seed: int, *, days: int = DAYS) -> IntradayWorld:
    """Return `days` sessions of an hour in which much is bought and sold, and many stops are hit.

    No word of a person, no macro event: a tape would tell them again to an engine that goes on. No splits either: the
    broker on paper knows none.
    """
    rng = np.random.default_rng(seed)
    prices = np.rint(_walks(rng, days) * 10_000).astype(np.int64)
    return IntradayWorld(
        tape=_tape(rng, prices),
        recommendations=tuple(_advice(rng, number, days) for number in range(RECOMMENDED * days)),
        signals=(),
        macro_events=(),
        interventions=(),
        policy=POLICY,
        costs=CostModel(slippage_bps=3.0, commission_per_order=1.0),
        capital=1_000_000_000,
        stop_checks=StopChecks.LIVE,
        made_from=f"seed={seed}",
    )


def _walks(rng: np.random.Generator, days: int) -> npt.NDArray[np.float64]:
    """Return a price for each half minute (rows) of each ticker (columns)."""
    rows = days * HOUR * 2
    steps = rng.normal(0, 0.0015, (rows, len(TICKERS)))
    steps[:: HOUR * 2] += rng.normal(0, 0.01, (days, len(TICKERS)))
    walks: npt.NDArray[np.float64] = rng.uniform(20, 60, len(TICKERS)) * np.exp(np.cumsum(steps, axis=0))
    return walks


def _tape(rng: np.random.Generator, prices: npt.NDArray[np.int64]) -> QuoteTape:
    """Return a print somewhere in every half minute; now and then a ticker prints nothing for a while.

    Not at the end: everything that is recommended is to be decided.
    """
    silent = np.zeros(prices.shape, bool)
    for column in range(len(TICKERS)):
        for begins in rng.integers(0, len(prices) - 40, 4).tolist():
            silent[begins : begins + int(rng.integers(4, 12)), column] = True
    prints = sorted(
        (_half_minute(row) + int(rng.integers(29_000_000)), column, int(prices[row, column]))
        for row, column in np.argwhere(~silent).tolist()
    )
    at, ticker, price = zip(*prints, strict=True)
    return QuoteTape(
        daily=_days(prices),
        at=np.array(at, np.int64),
        ticker=np.array(ticker, np.int32),
        price=np.array(price, np.int64),
    )


def _half_minute(row: int) -> int:
    number, half = divmod(row, HOUR * 2)
    return to_micros(opening(number) + timedelta(seconds=30 * half))


def _days(prices: npt.NDArray[np.int64]) -> DailyTape:
    """Return days of a range of 2 % before the first that is played, then those that `prices` make."""
    played = prices.reshape(-1, HOUR * 2, len(TICKERS))
    first = np.broadcast_to(prices[0], (HISTORY, len(TICKERS)))
    high = np.concatenate([first * 101 // 100, played.max(axis=1)])
    low = np.concatenate([first * 99 // 100, played.min(axis=1)])
    dates = tuple(day(number) for number in range(-HISTORY, len(played)))
    return DailyTape(
        tickers=TICKERS,
        dates=dates,
        open=np.concatenate([first, played[:, 0]]),
        high=high,
        low=low,
        close=np.concatenate([first, played[:, -1]]),
        volume=high,
        sessions=hours(day(-HISTORY - 10), len(dates) + 50),
        securities={ticker: Security(ticker=ticker, sector="tech") for ticker in TICKERS},
        splits=(),
        dividends=(),
        earnings={},
    )


def _advice(rng: np.random.Generator, number: int, days: int) -> Recommendation:
    """Return a recommendation that comes in while it can be decided."""
    at = opening(int(rng.integers(days))) + timedelta(minutes=int(rng.integers(3, HOUR - 5)))
    return Recommendation(
        recommendation_id=f"r{number}",
        ticker=TICKERS[int(rng.integers(len(TICKERS)))],
        action=Action.SELL if rng.random() < 0.3 else Action.BUY,
        mode=Mode.PAPER_ELIGIBLE,
        confidence=float(rng.choice([0.5, 0.65, 0.8, 1.0])),
        generated_at=at + timedelta(seconds=int(rng.integers(-20, 20))),
    )


async def live_on(
    world: IntradayWorld,
    store: LiveStore,
    memory: PaperMemory,
    owner: str,
    passing: Passing,
    *,
    is_guarded: bool = False,
) -> Trader:
    """Play `world` on from where `store` ends, as the engine `owner`, to its end; the trader that did it.

    Its lease is over at once, so that whoever comes next need not wait.
    """
    lease = await store.take_lease(owner, world.played[0].open_at, 0)
    assert lease
    return await live_under(lease.epoch, world, store, memory, passing, guarded=owner if is_guarded else "")


async def live_under(
    epoch: int,
    world: IntradayWorld,
    store: LiveStore,
    memory: PaperMemory,
    passing: Passing,
    *,
    since: datetime | None = None,
    guarded: str = "",
    executes: Broker | None = None,
    clock: live.JumpingClock | None = None,
) -> Trader:
    """Play `world` on under the lease of `epoch`, from `since` on, or from the last that was kept or said if later.

    One that is `guarded`, under this name, outlives a storage that does not answer for a while. `executes` is a broker
    other than the one on paper that remembers in `memory`.
    """
    store = WatchedStore(store, passing)
    course = live.course_of(world)
    kept = await store.load()
    state = live.beginning(world) if kept is None else state_of(kept, world)
    sessions = [(row, course.session(row)) for row in course.rows]
    clock = clock or live.JumpingClock(sessions[0][1].open_at)
    clock.at = max([since or sessions[0][1].open_at, *await left_at(store, kept, memory)])
    paper = executes or PaperBroker(
        memory,
        world.costs,
        max_age_seconds=world.policy.quote_max_age_seconds,
        behaviour=IN_PARTS,
        is_halted=course.is_halted,
    )
    trader = Trader(state, Settings(policy=world.policy), store, WatchedBroker(paper, passing), epoch=epoch, kept=kept)
    guard = Guard(trader, store, clock, owner=guarded, epoch=epoch) if guarded else None
    await LiveEngine(trader, clock, guard=guard).run(course.driven_by(trader), sessions)
    return trader


def state_of(kept: Kept, world: IntradayWorld) -> State:
    """Return the state that was kept."""
    return codec.state_from_plain(json.loads(kept.state), sessions=days_of(world.tape).sessions, costs=world.costs)


async def left_at(store: LiveStore, kept: Kept | None, memory: PaperMemory) -> list[datetime]:
    """Return the moment of the last turn, and that of the last word of the broker: it is later than both."""
    turns = [entry.at async for entry in store.journal(after=kept.seq - 1 if kept else 0)]
    async with memory.transaction() as book:
        return turns + [report.at for _, report in (await book.said_after(0))[-1:]]


async def live_in(folder: Path, world: IntradayWorld, owner: str, passing: Passing) -> Trader:
    """Play `world` on from where the files of `folder` end."""
    async with (
        SqlLiveStore(folder / "stonks.db", live.account_of(world)) as store,
        PaperStore.open(folder / "paper.db") as memory,
    ):
        return await live_on(world, store, memory, owner, passing)


async def live_in_database(url: str, world: IntradayWorld, owner: str, passing: Passing) -> Trader:
    """Play `world` on from where the database ends."""
    async with opened(url, world) as (store, memory, _):
        return await live_on(world, store, memory, owner, passing, is_guarded=True)


@asynccontextmanager
async def opened(url: str, world: IntradayWorld) -> AsyncIterator[tuple[SqlLiveStore, PostgresPaper, Postgres]]:
    """Give the account and the broker's books in the database at `url`, and that itself."""
    address = postgres_address.parse(url)
    with closing(Postgres(address)) as database, closing(Postgres(address, address.broker_schema)) as broker:
        async with (
            SqlLiveStore(PostgresLive(database), live.account_of(world)) as store,
            PostgresPaper.open(broker) as memory,
        ):
            yield store, memory, database


async def kill_oneself() -> NoReturn:
    """End this process as a power cut would: nothing is finished, nothing is tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


async def pause() -> None:
    """Stand still until somebody else says go on."""
    _say("paused", os.getpid())
    os.kill(os.getpid(), signal.SIGSTOP)


def live_once(place: str, seed: str, days: str, point: str, number: str, then: str) -> None:
    """Play `days` of the world of `seed` on in `place`, to its end or until `point` is passed the time `number`."""
    do = pause if then == PAUSE else kill_oneself
    tally = Tally(do, None if point == NO_POINT else Point(point), int(number))
    world, owner = busy_world(int(seed), days=int(days)), f"engine {os.getpid()}"
    if place.startswith(SCHEMES):
        asyncio.run(live_in_database(place, world, owner, tally))
    else:
        asyncio.run(live_in(Path(place), world, owner, tally))


def _say(word: str, number: int) -> None:
    os.write(sys.stdout.fileno(), f"{word} {number}\n".encode())  # whole lines only


def warm_up() -> None:
    """Have all that is made once in a process be made before others are made of it."""
    with TemporaryDirectory() as folder:
        asyncio.run(live_in(Path(folder), busy_world(0, days=1), "nobody", Tally(nothing)))


def main() -> None:
    """Let everyone live who is asked for."""
    warm_up()
    for line in sys.stdin:
        life = os.fork()
        if life == 0:
            live_once(*line.rstrip("\n").split("\t"))
            return
        _say("pid", life)
        _say("over", os.waitstatus_to_exitcode(os.waitpid(life, 0)[1]))


if __name__ == "__main__":
    main()
