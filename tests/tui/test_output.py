"""What a terminal gets: colours and letters only if it can have them, and everything put back in the end."""

import codecs
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.emulated_terminal import EmulatedTerminal
from tests.support.program import ROOT

pytestmark = pytest.mark.lengthy

COLOUR = re.compile(rb"\x1b\[[0-9;:]*?(?<![0-9])(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m:]")
IN, OUT = b"\x1b[?1049h", b"\x1b[?1049l"
SHOWN = b"\x1b[?25h"
SECONDS = 30

APP = """
import sys
from pathlib import Path
from stonks_tui import open_app
from stonks_tui.app import StonksApp
from stonks_tui.run_feed import RunFeed
{patch}
folder = Path(sys.argv[1])
app = StonksApp(RunFeed(folder), data_dir=folder, mode="DEMO", colour={colour}, ascii_only={ascii_only})
left_with = open_app.run(app)
sys.exit(left_with if left_with is not None else app.return_code or 0)
"""
FAULT = """
async def broken(self, *_):
    raise RuntimeError("a fault of ours")
RunFeed.{method} = broken
"""


class Terminal:
    """A pseudo-terminal with a program at its other end."""

    def __init__(self, arguments: list[str], **environment: str) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.theirs)
        plain = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "LINES", "TEXTUAL_THEME"}}
        self.process = subprocess.Popen(
            [sys.executable, "-P", *arguments],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
            env={**plain, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )
        self.written = b""
        self._letters = codecs.getincrementaldecoder("utf-8")("replace")
        self._seen = EmulatedTerminal(80, 24)

    def until(self, words: bytes) -> None:
        """Read until `words` were written after what was read before, or can be seen: what stood there is not written.

        Whoever looks for what stood there before as well sees it at once.
        """
        start, end = len(self.written), time.monotonic() + SECONDS
        while words not in self.written[start:] and not self._shows(words.decode(errors="replace")):
            assert time.monotonic() < end, self.written[-3000:]
            assert self.process.poll() is None or self._has_more(), self.written[-3000:]
            self._read()

    def ended(self) -> int:
        """Read on to the end and return the exit code."""
        end = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < end, self.written[-3000:]
            self._read()
        while self._has_more():
            self._read()
        return self.process.returncode

    def type(self, letters: bytes) -> None:
        """Type."""
        os.write(self.ours, letters)

    def is_as_it_was(self) -> bool:
        """Is the screen left, the cursor shown, the echo on?"""
        left = self.written.rfind(OUT) > self.written.rfind(IN) > -1
        shown = self.written.rfind(SHOWN) > self.written.rfind(b"\x1b[?25l")
        mouse_off = self.written.rfind(b"\x1b[?1000l") > self.written.rfind(b"\x1b[?1000h")
        return left and shown and mouse_off and termios.tcgetattr(self.theirs) == self.before

    def close(self) -> None:
        """End the program for certain."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)

    def _shows(self, words: str) -> bool:
        return any(words in line for line in self._seen.lines)

    def _has_more(self) -> bool:
        return bool(select.select([self.ours], [], [], 0.05)[0])

    def _read(self) -> None:
        if self._has_more():
            try:
                came = os.read(self.ours, 65_536)
                self.written += came
                self._seen.write(self._letters.decode(came))
            except OSError as error:
                if error.errno != errno.EIO:
                    raise


@contextmanager
def terminal(*arguments: str, **environment: str) -> Iterator[Terminal]:
    found = Terminal(list(arguments), **environment)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def at_the_app(folder: Path, *, patch: str = "", colour: bool = True, ascii_only: bool = False) -> Iterator[Terminal]:
    """Show the runs in `folder`; return when the first frame is there."""
    program = APP.format(patch=patch, colour=colour, ascii_only=ascii_only)
    with terminal("-c", program, str(folder)) as found:
        yield found


def without_sequences(written: bytes) -> bytes:
    return re.sub(rb"\x1b(\[[0-9;:?<>=$]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|.)", b"", written)


def test_colours_and_letters_are_there_where_they_can_be(two: Path) -> None:
    with at_the_app(two) as found:
        found.until(b"COMPLETED")
        found.until("⣀".encode())
        assert COLOUR.search(found.written)


def test_no_color_writes_no_colour_code(two: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(two / "runs")
    command = ("-m", "stonks_tui.cli", "--data-dir", str(tmp_path), "backtest", "open")
    with terminal(*command, NO_COLOR="1") as found:
        found.until(b"COMPLETED")
        found.until("⣀".encode())
        found.type(b"2")
        found.until(b"WAVO")
        found.type(b"3n")
        found.type(b"?")
        found.until(b"Esc close")
        assert not COLOUR.search(found.written), COLOUR.search(found.written)


def test_ascii_writes_nothing_else(two: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").symlink_to(two / "runs")
    command = ("-m", "stonks_tui.cli", "--data-dir", str(tmp_path), "backtest", "open", "--ascii")
    with terminal(*command) as found:
        found.until(b"COMPLETED")
        for key, words in ((b"2", b"WAVO"), (b"3", b"Trace"), (b"4", b"Drawdown"), (b"5", b"bolder"), (b"?", b"Esc")):
            found.type(key)
            found.until(words)
        assert max(found.written) < 128, found.written[found.written.index(max(found.written)) - 40 :][:80]


@pytest.mark.parametrize("way", ["q", "ctrl+q", "SIGTERM", "SIGINT"])
def test_leaving_puts_the_terminal_back(way: str, two: Path) -> None:
    with at_the_app(two) as found:
        found.until(b"COMPLETED")
        assert termios.tcgetattr(found.theirs) != found.before
        if way in signal.Signals.__members__:
            found.process.send_signal(signal.Signals[way])
        else:
            found.type({"q": b"q", "ctrl+q": b"\x11"}[way])
        assert found.ended() == 0
        assert found.is_as_it_was()
        assert b"Traceback" not in found.written


@pytest.mark.parametrize("method", ["runs", "decisions"])
def test_a_fault_ends_the_app_with_an_error_and_the_terminal_as_it_was(method: str, two: Path) -> None:
    with at_the_app(two, patch=FAULT.format(method=method)) as found:
        assert found.ended() == 1
        assert found.is_as_it_was()
        assert b"a fault of ours" in without_sequences(found.written)


def test_a_terminal_that_goes_away_takes_the_app_with_it(two: Path) -> None:
    with at_the_app(two) as found:
        found.until(b"COMPLETED")
        found.process.send_signal(signal.SIGHUP)
        assert found.ended() == 0


def test_a_terminal_that_is_closed_without_a_signal_takes_the_app_with_it_too(two: Path) -> None:
    with at_the_app(two) as found:
        found.until(b"COMPLETED")
        os.close(found.theirs)
        os.close(found.ours)
        assert found.process.wait(SECONDS) in (0, 129)
        found.ours, found.theirs = os.pipe()  # to be closed with the rest


@pytest.mark.parametrize("way", ["q", "SIGINT"])
def test_the_demo_makes_its_run_before_the_eyes_of_the_person_and_leaves_with_it(way: str, tmp_path: Path) -> None:
    command = ("-m", "stonks_tui.cli", "--data-dir", str(tmp_path), "demo", "--backtest")
    with terminal(*command) as found:
        found.until(b"simulating")
        if way == "q":
            found.type(b"q")
        else:
            found.process.send_signal(signal.SIGINT)
        assert found.ended() == 0
        assert found.is_as_it_was()
    for _ in range(100):
        with suppress(FileNotFoundError):
            if not list((tmp_path / "demo" / "runs").glob("*.lock")):
                break
        time.sleep(0.05)
    assert not list((tmp_path / "demo" / "runs").glob("*.lock"))
