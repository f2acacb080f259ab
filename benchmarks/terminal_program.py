"""Terminal program: the real program at the other end of a pseudo-terminal, and what it costs."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PLAIN = {"STONKS_PLAIN_OUTPUT": "1"}
FRAME = b"Overview"
FIGURES = re.compile(rb"\d{3},\d{3}\.\d\d")
QUIET = 0.15
"""So long nothing is written: the screen stands."""
_FOR_THE_FIRST = 0.6
"""A key that has changed nothing by then changes nothing."""
_ONE_FRAME = 0.005
"""What comes no later than that after what came before belongs to the same frame."""
_TO_END = 5.0
"""After that it is killed."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Burst(NamedTuple):
    """What came of a key: seconds to the first frame that it changed, seconds until all of it stands, and bytes."""

    first: float
    seconds: float
    size: int


class Steady(NamedTuple):
    """What a program does that nobody touches: bytes a second, and its share of a core."""

    bytes_a_second: float
    core: float


class Program:
    """The program at the other end of a pseudo-terminal."""

    def __init__(
        self,
        arguments: list[str],
        size: tuple[int, int],
        environment: Mapping[str, str],
        program: str = str(ROOT / "stonks"),
    ) -> None:
        command = [program, *arguments]
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            columns, rows = map(str, size)
            unwanted = {"NO_COLOR", "TEXTUAL_THEME", *PLAIN}
            kept = {name: value for name, value in os.environ.items() if name not in unwanted}
            terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": columns, "LINES": rows}
            os.execve(command[0], command, {**kept, **terminal, **environment})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def read(self, seconds: float) -> bytes:
        """Return what comes within `seconds`, nothing if the program is silent that long."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        try:
            return os.read(self.fd, 1 << 20) if ready else b""
        except OSError:
            return b""

    def until(self, wanted: "re.Pattern[bytes] | bytes") -> float:
        """Return the seconds since exec when `wanted` was first written."""
        seen = b""
        while time.perf_counter() - self.started < 60:
            seen += self.read(0.05)
            if wanted.search(seen) if isinstance(wanted, re.Pattern) else wanted in seen:
                return time.perf_counter() - self.started
        raise TimeoutError(f"{wanted!r} was never shown, but\n{seen[-2000:]!r}")

    def settled(self, since: float | None = None) -> Burst:
        """Read until the screen stands."""
        since = last = first = time.perf_counter() if since is None else since
        count, wait, is_first = 0, _FOR_THE_FIRST, True
        while (part := self.read(wait)) and last - since < 20:
            now = time.perf_counter()
            is_first = is_first and (not count or now - last < _ONE_FRAME)
            first = now if is_first else first
            last, count, wait = now, count + len(part), QUIET
        return Burst(first - since, last - since, count)

    def press(self, keys: str) -> Burst:
        """Press keys and wait until the screen stands."""
        now = time.perf_counter()
        os.write(self.fd, keys.encode())
        return self.settled(now)

    def steady(self, seconds: float) -> Steady:
        """Watch it for so long."""
        used, count, began = self._cpu(), 0, time.perf_counter()
        while (left := began + seconds - time.perf_counter()) > 0:
            count += len(self.read(min(left, 0.2)))
        passed = time.perf_counter() - began
        return Steady(count / passed, (self._cpu() - used) / passed)

    def end(self) -> None:
        """End the program for certain."""
        os.kill(self.pid, signal.SIGTERM)
        asked = time.perf_counter()
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.05)
            if time.perf_counter() - asked > _TO_END:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)

    def _cpu(self) -> float:
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / _TICKS


@contextmanager
def program(
    *arguments: object, size: tuple[int, int] = (120, 40), environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Run `stonks` with `arguments` at a terminal of so many columns and rows."""
    found = Program([str(argument) for argument in arguments], size, environment or {})
    try:
        yield found
    finally:
        found.end()
