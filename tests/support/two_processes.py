"""Two processes: an engine and a broker service on one queue, in the hours of a session whatever the time of day.

Both programs and the feed live by a clock that is as far from the machine's as the middle of the last session is.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.adapters import calendar, clock
from stonks_tui import bootstrap
from tests.support.engine_processes import Account, wait_for
from tests.support.program import ROOT
from tests.support.redis_server import RedisServer

TICKER = "AAA"
_YEARS = timedelta(days=3 * 366)
_PROGRAM = """
import sys
from datetime import timedelta
from engine.adapters import clock
unshifted = clock.now
clock.now = lambda: unshifted() + timedelta(seconds={seconds!r})
from stonks_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
QUICK = ("polling_interval_seconds", "stop_loss_check_interval_seconds")


class Running:
    """A program that runs; what it says is in `log`."""

    def __init__(self, words: list[str], log: Path, environment: dict[str, str]) -> None:
        self.log = log
        others = {name: value for name, value in os.environ.items() if not name.startswith("STONKS_")}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                words,
                env={**others, "PYTHONPATH": str(ROOT), **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def has_said(self, words: str, times: int = 1) -> bool:
        """Are these `words` in its log, so many `times`?"""
        return self.log.read_text().count(words) >= times

    def says(self, words: str, times: int = 1) -> None:
        """Wait until they are."""
        wait_for(lambda: self.has_said(words, times), f"{words} in {self.log.name}")

    def ended(self, number: signal.Signals) -> int:
        """Send it the signal; return how it ended."""
        self.process.send_signal(number)
        return self.process.wait(30)


class TwoProcesses:
    """An account in `engine_dir`, a broker in `broker_dir`, and a file of quotes that both read."""

    def __init__(self, account: Account, folder: Path, server: RedisServer) -> None:
        self.account, self.server = account, server
        self.engine_dir, self.broker_dir = account.data_dir, folder / "broker"
        self.quotes, self.suggestions = folder / "quotes.csv", folder / "recommendations.csv"
        self.price = 100.0
        cache = bootstrap.cache_path(account.data_dir)
        shutil.copytree(cache, bootstrap.cache_path(self.broker_dir))
        today = clock.now().date()
        sessions = calendar.xnys(today - _YEARS, today + timedelta(days=366), cache_dir=cache)
        past = [s for s in sessions.sessions if s.close_at < clock.now()]
        self._shift = past[-1].open_at + timedelta(hours=2) - clock.now()
        rows = (f"{s.on},{TICKER},100,101,99,100,900000\n" for s in past[-40:-1])
        bars = folder / "bars.csv"
        bars.write_text("date,ticker,open,high,low,close,volume\n" + "".join(rows))
        assert account.stonks("import", "bars", str(bars)) == 0
        self.quotes.write_text("ticker,price,at\n")
        self.suggestions.write_text("recommendation_id,ticker,action,mode,confidence,generated_at,source,thesis\n")

    def now(self) -> datetime:
        """Return this moment, as the programs have it."""
        return clock.now() + self._shift

    def recommend(self, name: str, action: str = "buy") -> None:
        """Have somebody suggest it."""
        at = f"{self.now():%Y-%m-%dT%H:%M:%SZ}"
        with self.suggestions.open("a") as file:
            file.write(f"{name},{TICKER},{action},paper_eligible,0.90,{at},sage,looks good\n")

    @contextmanager
    def feed(self) -> Iterator[None]:
        """Have the ticker traded at `price`, several times a second."""
        ended = threading.Event()

        def print_prices() -> None:
            while not ended.wait(0.1):
                at = f"{self.now().astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
                with self.quotes.open("a") as file:
                    file.write(f"{TICKER},{self.price:.2f},{at}\n")

        thread = threading.Thread(target=print_prices)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def engine(self, *words: str, **environment: str) -> Iterator[Running]:
        """Give an engine whose broker is behind the queue, told no variable but its own."""
        quick = [f"--set={name}=1" for name in QUICK]
        files = [f"--quotes={self.quotes}", f"--recommendations={self.suggestions}"]
        said = ["run", "--no-ui", "--broker=queue", *quick, *files, *words]
        with self._running(
            self.engine_dir, "engine", said, {"STONKS_REDIS_URL": self.server.url(), **environment}
        ) as it:
            yield it

    @contextmanager
    def broker(self, *words: str, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
        """Give a broker service, told no variable but its own."""
        said = ["broker", f"--quotes={self.quotes}", *words]
        url = {"STONKS_BROKER_REDIS_URL": self.server.url(), **(environment or {})}
        with self._running(self.broker_dir, "broker", said, url) as it:
            yield it

    def broker_says(self, *words: str) -> tuple[int, Any]:
        """Return how `stonks broker WORDS --json` ends, and what it prints."""
        ended = subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "stonks_tui.cli",
                "--data-dir",
                str(self.broker_dir),
                "broker",
                *words,
                "--json",
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), "STONKS_BROKER_REDIS_URL": self.server.url()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not ended.stderr or ended.returncode, ended.stderr
        return ended.returncode, json.loads(ended.stdout) if ended.stdout else ended.stderr

    @contextmanager
    def _running(self, folder: Path, name: str, said: list[str], environment: dict[str, str]) -> Iterator[Running]:
        program = _PROGRAM.format(seconds=self._shift.total_seconds())
        folder.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-P", "-c", program, "--data-dir", str(folder), *said]
        running = Running(words, folder / f"{name}.log", environment)
        try:
            yield running
        finally:
            running.process.kill()
            running.process.wait()
