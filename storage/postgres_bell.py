"""PostgreSQL bell: who waits for something to be told on a channel, how do they wake up at once?

A notice wakes whoever waits; it is no news by itself. They look then, and now and then without one: a notice may be
lost with its connection.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from storage.postgres import Postgres
from storage.postgres_listening import listen


@asynccontextmanager
async def bell(
    database: Postgres, channel: str, *, name: str = "", payload: str | None = None
) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when the schema of `database` is told on `channel`, and when that may have been missed.

    `payload` is as `listen` takes it.

    It listens on a connection of its own, again and again when that is lost; nothing is raised. The server knows the
    connection by `name`, which anybody may read in pg_stat_activity.
    """
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    ring = partial(loop.call_soon_threadsafe, rung.set)
    listening = await database.answer(partial(_begun, database, channel, name, payload, ring))
    try:
        yield rung
    finally:
        await database.answer(partial(_ended, listening))


async def rung_within(rung: asyncio.Event, seconds: float) -> None:
    """Wait until `rung` is set, for at most `seconds`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # `wait_for` may lose that it was cancelled
            await rung.wait()


async def _begun(
    database: Postgres, channel: str, name: str, payload: str | None, ring: Callable[[], object]
) -> "asyncio.Task[None]":
    listening = listen(database, channel, ring, begins=ring, name=name, payload=payload)
    return asyncio.get_running_loop().create_task(listening)


async def _ended(listening: "asyncio.Task[None]") -> None:
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
