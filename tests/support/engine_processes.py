"""Engine processes: an account with daily bars of its own, the processes that trade it, and what they leave."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from engine.adapters import door_socket
from engine.model.audit import Answered, Asked, Word
from engine.model.live import Heartbeat
from stonks_tui import bootstrap
from stonks_tui.cli import main
from tests.support import exchange_hours, small_market
from tests.support.program import ROOT
from tests.support.pseudo_terminal import PseudoTerminal

SECONDS = 40.0
SOON = 5.0
"""Far more than it takes (a few tenths of a second; it should never be two): a busy machine runs the tests too."""


def wait_for(seen: Callable[[], bool], what: str, seconds: float = SECONDS) -> float:
    """Wait until it is seen; return how long that took."""
    since = time.monotonic()
    while not seen():
        assert time.monotonic() < since + seconds, f"never seen: {what}"
        time.sleep(0.02)
    return time.monotonic() - since


class Engine:
    """`stonks run --no-ui` in a process of its own."""

    def __init__(self, account: "Account", name: str, **environment: str) -> None:
        self.log = account.data_dir / f"{name}.log"
        self.process = subprocess.Popen(
            [*account.program, "run", "--no-ui", "--log-file", str(self.log)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def has_said(self, words: str, times: int = 1) -> bool:
        """Are these `words` in its log, so many `times`?"""
        return self.log.exists() and self.log.read_text().count(words) >= times

    def listens_at(self) -> str:
        """Wait until its API listens; return where."""
        wait_for(lambda: self.has_said("http: listens at") or self._has_died(), "that it listens")
        found = re.search(r"listens at (http://\S+)", self.log.read_text())
        assert found is not None
        return found[1]

    def leads(self, epoch: int) -> "Engine":
        """Wait until it leads under `epoch`."""
        wait_for(lambda: self.has_said(f"leads under epoch {epoch},") or self._has_died(), f"epoch {epoch}")
        return self

    def _has_died(self) -> bool:
        """Say why it cannot be waited for any more, if it is so."""
        if self.process.poll() is not None:
            assert self.process.stderr
            raise AssertionError(f"ended with {self.process.returncode}: {self.process.stderr.read().decode()}")
        return False

    def ended(self, number: int | None = None) -> tuple[int, float]:
        """Send it the signal `number`, if any; return how it ended and after how many seconds."""
        since = time.monotonic()
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        return code, time.monotonic() - since


class Account:
    """A data directory in which daily bars were imported, and nothing else happened."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.program = [sys.executable, "-P", "-m", "stonks_tui.cli", "--data-dir", str(data_dir)]

    @contextmanager
    def engine(self, name: str = "engine", **environment: str) -> Iterator[Engine]:
        """Give an engine without screens, and end it for certain."""
        engine = Engine(self, name, **environment)
        try:
            yield engine
        finally:
            engine.process.send_signal(signal.SIGCONT)
            engine.process.kill()
            engine.process.communicate()

    def terminal(self, *words: str, program: tuple[str, ...] = ("-m", "stonks_tui.cli")) -> PseudoTerminal:
        """Return a terminal at which somebody has typed `words`."""
        return PseudoTerminal(self.data_dir, *words, program=program)

    def says(self, word: Word, **arguments: str) -> Answered:
        """Put `word` to the engine that runs."""
        return door_socket.ask(
            bootstrap.door_path(self.data_dir), Asked(word=word, arguments=arguments, origin="test"), timeout=5.0
        )

    def stonks(self, *words: str) -> int:
        """Run a command in this process; return its exit code."""
        return main(["--data-dir", str(self.data_dir), *words])

    def has_door(self) -> bool:
        """Does somebody listen at the door?"""
        try:
            return self.says(Word.STATUS).done
        except door_socket.NoEngine:
            return False

    @property
    def owner(self) -> str | None:
        """Who has the lease, None once it was released."""
        with closing(sqlite3.connect(bootstrap.live_path(self.data_dir))) as file:
            found: str | None = file.execute("SELECT owner FROM leases").fetchone()[0]
        return found

    @property
    def heartbeat(self) -> Heartbeat:
        """The engine's last sign of life."""
        found = asyncio.run(bootstrap.live_reader(self.data_dir).heartbeat())
        assert found is not None
        return found[0]

    @property
    def turns(self) -> int:
        """How many turns were kept."""
        return asyncio.run(bootstrap.live_reader(self.data_dir).last_turn())

    def was_stopped(self) -> bool:
        """Has its engine ended in order: the heart stopped, the lease released, the door gone?"""
        door = bootstrap.door_path(self.data_dir)
        return self.heartbeat.doing == "stopped" and self.owner is None and not door.exists()

    def end_all(self) -> None:
        """Kill what still works on it."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.processes(), "that nobody works on it")

    def processes(self) -> list[int]:
        """Return the processes that work on it, by their command lines."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes()
            except OSError:  # it has just ended
                continue
            if str(self.data_dir).encode() in words:
                found.append(int(path.parent.name))
        return found


def make(folder: Path) -> Path:
    """Make a data directory with daily bars and the calendar of these years in it, to be copied; return it.

    In that calendar no session is on these days (`exchange_hours`).
    """
    data_dir = folder / "data"
    account = Account(data_dir)
    assert account.stonks("import", "bars", str(small_market.write(folder).bars)) == 0
    with account.engine() as engine:
        engine.leads(1)
        assert engine.ended(signal.SIGTERM)[0] == 0
    for path in (*data_dir.glob("stonks.db*"), *data_dir.glob("paper.db*"), engine.log):
        path.unlink()
    exchange_hours.shut(data_dir)
    return data_dir


def copy(made: Path, folder: Path) -> Account:
    """Return an account of one's own in `folder`."""
    return Account(shutil.copytree(made, folder / "data"))
