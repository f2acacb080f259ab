"""Property 40: a live engine is killed at any point of its work, again and again, and its account comes out right.

No hand helps: whoever starts next goes on where the files end. Nobody looks into the files before the world has been
played to its end, so that what a killed process left lying is found by the engine and not by the test.

`STONKS_ENGINE_KILLS=20` kills twenty times at each point, and ten times as often at any moment.
"""

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from engine.model.orders import OrderTag
from engine.model.runs import RunBooks
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support import live
from tests.support.killed_engine import DAYS, busy_world, live_on
from tests.support.nursery import Nursery, a_nursery
from tests.support.once import require_once
from tests.support.passings import Point, Tally, nothing

IS_LONG = "STONKS_ENGINE_KILLS" in os.environ
KILLS = int(os.environ.get("STONKS_ENGINE_KILLS", "4"))
A_WORLD = 4  # so many kills in one world; then another one begins
AT_ANY_MOMENT = 10 * KILLS if IS_LONG else A_WORLD
LONGEST_SECONDS = 0.8
SEED = 20240122
OF_POINTS = DAYS if IS_LONG else 1  # days of a world in which a point is passed; any moment may be in the night too
IN_MEMORY = Path("/dev/shm")  # what was written outlives a process there too, and nobody waits for a disk


@pytest.fixture(scope="module")
def lives() -> Iterator[Nursery]:
    """A nursery; who lives in it lives no longer than it."""
    with a_nursery() as nursery:
        yield nursery


@contextmanager
def a_folder(tmp_path: Path) -> Iterator[Path]:
    """Give an empty folder."""
    with TemporaryDirectory(dir=IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else tmp_path) as folder:
        yield Path(folder)


@cache
def passed_in_a_whole_life(seed: int, days: int) -> Counter[Point]:
    """Return how often each point is passed when nobody kills anybody."""
    world, tally = busy_world(seed, days=days), Tally(nothing)
    asyncio.run(live_on(world, InMemoryLiveStore(live.account_of(world)), InMemoryPaperMemory(), "engine", tally))
    return tally.passed


async def require_all_is_well(folder: Path, seed: int, days: int) -> None:
    """Fail unless the files of `folder` say the same, and of everything in the world of `seed` once."""
    world, path = busy_world(seed, days=days), folder / "stonks.db"
    async with SqlLiveStore(path, live.account_of(world)) as store, PaperStore.open(folder / "paper.db") as memory:
        books = await require_once(world, store, memory, SqlLiveReader(path))
    decided = {decision.recommendation_id for decision in books.decisions}
    assert decided - {None} == {recommendation.recommendation_id for recommendation in world.recommendations}
    with closing(sqlite3.connect(path)) as account, closing(sqlite3.connect(folder / "paper.db")) as broker:
        brought = "SELECT subject FROM outbox WHERE kind = 'order' AND brought_at IS NOT NULL ORDER BY subject"
        executed = "SELECT client_order_id FROM paper_orders ORDER BY client_order_id"
        assert account.execute(brought).fetchall() == broker.execute(executed).fetchall()
        assert account.execute("SELECT count(*) FROM outbox WHERE brought_at IS NULL").fetchone() == (0,)


def spread(rng: Random, kills: int, passed: int) -> list[int]:
    """Return at which of its passings each life ends: spread over the world, but that every third ends early."""
    return [
        rng.randint(1, 3) if life % 3 == 1 else rng.randint(passed * 4 // (9 * kills), passed * 8 // (9 * kills))
        for life in range(kills)
    ]


def test_the_world_is_busy_enough_to_die_in() -> None:
    world, store = busy_world(SEED), InMemoryLiveStore(live.account_of(busy_world(SEED)))

    async def books() -> RunBooks:
        trader = await live_on(world, store, InMemoryPaperMemory(), "engine", Tally(nothing))
        return await live.books_of(store, trader.state)

    tags = Counter(execution.tag for execution in asyncio.run(books()).executions)
    assert tags[OrderTag.ENTRY] > 60
    assert tags[OrderTag.STOP_LOSS] > 10
    assert tags[OrderTag.RECOMMENDATION_EXIT] > 5
    assert min(passed_in_a_whole_life(SEED, DAYS)[point] for point in Point) > 60


@pytest.mark.timeout(3600 if IS_LONG else 120)
@pytest.mark.parametrize("point", Point)
def test_p40_killed_again_and_again_at_one_point_everything_is_executed_once_and_nothing_is_lost(
    point: Point, lives: Nursery, tmp_path: Path
) -> None:
    rng = Random(f"{SEED} {point}")
    lives.days = OF_POINTS
    for first in range(0, KILLS, A_WORLD):
        kills, seed = min(A_WORLD, KILLS - first), SEED + first
        with a_folder(tmp_path) as folder:
            for number in spread(rng, kills, passed_in_a_whole_life(seed, OF_POINTS)[point]):
                assert lives.live(str(folder), seed, point, number) == -signal.SIGKILL
            assert lives.live(str(folder), seed) == 0
            asyncio.run(require_all_is_well(folder, seed, OF_POINTS))
    print(f"{point}: killed {KILLS} times")


@pytest.mark.timeout(3600 if IS_LONG else 120)
def test_p40_killed_at_any_moment_everything_is_executed_once_and_nothing_is_lost(
    lives: Nursery, tmp_path: Path
) -> None:
    rng = Random(SEED)
    lives.days = DAYS
    killed, worlds = 0, 0
    while killed < AT_ANY_MOMENT:
        worlds += 1
        with a_folder(tmp_path) as folder:
            for _ in range(A_WORLD):
                killed += lives.live(str(folder), SEED + worlds, seconds=rng.uniform(0.01, LONGEST_SECONDS)) < 0
            assert lives.live(str(folder), SEED + worlds) == 0
            asyncio.run(require_all_is_well(folder, SEED + worlds, DAYS))
    print(f"at any moment: killed {killed} times in {worlds} worlds")
