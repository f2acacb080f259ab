"""Two engines on one account in a database: the first stands still, the second takes over, the first wakes."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.leading_engine import IN_BROKERS_TRANSACTION, IN_TRANSACTION, Wish
from tests.support.parent_program import parent_program, state_of
from tests.support.passings import Point

FIRST, SECOND = "first", "second"
PLACES = {
    IN_TRANSACTION: (80, 160),
    Point.BEFORE_BRING: (4, 20),
    IN_BROKERS_TRANSACTION: (20, 60),
    Point.AFTER_COMMIT: (60, 140),
    Point.AFTER_BRING: (4, 20),
    Point.BEFORE_COMMIT: (60, 140),
    Point.REPORTS_FETCHED: (4, 20),
}
"""Where the first stands still, with orders under way: at which passings of what."""


@dataclass(slots=True)
class Floor:
    """Engines, and what they have said: by name and word the process and the moment."""

    process: "subprocess.Popen[str]"
    said: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def begin(self, wish: Wish) -> None:
        """Let an engine want to lead."""
        self.said = {key: value for key, value in self.said.items() if key[0] != wish.name}
        assert self.process.stdin
        self.process.stdin.write(wish.line())
        self.process.stdin.flush()

    def hear(self, name: str, *words: str) -> str:
        """Wait until the engine `name` has said one of `words`; return which."""
        assert self.process.stdout
        while True:
            for word in words:
                if (name, word) in self.said:
                    return word
            line = self.process.stdout.readline()
            assert line, "the engines are gone"
            who, said, pid, at = line.split()
            self.said[who, said] = int(pid), float(at)

    def at(self, name: str, word: str) -> float:
        """Return when `name` said `word`, in seconds of the machine's own clock."""
        return self.said[name, word][1]

    def go_on(self, name: str) -> None:
        """Wake an engine that paused."""
        pid = self.said[name, "paused"][0]
        deadline = time.monotonic() + 10
        while state_of(pid) != "T" and time.monotonic() < deadline:
            time.sleep(0.001)
        os.kill(pid, signal.SIGCONT)


@contextmanager
def a_floor() -> Iterator[Floor]:
    """Give a floor for engines, who live no longer than it."""
    with parent_program("tests.support.leading_engine") as process:
        yield Floor(process)


def take_over(floor: Floor, first: Wish, second: Wish) -> float | None:
    """Let the first lead until it stands still, and the second after it; return the seconds in between.

    None when the first came to the world's end before.
    """
    floor.begin(first)
    floor.hear(FIRST, "led")
    floor.begin(second)
    if floor.hear(FIRST, "paused", "done") == "done":
        return None
    floor.hear(SECOND, "led")
    return floor.at(SECOND, "led") - floor.at(FIRST, "paused")
