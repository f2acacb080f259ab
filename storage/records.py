"""Records: how are backtests and the live account beside them read as one list of runs?"""

from pathlib import Path

from engine.model.runs import LIVE_RUN
from engine.ports import RunListing, RunState
from storage.run_files import read_record
from storage.run_repository import SqlRunStore


class SqlRecords(SqlRunStore):
    """A `RunStore` (engine/ports.py), for reading, in which the account in the file `live` is the run 0."""

    def __init__(self, folder: Path, live: Path) -> None:
        super().__init__(folder)
        of_runs = self._path_of
        self._live = live
        self._path_of = lambda run_id: live if run_id == LIVE_RUN else of_runs(run_id)

    async def listing(self, run_id: int) -> RunListing:
        """See `RunStore.listing`."""
        return self._listing() if run_id == LIVE_RUN else await super().listing(run_id)

    async def list(self) -> tuple[RunListing, ...]:
        """See `RunStore.list`; the live account comes first."""
        runs = await super().list()
        return (self._listing(), *runs) if self._live.exists() else runs

    def _listing(self) -> RunListing:
        return RunListing(run_id=LIVE_RUN, state=RunState.RUNNING, record=read_record(self._live))
