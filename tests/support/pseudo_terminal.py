"""Pseudo-terminal: the program as somebody has it who sits at a terminal, and who may close it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.support.program import ROOT

AT_A_TERMINAL = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
"""Whoever leads a session and opens a terminal has it as its own from then on: closing it sends them SIGHUP."""
_LEFT_ON = {
    1049: "the other screen",
    1000: "mouse on",
    1002: "mouse on",
    1003: "mouse on",
    1006: "mouse on",
    1015: "mouse on",
    1016: "mouse on",
    1004: "focus told",
    2004: "paste in brackets",
    2048: "size told",
}
"""What a terminal goes on with that was not put back, by the number of the mode."""
_SHOWS_CURSOR, _PRIVATE = 25, 5
_KEYBOARD_IN, _KEYBOARD_OUT = re.compile(rb"\x1b\[>\d*u"), re.compile(rb"\x1b\[<\d*u")
_CODES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-Z\\^_=>])")


class PseudoTerminal:
    """The program at the other end of a terminal. What it writes is read all the time."""

    def __init__(self, data_dir: Path, *words: object, program: tuple[str, ...] = ("-m", "stonks_tui.cli")) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._found = termios.tcgetattr(slave)
        self._written = bytearray()
        command = [sys.executable, "-P", *program, "--data-dir", str(data_dir), *map(str, words)]
        unwanted = {"NO_COLOR", "TEXTUAL_THEME", "COLUMNS", "LINES"}
        self.process = subprocess.Popen(
            [sys.executable, "-IS", "-c", AT_A_TERMINAL, *command],
            env={k: v for k, v in os.environ.items() if k not in unwanted}
            | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        self._slave = slave
        self._closing, self._reads = threading.Event(), threading.Event()
        self._reads.set()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.hang_up()

    @property
    def text(self) -> str:
        """Everything it has written, without the codes that move the cursor and colour it."""
        return self.text_after(0)

    @property
    def written(self) -> int:
        """How many bytes it has written."""
        return len(self._written)

    def text_after(self, written: int) -> str:
        """Return what it has written after so many bytes."""
        return _CODES.sub(b"", bytes(self._written[written:])).decode(errors="replace")

    def until(self, words: str, seconds: float = 20.0) -> None:
        """Wait until it has written `words`."""
        ends = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < ends, f"{words!r} was never shown, but\n{self.text[-2000:]}"
            time.sleep(0.02)

    def press(self, keys: str) -> None:
        """Press `keys`."""
        os.write(self._master, keys.encode())

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, seconds: float = 10.0) -> tuple[int, float]:
        """Return how it ended, and after how many seconds from now."""
        since = time.monotonic()
        code = self.process.wait(seconds)
        return code, time.monotonic() - since

    def hang_up(self) -> None:
        """Close the terminal."""
        if not self._closing.is_set():
            self._closing.set()
            self._reading.join()
            os.close(self._slave)
            os.close(self._master)

    @property
    def is_closed(self) -> bool:
        """Was it closed?"""
        return self._closing.is_set()

    def sleeps(self) -> bool:
        """Was the program stopped, to be woken later?"""
        stat = Path(f"/proc/{self.process.pid}/stat")
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "T"

    def said_at_the_end(self) -> str:
        """Return what stands on the screen below the shell's prompt once the other screen was left."""
        _, left, after = bytes(self._written).rpartition(b"\x1b[?1049l")
        return " ".join(_CODES.sub(b"", after).decode(errors="replace").split()) if left else ""

    def read_no_more(self) -> None:
        """Leave what it writes unread from now on, as a connection does that hangs."""
        self._reads.clear()

    def read_on(self) -> None:
        """Read again."""
        self._reads.set()

    def resize(self, columns: int, rows: int) -> None:
        """Be of another size, and have the program told."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def left_otherwise(self) -> tuple[str, ...]:
        """Return what is not as it was found, as an emulated terminal has it and the kernel."""
        time.sleep(0.1)
        written = bytes(self._written)
        screen = pyte.Screen(120, 40)
        pyte.ByteStream(screen).feed(written)
        found = [words for mode, words in _LEFT_ON.items() if mode << _PRIVATE in screen.mode]
        if _SHOWS_CURSOR << _PRIVATE not in screen.mode:
            found.append("no cursor")
        if len(_KEYBOARD_IN.findall(written)) > len(_KEYBOARD_OUT.findall(written)):
            found.append("keys told otherwise")
        if termios.tcgetattr(self._slave) != self._found:
            found.append("no echo")
        return tuple(dict.fromkeys(found))

    def is_as_found(self) -> bool:
        """Does the terminal show what it showed before, and its cursor, and does it take lines as before?"""
        time.sleep(0.1)
        written = bytes(self._written)
        return (
            written.rfind(b"\x1b[?1049l") > written.rfind(b"\x1b[?1049h") > -1
            and written.rfind(b"\x1b[?25h") > written.rfind(b"\x1b[?25l") > -1
            and termios.tcgetattr(self._slave) == self._found
        )

    def _read(self) -> None:
        with suppress(OSError):
            while not self._closing.is_set():
                if self._reads.is_set() and select.select([self._master], [], [], 0.05)[0]:
                    self._written += os.read(self._master, 1 << 16)
                self._reads.wait(0.05)
