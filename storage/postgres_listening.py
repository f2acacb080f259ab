"""PostgreSQL listening: how does a process hear what a schema is told on a channel, again and again?"""

import asyncio
import itertools
import random
from collections.abc import Callable

from storage.postgres import Postgres

_NAMED = "SELECT set_config('application_name', $1, false)"
_CHANCE = random.Random()  # its own: whoever counts on the state of the common one is not disturbed
_AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


def again_seconds(failures: int) -> float:
    """Return how long to wait after so many `failures` in a row (from 1): half of it is chance, so that many who have
    lost the same server do not come back all at once."""
    longest = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS)) - 1]
    return _CHANCE.uniform(longest / 2, longest)


async def listen(
    database: Postgres,
    channel: str,
    heard: Callable[[], object],
    *,
    begins: Callable[[], object],
    ends: Callable[[], object] = lambda: None,
    name: str = "",
    payload: str | None = None,
) -> None:
    """Call `heard` for each notice with `payload`, which is the schema of `database` if None, until cancelled.

    It runs in the loop of the database; with an empty `payload` every notice counts.

    It has a connection of its own, and another when that is lost; nothing is raised. `begins` is called whenever one
    listens, and `ends` when it is lost: what was told between them was missed. The server knows it by `name`, which
    anybody may read in pg_stat_activity.
    """

    wanted = database.schema if payload is None else payload

    def told(_: object, __: int, ___: str, said: object) -> None:
        if not wanted or said == wanted:
            heard()

    failures = itertools.count(1)
    while True:
        connection, lost = None, asyncio.Event()
        try:
            connection = await database.connect()
            connection.add_termination_listener(lambda _, lost=lost: lost.set())
            if name:
                await connection.execute(_NAMED, name)
            await connection.add_listener(channel, told)
            failures = itertools.count(1)
            begins()
            await lost.wait()
        except Exception:  # noqa: BLE001 whatever it is, it is tried again; who cannot hear looks
            pass
        finally:
            ends()
            if connection is not None:
                connection.terminate()
        await asyncio.sleep(again_seconds(next(failures)))
