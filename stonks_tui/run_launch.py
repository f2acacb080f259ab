"""Run launch: which backtest is being made from here, and how far is it?"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from stonks_tui.run_process import RunProcess
from stonks_tui.view_models.run_progress import RunProgress

Tell = Callable[[RunProgress], None]


class RunLaunch:
    """At most one run at a time, in a process of its own."""

    def __init__(self) -> None:
        self._process: RunProcess | None = None

    @property
    def is_busy(self) -> bool:
        """Is a run being made?"""
        return self._process is not None

    async def run(self, arguments: Sequence[str], tell: Tell) -> RunProgress:
        """Run `stonks arguments`, tell how far it is, and return how it ended."""
        began, progress = monotonic(), RunProgress()
        tell(progress)
        self._process = process = await RunProcess.start(arguments)
        try:
            async for event in process.events():
                progress = progress.after(event, seconds=monotonic() - began)
                tell(progress)
        finally:
            with suppress(asyncio.CancelledError):
                await asyncio.shield(process.close())
            self._process = None
        return progress

    def cancel(self) -> bool:
        """Ask the run to end; asked again, it is killed. Returns whether there was one."""
        if self._process is None:
            return False
        self._process.cancel()
        return True

    async def close(self) -> None:
        """End the run, if there is one, for certain."""
        if self._process is not None:
            await self._process.close()
