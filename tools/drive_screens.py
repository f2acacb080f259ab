"""`./stonks drive`: does the terminal app take every key, in any order, at any size?

Starts the demo in a pseudo-terminal and presses the keys of the command table (tools/drive_keys.py). It fails when the
program dies, shows a traceback, does not answer within a second, or leaves the terminal other than it found it. The
transcript has what was pressed and what was shown then.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tools.drive_keys import SIZES, Step, steps
from tools.driven_terminal import DrivenTerminal

ROOT = Path(__file__).resolve().parents[1]
DEMO = (sys.executable, "-P", "-m", "stonks_tui.cli")
_STARTS_WITHIN, _ENDS_WITHIN = 60.0, 20.0
_ESCAPE = "\x1b"
_ESCAPE_RESTS = 0.15
"""Seconds after which an escape is a key of its own, and not the beginning of another."""
_ASKED_EVERY = 4
"""After so many steps it is asked whether the program still answers."""


class Fault(Exception):
    """What went wrong, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What was done: steps, how long the slowest answer took (seconds), and what went wrong, if anything."""

    steps: int
    slowest: float
    fault: str = ""


def drive(
    command: Sequence[str], transcript: TextIO, *, seed: int, seconds: float, patience: float, data_dir: Path
) -> Driven:
    """Drive the program `command` for so many seconds, then end it with `q`, and return what came of it.

    `patience` is how many seconds it may take to answer a key.
    """
    size = SIZES[0]
    unwanted = {"NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"}
    environment = {k: v for k, v in os.environ.items() if k not in unwanted}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    with DrivenTerminal(command, size, environment) as terminal:
        driver = _Driver(terminal, transcript, patience, data_dir)
        try:
            driver.begin()
            driver.go_on(steps(seed), seconds)
            driver.end()
        except Fault as fault:
            driver.note(f"FAULT: {fault}")
            return Driven(steps=driver.steps, slowest=driver.slowest, fault=str(fault))
    return Driven(steps=driver.steps, slowest=driver.slowest)


class _Driver:
    """Somebody at the keys, who writes down what is shown."""

    def __init__(self, terminal: DrivenTerminal, transcript: TextIO, patience: float, data_dir: Path) -> None:
        self.steps = 0
        self.slowest = 0.0
        self._terminal = terminal
        self._transcript = transcript
        self._patience = patience
        self._data_dir = data_dir
        self._since = time.monotonic()
        self._is_large = True
        self._last = ""

    def begin(self) -> None:
        """Wait until there are screens."""
        if self._terminal.waits(lambda: "quit" in self._terminal.text, _STARTS_WITHIN) is None:
            raise Fault(f"it never came up\n{self._terminal.text}")
        self.note("up")

    def go_on(self, todo: Iterator[Step], seconds: float) -> None:
        """Do the steps for so long."""
        ends = time.monotonic() + seconds
        for number, step in enumerate(todo, start=1):
            if time.monotonic() > ends:
                break
            self._do(step)
            self.steps = number
            if number % _ASKED_EVERY == 0:
                self._ask(step)
            self._look(step.name)

    def end(self) -> None:
        """Leave by `q`, and see how the program has left the terminal."""
        self._do(Step("80x24", size=SIZES[0]))
        self._press(_ESCAPE * 4 + "q")
        self._terminal.waits(lambda: False, _ENDS_WITHIN)
        code = self._terminal.process.poll()
        if code != 0:
            raise Fault(f"q ended it with {code}" if code is not None else f"q did not end it\n{self._terminal.text}")
        if left := self._terminal.left_behind():
            raise Fault(f"the terminal was left in a bad state: {'; '.join(left)}")

    def note(self, words: str) -> None:
        """Write down `words`, and what is shown if it is something else than before."""
        shown = self._terminal.text
        print(f"== {time.monotonic() - self._since:8.2f} s  {words}", file=self._transcript)
        if shown != self._last:
            print(shown, file=self._transcript, flush=True)
        self._last = shown

    def _do(self, step: Step) -> None:
        if step.size is not None:
            self._is_large = step.size[0] >= 60 and step.size[1] >= 16
            self._terminal.resize(step.size)
        self._press(step.keys)

    def _press(self, keys: str) -> None:
        """Press `keys`; an escape that stands alone is given the time to be one."""
        while keys:
            size = 1 if keys[0] != _ESCAPE or keys[1:2] != "[" else 4 if keys[2:3].isdigit() else 3
            self._send(keys[:size])
            if keys[0] == _ESCAPE and size == 1:
                time.sleep(_ESCAPE_RESTS)
            keys = keys[size:]

    def _send(self, keys: str) -> None:
        try:
            self._terminal.send(keys)
        except OSError as error:
            raise Fault(f"its terminal is gone: {error}") from error

    def _ask(self, step: Step) -> None:
        """See whether the help comes up and goes again: then every key before it has been taken too."""
        if not self._is_large:
            return
        self._press(_ESCAPE * 3)
        self._send("?")
        took = self._terminal.waits(self._is_helping, self._patience)
        if took is None:
            raise Fault(f"no answer within {self._patience:g} s after {step.name}\n{self._terminal.text}")
        self.slowest = max(self.slowest, took)
        self._press(_ESCAPE)
        if self._terminal.waits(lambda: not self._is_helping(), self._patience) is None:
            raise Fault(f"the help stays after {step.name}\n{self._terminal.text}")

    def _is_helping(self) -> bool:
        lines = self._terminal.lines
        return any("Help" in line for line in lines[:3])

    def _look(self, name: str) -> None:
        self.note(name)
        code = self._terminal.process.poll()
        if code is not None:
            raise Fault(f"it ended with {code} after {name}\n{self._terminal.text}")
        if "Traceback (most recent call last)" in self._last:
            raise Fault(f"a traceback after {name}\n{self._last}")
        for path in self._data_dir.glob("**/logs/*"):
            if path.is_file() and "Traceback" in path.read_text(encoding="utf-8", errors="replace"):
                raise Fault(f"a traceback in {path.name} after {name}")


def main(argv: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 when something went wrong."""
    parser = argparse.ArgumentParser(prog="stonks drive", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (default: 1)")
    parser.add_argument("--seed", type=int, help="which order (default: another one each time)")
    parser.add_argument("--patience", type=float, default=1.0, help="seconds that an answer may take (default: 1)")
    parser.add_argument("--transcript", type=Path, help="the file to write what was shown to")
    args = parser.parse_args(argv)
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1_000_000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = args.transcript or Path(tempfile.gettempdir(), f"stonks-drive-{seed}.txt")
        transcript = stack.enter_context(path.open("w", encoding="utf-8"))
        print(f"seed {seed}, transcript {path}", file=sys.stderr)
        command = (*DEMO, "--data-dir", str(folder), "demo")
        found = drive(
            command, transcript, seed=seed, seconds=args.minutes * 60, patience=args.patience, data_dir=folder
        )
    print(f"{found.steps} steps, slowest answer {found.slowest:.3f} s")
    if found.fault:
        print(f"stonks drive: {found.fault}", file=sys.stderr)
    return 1 if found.fault else 0


if __name__ == "__main__":
    sys.exit(main())
