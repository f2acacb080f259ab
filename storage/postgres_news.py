"""PostgreSQL news: has anything been kept since somebody looked? The database says so, nobody has to ask it."""

import asyncio
import itertools
from contextlib import suppress

from storage.postgres import Postgres
from storage.postgres_listening import listen

CHANGES = "stonks_changes"
"""The channel on which it is told that something was kept; the payload is the schema."""


class News:
    """Listens on a connection of its own, again and again when it is lost."""

    def __init__(self, database: Postgres, channel: str = CHANGES) -> None:
        self._database = database
        self._channel = channel
        self._counted = itertools.count(1)
        self._stamp: int | None = None
        self._task = database.asked(self._begin).result()

    async def _begin(self) -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(
            listen(self._database, self._channel, self._heard, begins=self._heard, ends=self._deaf)
        )

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

    def _heard(self) -> None:
        self._stamp = next(self._counted)

    def _deaf(self) -> None:
        self._stamp = None
