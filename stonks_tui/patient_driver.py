"""Patient driver: what becomes of the screens when nobody reads what they write?

A connection that hangs takes no more letters. Textual's driver then waits, and with it everything that the screens
do: keys, signals, the end of the program. This one leaves out what is not taken, and says whether the terminal still
has to take what was written before. It leans on `LinuxDriver._file`, its `_writer_thread` and the queue of that,
private names; tests/integration/test_engine_process.py fails when they go.
"""

import select
from collections.abc import Callable
from queue import Full
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver

END_SECONDS = 0.5
"""So long the end waits for a terminal to take the codes that put it back."""
_OTHER_SCREEN = "\x1b[?1049"
"""Begins what goes to the terminal's other screen and back."""


class Outlet:
    """The file that goes to the terminal, as the writing thread has it. It is writing until all was taken."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.is_writing = False

    def write(self, text: str) -> None:
        """Write `text`; a terminal may make that last."""
        self.is_writing = True
        self._file.write(text)

    def flush(self) -> None:
        """Have everything taken."""
        self._file.flush()
        self.is_writing = False

    def fileno(self) -> int:
        """Return the file's number."""
        return self._file.fileno()


class PatientDriver(LinuxDriver):
    """Textual's driver of a terminal, which waits for none."""

    def __init__(self, *how: Any, **named: Any) -> None:
        super().__init__(*how, **named)
        self._has_left_out = False
        self._outlet = Outlet(cast(IO[str], self._file))
        self._file = cast(Any, self._outlet)
        self.on_lost: Callable[[], None] | None = None
        self.written = 0

    @property
    def is_busy(self) -> bool:
        """Has the terminal still to take something?"""
        return self._writer_thread is not None and (not self._writer_thread._queue.empty() or self._outlet.is_writing)

    @property
    def is_gone(self) -> bool:
        """Has the terminal been closed? Not everybody is told so by a signal; Textual would read on without a rest."""
        asked = select.poll()
        asked.register(self.fileno, 0)
        return any(found & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, found in asked.poll(0))

    def write(self, data: str) -> None:
        """Write `data` some time, or leave it out when the terminal takes nothing."""
        assert self._writer_thread is not None
        if _OTHER_SCREEN in data:
            self._lost()
        self.written += len(data)
        try:
            self._writer_thread._queue.put_nowait(data)
        except Full:
            self._has_left_out = True
            self._lost()

    def catch_up(self) -> None:
        """Paint everything again if something was left out and the terminal takes letters again."""
        if self._has_left_out and self._writer_thread is not None and self._writer_thread._queue.empty():
            self._has_left_out = False
            self._app.refresh()

    def _lost(self) -> None:
        """Say that nobody knows any more what the terminal shows."""
        if self.on_lost is not None:
            self.on_lost()

    def close(self) -> None:
        """Let the terminal have what was written, if it takes it."""
        writer = self._writer_thread
        if writer is None:
            return
        try:
            writer._queue.put(None, timeout=END_SECONDS)
        except Full:
            return
        writer.join(END_SECONDS)
