"""PostgreSQL bell: who waits for something to be told on a channel, how do they wake up at once?

A notice wakes whoever waits; it is no news by itself. They look then, and now and then without one: a notice may be
lost with its connection.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from storage.postgres import Postgres

_NAMED = "SELECT set_config('application_name', $1, false)"
_AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


def again_seconds(failures: int) -> float:
    """Return how long to wait after so many `failures` in a row (from 1): half of it is chance, so that many who have
    lost the same server do not come back all at once."""
    longest = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS)) - 1]
    return random.uniform(longest / 2, longest)


@asynccontextmanager
async def bell(database: Postgres, channel: str, *, name: str = "") -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when the schema of `database` is told on `channel`, and when that may have been missed.

    It listens on a connection of its own, again and again when that is lost; nothing is raised. The server knows the
    connection by `name`, which anybody may read in pg_stat_activity.
    """
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    ring = partial(loop.call_soon_threadsafe, rung.set)
    listening = await database.answer(partial(_begun, database, channel, name, ring))
    try:
        yield rung
    finally:
        await database.answer(partial(_ended, listening))


async def rung_within(rung: asyncio.Event, seconds: float) -> None:
    """Wait until `rung` is set, for at most `seconds`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # `wait_for` may lose that it was cancelled
            await rung.wait()


async def _begun(database: Postgres, channel: str, name: str, ring: Callable[[], object]) -> "asyncio.Task[None]":
    return asyncio.get_running_loop().create_task(_listen(database, channel, name, ring))


async def _ended(listening: "asyncio.Task[None]") -> None:
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


async def _listen(database: Postgres, channel: str, name: str, ring: Callable[[], object]) -> None:
    def heard(_: object, __: int, ___: str, schema: object) -> None:
        if schema == database.schema:
            ring()

    failures = itertools.count(1)
    while True:
        connection, lost = None, asyncio.Event()
        try:
            connection = await database.connect()
            connection.add_termination_listener(lambda _, lost=lost: lost.set())
            if name:
                await connection.execute(_NAMED, name)
            await connection.add_listener(channel, heard)
            failures = itertools.count(1)
            ring()
            await lost.wait()
        except Exception:  # noqa: BLE001 whatever it is, it is tried again; meanwhile whoever waits looks now and then
            pass
        finally:
            if connection is not None:
                connection.terminate()
        await asyncio.sleep(again_seconds(next(failures)))
