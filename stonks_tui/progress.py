"""Progress: how far has it come? A line on a terminal, lines of JSON for a program, or nothing.

A run tells a `Teller` what happens (`stonks_tui/run_events.py`), whichever it is.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from engine.model.money import usd
from stonks_tui import run_events
from stonks_tui.run_events import Keeping, Progressed, Reading, RunEvent

KINDS = ("auto", "json", "none")
PRICES_AND_RECOMMENDATIONS = "prices and recommendations"
_WIDTH = 24
_SECONDS_BETWEEN = 0.1  # ten a second are as many as an eye follows


class Teller(Protocol):
    """Is told what a run does, as it happens. One that has lost its reader raises BrokenPipeError."""

    def tell(self, event: RunEvent) -> None:
        """Pass `event` on."""

    def step(self, done: int, total: int, what: str) -> None:
        """Pass on that `done` of `total` steps of reading are over and `what` comes now."""


class ProgressLine:
    """A bar on standard error. Use as a context manager, so that it is wiped whatever happens."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stderr
        self._shown = self._out is not None and self._out.isatty()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def tell(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` is over and `what` comes now."""
        if self._shown:
            full = _WIDTH * done // max(total, 1)
            self._out.write(f"\r\x1b[K[{'█' * full}{'·' * (_WIDTH - full)}] {done}/{total} {what[:60]}")
            self._out.flush()

    def wipe(self) -> None:
        """Leave the line empty."""
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()


class LineTeller:
    """Tells a person, on the line of a terminal."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line

    def tell(self, event: RunEvent) -> None:
        """See `Teller.tell`."""
        match event:
            case Progressed():
                rate = event.done / max(event.seconds, 1e-9)
                left = (event.total - event.done) / rate
                text = f"{event.on}  {rate:,.0f} sessions/s  {left:,.0f} s left  {usd(event.equity, places=0)}"
                self._line.tell(event.done, event.total, text)
            case Keeping():
                self._line.tell(1, 1, f"keeping {event.decisions:,} decisions")
            case _:
                pass

    def step(self, done: int, total: int, what: str) -> None:
        """See `Teller.step`."""
        self._line.tell(done, total, what)


class JsonTeller:
    """Tells a program, a line of JSON each on standard output, at once."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stdout
        self._pace = Pace()

    def tell(self, event: RunEvent) -> None:
        """See `Teller.tell`."""
        self._out.write(run_events.to_json(event) + "\n")
        self._out.flush()

    def step(self, done: int, total: int, what: str) -> None:  # noqa: ARG002 - a line says what, not how far
        """See `Teller.step`."""
        if what and self._pace.is_due():
            self.tell(Reading(what=what))


class Silence:
    """Tells nobody."""

    def tell(self, event: RunEvent) -> None:
        """See `Teller.tell`."""

    def step(self, done: int, total: int, what: str) -> None:
        """See `Teller.step`."""


class Pace:
    """Says when ten a second are not yet reached."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = -_SECONDS_BETWEEN

    def is_due(self) -> bool:
        """Is it time again? If so, the next time is a tenth of a second from now."""
        now = self._clock()
        if now - self._last < _SECONDS_BETWEEN:
            return False
        self._last = now
        return True


def add_progress_option(parser: argparse.ArgumentParser) -> None:
    """Add `--progress`; its value is a kind of teller."""
    parser.add_argument(
        "--progress",
        choices=KINDS,
        default="auto",
        help="how far it is: auto, a line on a terminal; json, each event as a line of JSON and no report; none",
    )


@contextmanager
def teller(kind: str) -> Iterator[Teller]:
    """Give the teller of `kind` (one of KINDS); a line that it left on the terminal is wiped in the end."""
    if kind == "json":
        yield JsonTeller()
    elif kind == "none":
        yield Silence()
    else:
        with ProgressLine() as line:
            yield LineTeller(line)
