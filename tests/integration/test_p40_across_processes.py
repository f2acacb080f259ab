"""Property 40 across processes: engine, broker service, PostgreSQL and Redis are killed anywhere, and all comes right.

Engine and broker are processes of their own, with a queue between them; the relay is a part of the engine. One of the
four is ended with SIGKILL (PostgreSQL also with SIGQUIT) at a named point of the work of engine or broker, or at any
moment, and started again; Redis is emptied too. Half of the worlds have a Redis that keeps nothing on the disk. The
others go on by themselves. What happens is drawn from the seed of the world.

`STONKS_CROSSING_KILLS=1000` kills a thousand times; `STONKS_CROSSING_SEED=20240224` begins with that world.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from random import Random

import pytest

from engine.model.notices import NoticeKind
from storage.postgres_reader import PostgresLiveReader
from tests.support.crossing import BROKER, DAYS, ENGINE, OF_BROKER, OF_ENGINE
from tests.support.crossing_floor import Floor, a_floor
from tests.support.killed_engine import busy_world, opened
from tests.support.once import require_once
from tests.support.postgres_server import SAFE, PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.shared_page import Then

KILLS = int(os.environ.get("STONKS_CROSSING_KILLS", "40"))
SEED = int(os.environ.get("STONKS_CROSSING_SEED", "20240224"))
IN_A_WORLD = 20  # so many kills at most; then it is played to its end, and another one begins
WAIT_SECONDS = 3.0
NUMBERS = 6  # a point is passed for the time 1 to 6 from now
KEPT = {"appendonly": "yes", "appendfsync": "always"}
SUSPICIOUS = {NoticeKind.BROKEN_INVARIANT, NoticeKind.RECONCILIATION_DIFFERENCE, NoticeKind.CLOCK_JUMPED}


class Victim(StrEnum):
    """Who is ended."""

    ENGINE = "engine"
    BROKER = "broker"
    POSTGRES = "PostgreSQL"
    REDIS = "Redis"
    EMPTIED = "Redis, emptied"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """A server that waits for its disk."""
    with closing(PostgresServer(**SAFE).start()) as server:
        yield server


def strike(floor: Floor, rng: Random) -> tuple[Victim, str] | None:
    """End one of the four somewhere, and start it again; return who and where, None when the world was over before."""
    victim = rng.choice(list(Victim))
    points = {Victim.ENGINE: OF_ENGINE, Victim.BROKER: OF_BROKER}.get(victim, (*OF_ENGINE, *OF_BROKER))
    is_server, anywhere = victim not in (Victim.ENGINE, Victim.BROKER), rng.random() < 0.15
    point, number, seconds = rng.choice(points), rng.randint(1, NUMBERS), rng.uniform(0.05, 0.6)
    if anywhere:
        time.sleep(seconds)
        if floor.has_ended(ENGINE):
            return None
    elif not floor.catch(point, number, Then.PAUSE if is_server else Then.DIE, WAIT_SECONDS):
        return None
    end(floor, victim, rng)
    if is_server and not anywhere:
        floor.go_on()
    return victim, "any moment" if anywhere else point


def end(floor: Floor, victim: Victim, rng: Random) -> None:
    """End `victim` and start it again."""
    away = rng.choice((0.0, rng.uniform(0, 0.3)))
    match victim:
        case Victim.ENGINE | Victim.BROKER:
            floor.end(victim.value)
            time.sleep(away)
            floor.begin(victim.value)
        case Victim.POSTGRES:
            floor.postgres.stop(rng.choice((signal.SIGQUIT, signal.SIGKILL)))
            time.sleep(away)
            floor.postgres.start()
        case Victim.REDIS:
            floor.redis.stop(signal.SIGKILL)
            time.sleep(away)
            floor.redis.start()
        case Victim.EMPTIED:
            floor.redis.flush()


def play(floor: Floor, seed: int, most: int) -> Counter[tuple[Victim, str]]:
    """Play the world of `seed` to its end, with `most` kills on the way; return what was done."""
    rng, done = Random(seed), Counter[tuple[Victim, str]]()
    floor.new_world(seed)
    floor.begin(BROKER)
    floor.begin(ENGINE)
    while done.total() < most and not floor.has_ended(ENGINE):
        if (struck := strike(floor, rng)) is not None:
            done[struck] += 1
    play_to_the_end(floor, seed)
    floor.begin(ENGINE)  # a mark that something was brought may die with its server: the next start brings it again
    play_to_the_end(floor, seed)
    floor.end(BROKER)
    asyncio.run(require_all_is_well(floor.database, seed))
    return done


def play_to_the_end(floor: Floor, seed: int) -> None:
    """Wait until the engine has come to its end; who does not says where it stands."""
    deadline = time.monotonic() + 60
    while not floor.has_ended(ENGINE):
        if time.monotonic() > deadline:
            floor.say_where()
            pytest.fail(f"the engine of the world {seed} comes to no end")
        time.sleep(0.01)


async def require_all_is_well(url: str, seed: int) -> None:
    """Fail unless account and broker say the same, and of everything in the world of `seed` once."""
    world = busy_world(seed, days=DAYS)
    async with opened(url, world) as (store, memory, database):
        books = await require_once(world, store, memory, PostgresLiveReader(database))
    decided = {decision.recommendation_id for decision in books.decisions}
    assert decided - {None} == {recommendation.recommendation_id for recommendation in world.recommendations}
    assert not SUSPICIOUS & {notice.kind for notice in books.notices}


@pytest.mark.timeout(14_400 if KILLS > 40 else 180)
def test_p40_engine_broker_and_servers_killed_anywhere_everything_is_executed_once_and_nothing_is_lost(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    done, world = Counter[tuple[Victim, str]](), 0
    while done.total() < KILLS:
        seed = SEED + world
        with (
            closing(RedisServer(None, **(KEPT if seed % 2 else {})).start()) as redis,
            a_floor(postgres, redis, tmp_path) as floor,
        ):
            done += play(floor, seed, min(IN_A_WORLD, KILLS - done.total()))
        world += 1
    by_victim = Counter[str]()
    for (victim, _), count in done.items():
        by_victim[victim] += count
    print(f"{done.total()} kills in {world} worlds: {dict(by_victim)}; {len(done)} combinations: {dict(done)}")
    assert set(by_victim) == set(Victim)
