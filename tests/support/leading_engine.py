"""Leading engine: whole engines in processes of their own that want to lead on one account in a database.

    python -m tests.support.leading_engine

reads a line for each engine (`Wish`, as JSON) and lets it trade a busy world under `stonks_tui.trading.trade`. It says
what comes of it, a line each, with the engine's name, its process and the seconds of the machine's own clock: `led` at
its first turn, `paused` before it stands still at the place that was wished, `lost` when it no longer leads, `done`
when it has ended.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from engine.adapters import clock as wall
from engine.decision.effects import Effect
from engine.decision.events import Event
from engine.door import Door
from engine.model.intraday import days_of
from stonks_tui.trading import Account, World, on_paper, trade
from storage import postgres_address
from storage.live_store import SqlLiveStore
from storage.paper_rows import PaperRows
from storage.postgres import Postgres
from storage.postgres_live import PostgresLive
from storage.postgres_paper import PostgresPaper
from tests.support import live
from tests.support.killed_engine import IN_PARTS, busy_world, left_at
from tests.support.markets import IntradayWorld
from tests.support.passings import Point, Tally, WatchedBroker, WatchedStore

DAYS = 1
IN_TRANSACTION = "in-transaction"  # the turn is written, the account's row held, nothing committed
IN_BROKERS_TRANSACTION = "in-brokers-transaction"
NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An engine `name` on the account at `url`. It pauses at passing `number` of `place`.

    Its clock is ahead of the machine's by `shift_seconds`.
    """

    name: str
    url: str
    seed: int
    lease_seconds: float
    place: str = NOWHERE
    number: int = 0
    shift_seconds: float = 0.0

    def line(self) -> str:
        """Return it as the program reads it."""
        return json.dumps(asdict(self)) + "\n"


class _Pauses:
    """Stands still at one passing of one place: the whole process does."""

    def __init__(self, wish: Wish) -> None:
        self._wish, self._passed = wish, 0

    def here(self, place: str) -> None:
        if place == self._wish.place:
            self._passed += 1
            if self._passed == self._wish.number:
                _say(self._wish, "paused")
                os.kill(os.getpid(), signal.SIGSTOP)

    async def at_its_point(self) -> None:
        _say(self._wish, "paused")
        os.kill(os.getpid(), signal.SIGSTOP)


class _PausingLive(PostgresLive):
    def __init__(self, database: Postgres, pauses: _Pauses) -> None:
        super().__init__(database)
        self._pauses = pauses

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[Connection]:
        """See `PostgresLive.writing`."""
        with super().writing(synced=synced) as connection:
            yield connection
            if synced:
                self._pauses.here(IN_TRANSACTION)


class _PausingPaper:
    def __init__(self, memory: PostgresPaper, pauses: _Pauses) -> None:
        self._memory, self._pauses = memory, pauses

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.reading`."""
        async with self._memory.reading() as book:
            yield book

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[PaperRows]:
        """See `PaperMemory.transaction`."""
        async with self._memory.transaction() as book:
            yield book
            self._pauses.here(IN_BROKERS_TRANSACTION)


def account_of(world: IntradayWorld) -> Account:
    """Return what the account begins with."""
    daily = days_of(world.tape)
    return Account(
        capital=world.capital,
        policy=world.policy,
        costs=world.costs,
        sessions=daily.sessions,
        start_on=daily.dates[0],
    )


async def lead(wish: Wish) -> None:
    """Lead when nobody else does, trade until the world ends or the lead is lost."""
    world, address = busy_world(wish.seed, days=DAYS), postgres_address.parse(wish.url)
    account, course, door, pauses = account_of(world), live.course_of(world), Door(), _Pauses(wish)
    tally = Tally(pauses.at_its_point, Point(wish.place) if wish.place in set(Point) else None, wish.number)
    days = [(row, course.session(row)) for row in course.rows]
    clock = live.JumpingClock(days[0][1].open_at)
    turns: list[int] = []

    def took_a_turn(seq: int, _event: Event, _effects: Sequence[Effect]) -> None:
        if not turns:
            _say(wish, "led")
        turns.append(seq)

    async def when_standing_by() -> None:
        if turns:
            _say(wish, "lost")
            door.stop()

    with (
        closing(Postgres(address, name=wish.name)) as database,
        closing(Postgres(address, address.broker_schema, name=wish.name)) as broker,
    ):
        async with (
            SqlLiveStore(_PausingLive(database, pauses), account.record()) as store,
            PostgresPaper.open(broker) as memory,
        ):

            @asynccontextmanager
            async def opened() -> AsyncIterator[None]:
                clock.at = max([clock.at, *await left_at(store, await store.load(), memory)])
                yield

            await trade(
                account,
                World(
                    clock=clock,
                    course=course.driven_by,
                    days=days,
                    is_halted=course.is_halted,
                    behaviour=IN_PARTS,
                    through=lambda through: WatchedBroker(through, tally),
                ),
                WatchedStore(store, tally),
                on_paper(_PausingPaper(memory, pauses)),
                door,
                opened=opened,
                end_lost_lease=when_standing_by,
                on_turn=took_a_turn,
                lease_seconds=wish.lease_seconds,
            )


def _say(wish: Wish, word: str) -> None:
    os.write(sys.stdout.fileno(), f"{wish.name} {word} {os.getpid()} {time.monotonic():.6f}\n".encode())


def _shift(seconds: float) -> None:
    def shifted(unshifted: Any = wall.now) -> datetime:
        now: datetime = unshifted()
        return now + timedelta(seconds=seconds)

    wall.now = shifted


def main() -> None:
    """Let everyone lead who is asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            wish = Wish(**json.loads(line))
            _shift(wish.shift_seconds)
            asyncio.run(lead(wish))
            _say(wish, "done")
            os._exit(0)


if __name__ == "__main__":
    main()
