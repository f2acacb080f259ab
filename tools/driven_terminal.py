"""Driven terminal: a program in a pseudo-terminal, what it shows there, and in which state it leaves it."""

import codecs
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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import pyte

_AT_A_TERMINAL = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_LEFT_OFF = {1000, 1002, 1003, 1004, 1006, 1015, 1049, 2004}
"""Modes that a program may turn on and has to turn off again: the mouse, focus, the other screen, pasting."""
_CURSOR_SHOWN = 25
_LOOKS_EVERY = 0.01


class _Screen(pyte.Screen):
    """A screen that leaves alone what is no colour but sounds like one: a question for how keys are told."""

    def select_graphic_rendition(self, *codes: int, **how: bool) -> None:
        if not how.get("private"):
            super().select_graphic_rendition(*codes)


class DrivenTerminal:
    """The program `command` in a terminal of `size` (columns, rows). What it writes is read all the time."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        self._master, self._slave = pty.openpty()
        self._found = termios.tcgetattr(self._slave)
        self._lock = threading.Lock()
        self._screen = _Screen(*size)
        self._stream = pyte.Stream(self._screen)
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._modes: dict[int, bool] = {}
        self._tail = b""
        self._set_size(size)
        self.process = subprocess.Popen(
            [sys.executable, "-IS", "-c", _AT_A_TERMINAL, *command],
            env=dict(environment),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )
        self._is_closing = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._is_closing.set()
        self._reading.join()
        os.close(self._slave)
        os.close(self._master)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, blanks at the end removed."""
        with self._lock:
            return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines)

    def send(self, keys: str) -> None:
        """Press `keys`."""
        os.write(self._master, keys.encode())

    def resize(self, size: tuple[int, int]) -> None:
        """Be of another size, and tell the program."""
        with self._lock:
            self._screen.resize(size[1], size[0])
            self._set_size(size)  # whoever leads the terminal hears SIGWINCH

    def waits(self, is_so: Callable[[], bool], seconds: float) -> float | None:
        """Return after how many seconds it was so, None if it was not in time or the program ended."""
        since = time.monotonic()
        while not is_so():
            if time.monotonic() - since > seconds or self.process.poll() is not None:
                return None
            time.sleep(_LOOKS_EVERY)
        return time.monotonic() - since

    def left_behind(self) -> list[str]:
        """Return in which ways an ended program has left the terminal other than it found it."""
        time.sleep(0.2)  # what it wrote last is still on its way
        found = [f"mode {mode} is still on" for mode, on in sorted(self._modes.items()) if on and mode in _LEFT_OFF]
        if not self._modes.get(_CURSOR_SHOWN, True):
            found.append("the cursor is hidden")
        if termios.tcgetattr(self._slave) != self._found:
            found.append("it does not take lines as before")
        return found

    def _set_size(self, size: tuple[int, int]) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def _read(self) -> None:
        with suppress(OSError):
            while not self._is_closing.is_set():
                if select.select([self._master], [], [], 0.05)[0]:
                    self._take(os.read(self._master, 1 << 16))

    def _take(self, written: bytes) -> None:
        together = self._tail + written
        for found in _MODE.finditer(together):
            for mode in found[1].split(b";"):
                self._modes[int(mode)] = found[2] == b"h"
        self._tail = together[-16:]
        with self._lock:
            self._stream.feed(self._text.decode(written))
