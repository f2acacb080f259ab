"""Write ahead: how do the decisions of a large run reach its file while the run still goes on?

Putting a quarter of a million decisions into SQLite takes as long as half of the run that made them, and would come
after it. So a second process writes them as they come (storage/write_ahead_process.py), in one transaction that ends
with the run. It is only ever a head start: if that process fails, for whatever reason, `finish` writes everything
itself, and says what is wrong if it cannot either.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

from engine.model.decision_log import DecisionLog
from engine.model.decisions import Decision
from storage.write_ahead_parts import END, Packer

PART = 4_000
"""So many decisions are handed over at a time."""


class DecisionWriter:
    """A process that writes the decisions of one run."""

    def __init__(self, path: Path, run_id: int) -> None:
        self._log: DecisionLog | None = None
        self._sent = 0
        self._packer = Packer()
        self._parts: SimpleQueue[bytes | None] = SimpleQueue()
        # The same modules as here; and a session of its own, so that a Ctrl-C meant for the run does not end it.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "storage.write_ahead_process", str(path), str(run_id)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        self._feeder = threading.Thread(target=self._feed, name=f"decisions of run {run_id}", daemon=True)
        self._feeder.start()

    def add(self, log: DecisionLog) -> None:
        """Hand over what is new in `log`, once it is worth it. Does not wait."""
        if self._log is None:
            self._log = log
        if len(log) - self._sent >= PART:
            self._send(log)

    def end(self, decisions: Sequence[Decision]) -> bool:
        """Wait until all of `decisions` are written. Returns whether they are; if not, none is."""
        if decisions is not self._log:
            self.abandon()
            return False
        self._send(self._log)
        self._parts.put(END)
        self._parts.put(None)
        self._feeder.join()
        return self._process.wait() == 0

    def abandon(self) -> None:
        """End the process; nothing of what it wrote stays."""
        self._process.kill()
        self._parts.put(None)
        self._feeder.join()
        self._process.wait()

    def _send(self, log: DecisionLog) -> None:
        self._parts.put(self._packer.pack(log.entries_from(self._sent)))
        self._sent = len(log)

    def _feed(self) -> None:
        # A thread, so that a run never waits for a writer that is slower than itself.
        assert self._process.stdin is not None
        with suppress(OSError), self._process.stdin as pipe:  # it ended: its exit code says so
            while (part := self._parts.get()) is not None:
                pipe.write(part)
