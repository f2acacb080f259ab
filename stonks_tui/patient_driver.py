"""Patient driver: what becomes of the screens when nobody reads what they write?

A connection that hangs takes no more letters. Textual's driver then waits, and with it everything that the screens
do: keys, signals, the end of the program. This one leaves out what is not taken, and paints the whole screen again
once somebody reads on. It leans on `LinuxDriver._writer_thread` and its queue, private names;
tests/integration/test_engine_process.py fails when they go.
"""

from queue import Full

from textual.drivers.linux_driver import LinuxDriver

END_SECONDS = 0.5
"""So long the end waits for a terminal to take the codes that put it back."""


class PatientDriver(LinuxDriver):
    """Textual's driver of a terminal, which waits for none."""

    _has_left_out = False

    def write(self, data: str) -> None:
        """Write `data` some time, or leave it out when the terminal takes nothing."""
        assert self._writer_thread is not None
        try:
            self._writer_thread._queue.put_nowait(data)
        except Full:
            self._has_left_out = True

    def catch_up(self) -> None:
        """Paint everything again if something was left out and the terminal takes letters again."""
        if self._has_left_out and self._writer_thread is not None and self._writer_thread._queue.empty():
            self._has_left_out = False
            self._app.refresh()

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
