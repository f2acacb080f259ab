"""Property 40 on PostgreSQL: engine and server are killed at any point of their work, and the account comes out right.

Some rounds end the engine, some the server (at once, or as a power cut would), some both. An engine that loses its
server goes on when that is back; a killed one is followed by the next. No hand helps either of them.

`STONKS_POSTGRES_KILLS=300` plays three hundred rounds.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from functools import cache
from random import Random

import asyncpg
import pytest
from sqlalchemy import text

from engine.model.notices import NoticeKind
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from storage.postgres import Postgres
from storage.postgres_reader import PostgresLiveReader
from tests.support import live
from tests.support.killed_engine import DAYS, busy_world, live_on, opened
from tests.support.nursery import Nursery, a_nursery
from tests.support.once import require_once
from tests.support.passings import Point, Tally, nothing
from tests.support.postgres_server import SAFE, PostgresServer

IS_LONG = "STONKS_POSTGRES_KILLS" in os.environ
ROUNDS = int(os.environ.get("STONKS_POSTGRES_KILLS", "20"))
A_WORLD = 10  # so many rounds in one world; then another one begins
SEED = 20240123
DAYS_OF_A_WORLD = DAYS if IS_LONG else 1
LONGEST_SECONDS = 0.3 * DAYS_OF_A_WORLD
AWAY_SECONDS = 0.1 * DAYS_OF_A_WORLD
SUSPICIOUS = {NoticeKind.BROKEN_INVARIANT, NoticeKind.RECONCILIATION_DIFFERENCE, NoticeKind.CLOCK_JUMPED}


class Round(StrEnum):
    """Who dies, and when."""

    ENGINE_AT_A_POINT = "the engine, at a point"
    ENGINE = "the engine, at any moment"
    SERVER_AT_A_POINT = "the server, at a point of the engine's work"
    SERVER = "the server, at any moment"
    BOTH = "the server, and then the engine that misses it"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that waits for its disk."""
    with closing(PostgresServer(**SAFE).start()) as server:
        yield server


@pytest.fixture(scope="module")
def lives() -> Iterator[Nursery]:
    """A nursery; who lives in it lives no longer than it."""
    with a_nursery() as nursery:
        nursery.days = DAYS_OF_A_WORLD
        yield nursery


@cache
def passed_in_a_whole_life(seed: int) -> Counter[Point]:
    """Return how often each point is passed when nobody kills anybody."""
    world, tally = busy_world(seed, days=DAYS_OF_A_WORLD), Tally(nothing)
    asyncio.run(live_on(world, InMemoryLiveStore(live.account_of(world)), InMemoryPaperMemory(), "engine", tally))
    return tally.passed


def new_database(server: PostgresServer, name: str) -> str:
    """Make an empty database; return where it is."""

    async def made() -> None:
        connection = await asyncpg.connect(server.url(), ssl=False)
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        finally:
            await connection.close()

    asyncio.run(made())
    return f"{server.url(name)}?sslmode=disable"


def play(kind: Round, lives: Nursery, server: PostgresServer, rng: Random, url: str, seed: int) -> bool:
    """Let an engine live on, and one of both, or both, die; return whether it came to that before the world's end."""
    point = rng.choice(list(Point))
    number = rng.randint(1, passed_in_a_whole_life(seed)[point] // A_WORLD)
    if kind is Round.ENGINE_AT_A_POINT:
        return lives.live(url, seed, point, number) < 0
    if kind is Round.ENGINE:
        return lives.live(url, seed, seconds=rng.uniform(0.1, LONGEST_SECONDS)) < 0
    if kind is Round.SERVER_AT_A_POINT:
        is_alive = lives.pauses(url, seed, point, number)
    else:
        lives.begin(url, seed)
        time.sleep(rng.uniform(0.1, LONGEST_SECONDS))
        is_alive = True
    server.stop(rng.choice((signal.SIGQUIT, signal.SIGKILL)))
    if kind is Round.SERVER_AT_A_POINT and is_alive:
        lives.go_on()
    time.sleep(rng.uniform(0, AWAY_SECONDS))
    if kind is Round.BOTH:
        lives.kill()
    server.start()
    if is_alive and kind is not Round.BOTH:
        time.sleep(rng.uniform(0, LONGEST_SECONDS))
        lives.kill()
    return is_alive and lives.end() < 0


def lose_the_server_and_live_to_the_end(
    lives: Nursery, server: PostgresServer, rng: Random, url: str, seed: int
) -> None:
    """Let an engine live to the end of the world; it goes on by itself when the server is away for a moment.

    A server that dies may forget that an errand was brought, which the next start heals: it is brought again.
    """
    lives.begin(url, seed)
    time.sleep(rng.uniform(0.1, LONGEST_SECONDS))
    server.stop(signal.SIGQUIT)
    time.sleep(rng.uniform(0, AWAY_SECONDS))
    server.start()
    lives.end()  # -1 of one that had not begun
    assert lives.live(url, seed) == 0


async def require_all_is_well(url: str, seed: int) -> Counter[NoticeKind]:
    """Fail unless account and broker say the same, and of everything in the world of `seed` once; what was noticed."""
    world = busy_world(seed, days=DAYS_OF_A_WORLD)
    async with opened(url, world) as (store, memory, database):
        books = await require_once(world, store, memory, PostgresLiveReader(database))
        brought = await rows(database, "SELECT subject FROM outbox WHERE kind = 'order' AND brought_at IS NOT NULL")
        assert sorted(brought) == sorted(await rows(database, "SELECT client_order_id FROM stonks_paper.paper_orders"))
        assert await rows(database, "SELECT subject FROM outbox WHERE brought_at IS NULL") == []
    decided = {decision.recommendation_id for decision in books.decisions}
    assert decided - {None} == {recommendation.recommendation_id for recommendation in world.recommendations}
    noticed = Counter(notice.kind for notice in books.notices)
    assert not SUSPICIOUS & noticed.keys()
    return noticed


async def rows(database: Postgres, query: str) -> list[str]:
    """Return what `query` finds, a text each."""

    async def asked() -> list[str]:
        async with database.engine.connect() as connection:
            return [str(row[0]) for row in await connection.execute(text(query))]

    return await database.answer(asked)


@pytest.mark.timeout(7200 if IS_LONG else 120)
def test_p40_engine_or_server_killed_again_and_again_everything_is_executed_once_and_nothing_is_lost(
    lives: Nursery, server: PostgresServer
) -> None:
    rng, died, noticed = Random(SEED), Counter[Round](), Counter[NoticeKind]()
    for first in range(0, ROUNDS, A_WORLD):
        seed = SEED + first
        url = new_database(server, f"world_{first}")
        for kind in rng.sample([*Round] * 2, min(A_WORLD, ROUNDS - first)):
            died[kind] += play(kind, lives, server, rng, url, seed)
        lose_the_server_and_live_to_the_end(lives, server, rng, url, seed)
        noticed += asyncio.run(require_all_is_well(url, seed))
    print(f"{sum(died.values())} of {ROUNDS} rounds: {dict(died)}; noticed: {dict(noticed)}")
    assert sum(died.values()) > ROUNDS / 2
    assert noticed[NoticeKind.STORE_BACK]
