"""Nursery: a process that lets engines live (`tests/support/killed_engine.py`), each in a process of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.killed_engine import DAYS, KILL, NO_POINT, PAUSE
from tests.support.parent_program import parent_program, state_of

_PATIENCE_SECONDS = 30.0


class Nursery:
    """Lets engines live, one after the other, in worlds of so many `days`."""

    def __init__(self, process: subprocess.Popen[str], days: int = DAYS) -> None:
        self._process = process
        self.days = days
        self._pid = 0

    def live(self, place: str, seed: int, point: str = NO_POINT, number: int = 0, *, seconds: float = 0) -> int:
        """Return how an engine in `place` ended: 0, -9 when it was killed, at `point` or after `seconds` if given."""
        self.begin(place, seed, point, number)
        if seconds:
            time.sleep(seconds)
            self.kill()
        return self.end()

    def begin(self, place: str, seed: int, point: str = NO_POINT, number: int = 0, then: str = KILL) -> None:
        """Let an engine live in `place`, that kills itself at `point`, or pauses there."""
        assert self._process.stdin
        self._process.stdin.write(f"{place}\t{seed}\t{self.days}\t{point}\t{number}\t{then}\n")
        self._process.stdin.flush()
        word, self._pid = self._said()
        assert word == "pid"

    def pauses(self, place: str, seed: int, point: str, number: int) -> bool:
        """Let an engine live in `place`; return whether it stands still at `point` now, and has not come to its end."""
        self.begin(place, seed, point, number, PAUSE)
        if self._said()[0] != "paused":
            return False
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while state_of(self._pid) != "T":
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return True

    def go_on(self) -> None:
        """Let the engine that paused go on."""
        os.kill(self._pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the engine as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    def end(self) -> int:
        """Wait until the engine has come to its end; return how: 0, or -9 when it was killed."""
        word, code = self._said()
        assert word == "over"
        return code

    def _said(self) -> tuple[str, int]:
        assert self._process.stdout
        word, number = self._process.stdout.readline().split()
        return word, int(number)


@contextmanager
def a_nursery() -> Iterator[Nursery]:
    """Give a nursery; who lives in it lives no longer than it."""
    with parent_program("tests.support.killed_engine") as process:
        yield Nursery(process)
