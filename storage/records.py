"""Records: how are backtests and the live account beside them read as one list of runs?"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from engine.model.runs import LIVE_RUN, RunRecord
from engine.ports import RunListing
from storage.answering import Connection
from storage.live_reader import SqlLiveReader
from storage.run_repository import SqlRunStore


class SqlRecords(SqlRunStore):
    """A `RunStore` (engine/ports.py), for reading, in which the account that `live` reads is the run 0.

    `has_account` says whether there is one.
    """

    def __init__(self, folder: Path, live: SqlLiveReader, has_account: Callable[[], bool]) -> None:
        super().__init__(folder)
        self._live = live
        self._has_account = has_account

    async def get(self, run_id: int) -> RunRecord:
        """See `RunStore.get`."""
        return await (self._live.get(run_id) if run_id == LIVE_RUN else super().get(run_id))

    async def listing(self, run_id: int) -> RunListing:
        """See `RunStore.listing`."""
        return await (self._live.listing(run_id) if run_id == LIVE_RUN else super().listing(run_id))

    async def list(self) -> tuple[RunListing, ...]:
        """See `RunStore.list`; the live account comes first."""
        runs = await super().list()
        return (await self._live.listing(LIVE_RUN), *runs) if self._has_account() else runs

    def place_of(self, run_id: int) -> object:
        """See `SqlRunReader.place_of`."""
        return self._live.place_of(run_id) if run_id == LIVE_RUN else super().place_of(run_id)

    @asynccontextmanager
    async def connected(self, run_id: int) -> AsyncIterator[Connection]:
        """See `SqlRunReader.connected`."""
        to = self._live.connected(run_id) if run_id == LIVE_RUN else super().connected(run_id)
        async with to as connection:
            yield connection
