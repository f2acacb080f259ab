"""Program: run `stonks` as its users do, in this process or in one of its own."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.adapters import calendar
from stonks_tui.cli import main
from tests.support import small_market

ROOT = Path(__file__).resolve().parents[2]

SAYS = r'sys.stderr.write(f"session {row}\n")'
"""What SLOWED does after each session, in one write, so that killing it cuts no line."""
SLOWED = """
import sys, time
from engine.daily_course import DailyCourse
at_full_speed = DailyCourse.play
def play(self, row, session):
    yield from at_full_speed(self, row, session)
    sys.stderr.write(f"session {row}\\n")
    time.sleep(0.05)
DailyCourse.play = play
from stonks_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program with a core that takes 50 ms a session and says on standard error which one is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A data directory of its own, the small market's files, and the program."""

    data_dir: Path
    files: small_market.Files
    capsys: pytest.CaptureFixture[str]

    def stonks(self, *words: object) -> Ended:
        """Run the command in this process."""
        self.capsys.readouterr()
        code = main(["--data-dir", str(self.data_dir), *map(str, words)])
        said = self.capsys.readouterr()
        return Ended(code=code, out=said.out, err=said.err)

    def run(self, *words: object) -> Ended:
        """Run a backtest from the files."""
        return self.stonks("backtest", "run", *self.files.options, "--no-chart", *words)

    def record(self, *words: object) -> dict[str, Any]:
        """Run a backtest from the files, which must complete, and return its record."""
        ended = self.run("--json", *words)
        assert ended.code == 0, ended.err
        found: dict[str, Any] = json.loads(ended.out)
        return found

    def shown(self, run: object = "") -> dict[str, Any]:
        """Return the record of a run."""
        found: dict[str, Any] = json.loads(self.stonks("backtest", "show", *([run] if run else []), "--json").out)
        return found

    def listed(self) -> dict[int, str]:
        """Return the state of each run."""
        return {e["run_id"]: e["state"] for e in json.loads(self.stonks("backtest", "list", "--json").out)}

    def exported(self, what: str, *words: object) -> list[dict[str, str]]:
        """Return a table as CSV gives it."""
        import csv
        import io

        return list(csv.DictReader(io.StringIO(self.stonks("backtest", "export", "--what", what, *words).out)))

    def process(self, *words: object, slowed: bool = False) -> "subprocess.Popen[str]":
        """Start the command in a process of its own, with pipes for its output and no terminal."""
        return process(self.data_dir, *words, slowed=slowed)


def process(data_dir: Path, *words: object, slowed: bool = False) -> "subprocess.Popen[str]":
    """Start the command in a process of its own, with pipes for its output and no terminal."""
    program = ["-c", SLOWED] if slowed else ["-m", "stonks_tui.cli"]
    return subprocess.Popen(
        [sys.executable, "-P", *program, "--data-dir", str(data_dir), *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def desk(folder: Path, calendars: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return a desk in `folder`; `calendars` holds the exchange calendar, which takes most of a second to make."""
    data_dir = folder / "data"
    shutil.copytree(calendars, data_dir / "cache")
    shutil.copytree(calendars, data_dir / "demo" / "cache")
    return Desk(data_dir=data_dir, files=small_market.write(folder), capsys=capsys)


def make_calendars(folder: Path) -> Path:
    """Keep the calendars of the small market and of the demo in `folder`, and return it."""
    for first, last in ((2014, 2014), (2021, 2023)):
        calendar.xnys(
            small_market.FIRST.replace(year=first), small_market.FIRST.replace(year=last, month=9), cache_dir=folder
        )
    return folder
