"""PostgreSQL news: has anything been kept since somebody looked? The database says so, nobody has to ask it."""

import asyncio
import itertools
from contextlib import suppress
from typing import Any

from storage.postgres import Postgres

CHANGES = "stonks_changes"
"""The channel on which it is told that something was kept; the payload is the schema."""

_AGAIN_SECONDS = (0.5, 1.0, 2.0, 5.0)


class News:
    """Listens on a connection of its own, again and again when it is lost."""

    def __init__(self, database: Postgres, channel: str = CHANGES) -> None:
        self._database = database
        self._channel = channel
        self._counted = itertools.count(1)
        self._stamp: int | None = None
        self._lost = asyncio.Event()
        self._task = database.asked(self._begin).result()

    async def _begin(self) -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(self._listen())

    def stamp(self) -> object:
        """Return what is another value once something was kept; None while that cannot be known."""
        return self._stamp

    def close(self) -> None:
        """Listen no more."""
        self._database.asked(self._end).result()

    async def _end(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _listen(self) -> None:
        for tries in itertools.count():
            connection = None
            try:
                connection = await self._database.connect()
                self._lost.clear()
                connection.add_termination_listener(lambda _: self._lost.set())
                await connection.add_listener(self._channel, self._heard)
                self._stamp = next(self._counted)
                await self._lost.wait()
            except Exception:  # noqa: BLE001 whatever it is, it is tried again; what is read meanwhile is read whole
                pass
            finally:
                self._stamp = None
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(_AGAIN_SECONDS[min(tries, len(_AGAIN_SECONDS) - 1)])

    def _heard(self, _: Any, __: int, ___: str, payload: str) -> None:
        if payload == self._database.schema and self._stamp is not None:
            self._stamp = next(self._counted)
