"""Standing by: how is an engine seen that waits for another to fall silent?

Only where the account is in a database, which both of them and whoever asks can reach.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

from engine.adapters import clock
from stonks_tui import account_place
from storage.machine_lock import owner_here


class StandingBy:
    """Notes whether this engine stands by: it `looks` before each try to lead, and `leads` once it does."""

    def __init__(self, data_dir: Path, end_lost_lease: Callable[[], Awaitable[None]]) -> None:
        self._database = account_place.database_of(data_dir)
        self._end_lost_lease = end_lost_lease
        self._since: datetime | None = None
        self._seen = AsyncExitStack()
        self._is_seen = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leads()

    async def looks(self) -> None:
        """End a lease that is lost. Who looks a second time was not let lead at the first."""
        if self._since is None:
            self._since = clock.now()
        elif self._database is not None and not self._is_seen:
            from storage.postgres_standbys import standing_by

            self._is_seen = True
            await self._seen.enter_async_context(standing_by(self._database, owner_here(), self._since))
        await self._end_lost_lease()

    async def leads(self) -> None:
        """It stands by no more."""
        self._since, self._is_seen = None, False
        await self._seen.aclose()
