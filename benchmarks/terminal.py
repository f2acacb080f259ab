"""Terminal: how long do the screens take, and how much do they write?

`python benchmarks/terminal.py [--rounds N]` runs the real program in a pseudo-terminal over the demo and prints, for
each size, the time to the first frame and to the first figures after exec, and for each key the time until the screen
stops changing and the bytes that it wrote. Machines differ and are shared: compare lines of one run.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZES = ((80, 24), (120, 40))
KEYS = ("[", "[", "]", "2", "j", "j", "h", "3", "j", "j", "4", "[", "5", "1", "?", "\x1b")
FRAME, FIGURES = b"Overview", re.compile(rb"\d{3},\d{3}\.\d\d")
_TO_END = 5.0  # then it is killed
_QUIET = 0.25  # so long nothing is written: the screen stands


class Terminal:
    """The program at the other end of a pseudo-terminal."""

    def __init__(self, command: list[str], columns: int, rows: int) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLUMNS=str(columns), LINES=str(rows))
            os.chdir(ROOT)
            os.execv(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

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
        while time.perf_counter() - self.started < 30:
            seen += self.read(0.05)
            if wanted.search(seen) if isinstance(wanted, re.Pattern) else wanted in seen:
                return time.perf_counter() - self.started
        raise TimeoutError(f"{wanted!r} was never shown")

    def settled(self, since: float) -> tuple[float, int]:
        """Return the seconds from `since` to the last byte before a silence, and the bytes."""
        last, count = since, 0
        while part := self.read(_QUIET):
            last, count = time.perf_counter(), count + len(part)
        return last - since, count

    def press(self, key: str) -> tuple[float, int]:
        """Press a key; return how long the screen changed, and how many bytes that took."""
        now = time.perf_counter()
        os.write(self.fd, key.encode())
        return self.settled(now)

    def end(self) -> None:
        """End the program for certain."""
        os.kill(self.pid, signal.SIGTERM)
        asked = time.perf_counter()
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.05)
            if time.perf_counter() - asked > _TO_END:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        demo = [str(ROOT / "stonks"), "demo", "--backtest", "--data-dir", folder]
        subprocess.run([*demo, "--no-ui"], check=True, stdout=subprocess.DEVNULL)
        for columns, rows in SIZES:
            print(f"{columns}x{rows}")
            _starts(demo, columns, rows, rounds)
            _keys(demo, columns, rows)
    return 0


def _starts(demo: list[str], columns: int, rows: int, rounds: int) -> None:
    for what, wanted in (("first frame", FRAME), ("first figures", FIGURES)):
        seconds = []
        for _ in range(rounds):
            terminal = Terminal(demo, columns, rows)
            seconds.append(terminal.until(wanted))
            terminal.settled(time.perf_counter())
            terminal.end()
        low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
        print(f"  {what:<14} min {low:.2f}  median {middle:.2f}  max {high:.2f} s")


def _keys(demo: list[str], columns: int, rows: int) -> None:
    terminal = Terminal(demo, columns, rows)
    terminal.until(FIGURES)
    terminal.settled(time.perf_counter())
    for key in KEYS:
        took, size = terminal.press(key)
        name = "Esc" if key == "\x1b" else key
        print(f"  key {name:<4} {took * 1000:5.0f} ms  {size:7,} bytes")
    terminal.end()


if __name__ == "__main__":
    sys.exit(main())
