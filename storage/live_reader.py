"""Live reader: how does anybody, in this process or another, read the books of the live account while it trades?"""

from pathlib import Path

from engine.errors import NotFound
from engine.ports import RunListing, RunState
from storage.live_tables import LIVE_RUN
from storage.run_reader import SqlRunReader


class SqlLiveReader(SqlRunReader):
    """The questions of a `RunStore` (engine/ports.py) over a live account's file: it is the run 0.

    Open lots are not in its books but in the core's state: `open_lots` finds none.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(lambda run_id: _file_of(path, run_id))

    async def listing(self, run_id: int) -> RunListing:
        """See `RunStore.listing`."""
        return RunListing(run_id=run_id, state=RunState.RUNNING, record=await self.get(run_id))


def _file_of(path: Path, run_id: int) -> Path:
    if run_id != LIVE_RUN or not path.exists():
        raise NotFound(f"there is no run {run_id} in {path}" if path.exists() else f"there is no file {path}")
    return path
