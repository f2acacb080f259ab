"""Backtesting: one backtest at a time, in a process of its own that may take so much memory and no more."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from engine.errors import OUT_OF_MEMORY
from stonks_tui.http.problems import Code, Refusal
from stonks_tui.run_process import RunProcess
from stonks_tui.view_models.run_progress import RunProgress

MEBIBYTE = 1 << 20
LEAST, MOST = 256 * MEBIBYTE, 2048 * MEBIBYTE
"""A small backtest takes 150 MiB; more than the most of it is left to the command line."""
BEGIN_SECONDS = 25.0
"""So long it may read before it has a number."""
END_SECONDS = 5.0
"""So long one that has told how it ended may take to be gone."""
BOUNDED = ("-m", "stonks_tui.http.bounded_run")
"""What Python is to run, with the bytes it may take as the first argument."""
_REMEMBERED = 50
_MEMINFO, _CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


class Backtesting:
    """The backtest that is being made here, and how the last ones went."""

    def __init__(self, data_dir: Path, *, least: int = LEAST) -> None:
        self._data_dir, self._least = data_dir, least
        self._process: RunProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_starting = self._has_told = False
        self._run_id: int | None = None
        self._known: OrderedDict[int, RunProgress] = OrderedDict()

    def progress(self, run_id: int) -> RunProgress | None:
        """Return how far `run_id` is or how it ended, None of one that is not known here."""
        return self._known.get(run_id)

    async def start(self, options: Sequence[str]) -> int:
        """Start `stonks backtest run OPTIONS`, and return its number. Raises Refusal."""
        if self._task is not None and self._has_told:  # its process is about to go
            await asyncio.wait((self._task,), timeout=END_SECONDS)
        if self._is_starting or self._process is not None:
            number = f" {self._run_id}" if self._run_id else ""
            raise Refusal(409, Code.BUSY, f"backtest{number} is being made: one at a time", hint="DELETE cancels it")
        room = self._room()
        self._is_starting, self._has_told = True, False
        try:
            return await self._started(options, room)
        finally:
            self._is_starting = False

    def cancel(self, run_id: int) -> bool:
        """Ask it to end; return whether it was being made."""
        if self._process is None or self._run_id != run_id:
            return False
        self._process.cancel()
        return True

    async def close(self) -> None:
        """End what is being made, for certain."""
        if self._process is not None:
            await self._process.close()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _room(self) -> int:
        room = min(MOST, available_bytes() // 2)
        if room < self._least:
            words = f"a backtest wants {self._least // MEBIBYTE} MiB of memory, and {room // MEBIBYTE} MiB can be had"
            raise Refusal(507, Code.NO_ROOM, words, hint="make it on another machine: stonks backtest run")
        return room

    async def _started(self, options: Sequence[str], room: int) -> int:
        arguments = ("--data-dir", str(self._data_dir), "backtest", "run", *options)
        self._process = await RunProcess.start(arguments, program=(*BOUNDED, str(room)))
        begun: asyncio.Future[int | RunProgress] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._follow(self._process, begun), name="backtest")
        try:
            first = await asyncio.wait_for(asyncio.shield(begun), BEGIN_SECONDS)
        except TimeoutError:
            self._process.cancel()
            words = f"it has not begun within {BEGIN_SECONDS:g} s: there is too much to read"
            raise Refusal(507, Code.NO_ROOM, words, hint="stonks backtest run takes its time") from None
        if isinstance(first, int):
            return first
        if first.problem == OUT_OF_MEMORY:
            words = f"{OUT_OF_MEMORY}: it may take {room // MEBIBYTE} MiB here"
            raise Refusal(507, Code.NO_ROOM, words, hint="make it on another machine: stonks backtest run")
        raise Refusal(409, Code.REFUSED, first.problem or first.words, hint=first.hint)

    async def _follow(self, process: RunProcess, begun: "asyncio.Future[int | RunProgress]") -> None:
        since, progress = monotonic(), RunProgress()
        try:
            async for event in process.events():
                progress = progress.after(event, seconds=monotonic() - since)
                self._has_told = progress.ended is not None
                if progress.run_id is not None:
                    self._note(progress.run_id, progress)
                    if not begun.done():
                        begun.set_result(progress.run_id)
        finally:
            with suppress(asyncio.CancelledError):
                await asyncio.shield(process.close())
            self._process = self._run_id = None
            if not begun.done():
                begun.set_result(progress)

    def _note(self, run_id: int, progress: RunProgress) -> None:
        self._run_id = run_id if progress.ended is None else None
        self._known[run_id] = progress
        self._known.move_to_end(run_id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def available_bytes(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Return how much memory can be had: what the machine has free, and the container leaves to us."""
    found = [MOST * 2]
    with suppress(OSError, ValueError, StopIteration):
        line = next(line for line in meminfo.read_text().splitlines() if line.startswith("MemAvailable:"))
        found.append(int(line.split()[1]) * 1024)
    with suppress(OSError, ValueError):
        most = (cgroup / "memory.max").read_text().strip()
        if most != "max":
            found.append(max(0, int(most) - int((cgroup / "memory.current").read_text())))
    return min(found)
