"""Run process: how does an asyncio program start a backtest, follow it, and end it for certain?

The run works in a process of its own, so that it can use a whole processor while screens stay quick, and so that its
end, whatever it is, is nobody else's. It says how far it is in the words of `stonks_tui/run_events.py`.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from stonks_tui import run_events
from stonks_tui.run_events import Ended, Refused, RunEvent

STONKS = ("-m", "stonks_tui.cli")
"""What Python is to run."""

_CHUNK = 65_536
_LINES_KEPT = 20  # of standard error: a message and its hint, or the end of a traceback
_SECONDS_TO_END = 10.0  # a cancelled run still writes down what it had come to; 1.6 s for 100,000 decisions
_SECONDS_FOR_LAST_WORDS = 1.0
_NICE = 10
"""How far it steps back for whoever needs the processor: the engine that trades in the program that started it."""


class RunProcess:
    """A command that runs a backtest, such as `backtest run …` or `demo …`, and tells of it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._events: asyncio.Queue[RunEvent | None] = asyncio.Queue()
        self._asked_to_end = False
        self._has_ended = False
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)
        self._listening = asyncio.create_task(self._listen(), name=f"events of process {process.pid}")
        self._noting = asyncio.create_task(self._note_errors(), name=f"errors of process {process.pid}")

    @classmethod
    async def start(cls, arguments: Sequence[str], *, program: Sequence[str] = STONKS) -> Self:
        """Start `stonks arguments --progress json` and return it. Always `close` it in the end."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", *program, *arguments, "--progress", "json"),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            # The same modules as here; and a session of its own, so that a Ctrl-C on the terminal is not for the run.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        _step_back(process.pid)
        return cls(process)

    async def events(self) -> AsyncIterator[RunEvent]:
        """Yield what it tells, to be read once; the last is always an `Ended` or a `Refused`, also when it was killed.

        When the process ended without a word, the `Refused` holds the last line of its standard error and its exit
        code (negative: the signal that ended it), or says that it was cancelled.
        """
        while (event := await self._events.get()) is not None:
            yield event

    def cancel(self) -> None:
        """Ask it to end: a run then ends as cancelled and keeps what it had come to. Asked again, kill it."""
        sent = signal.SIGKILL if self._asked_to_end else signal.SIGINT
        self._asked_to_end = True
        with suppress(ProcessLookupError):
            self._process.send_signal(sent)

    async def close(self) -> None:
        """End it for certain: cancel it, wait up to ten seconds, kill it. Returns when the process is gone."""
        try:
            if not self._has_ended and not self._asked_to_end:
                self.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _SECONDS_TO_END)
        finally:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            await self._listening

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in _lines(self._process.stdout):
            event = run_events.from_json(line)
            if event is not None and not self._has_ended:
                self._events.put_nowait(event)
                self._has_ended = isinstance(event, Ended | Refused)
                if self._has_ended:
                    self._events.put_nowait(None)
        code = await self._process.wait()
        await asyncio.wait([self._noting], timeout=_SECONDS_FOR_LAST_WORDS)
        self._noting.cancel()
        if not self._has_ended:
            self._events.put_nowait(self._silent_end(code))
            self._events.put_nowait(None)

    async def _note_errors(self) -> None:
        assert self._process.stderr is not None
        async for line in _lines(self._process.stderr):
            self._said.append(line.decode(errors="replace").rstrip())

    def _silent_end(self, code: int) -> Refused:
        if self._asked_to_end:
            return Refused(message="interrupted", exit_code=130)
        said = next((line for line in reversed(self._said) if line), "").strip().removeprefix("stonks: ")
        if code < 0:
            how = f"its process was ended by {signal.Signals(-code).name}"
        else:
            how = f"its process ended with exit code {code} and did not say why"
        return Refused(message=said or how, exit_code=code)


def _step_back(pid: int) -> None:
    """Let others go first; what `pid` starts does too. It may have ended already."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
    with suppress(OSError):  # Linux may weigh whole sessions against each other, and this one has its own
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICE))


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield lines of any length; `StreamReader.readline` refuses those above its limit."""
    begun = b""
    while chunk := await stream.read(_CHUNK):
        *whole, begun = (begun + chunk).split(b"\n")
        for line in whole:
            yield line
    if begun:
        yield begun
