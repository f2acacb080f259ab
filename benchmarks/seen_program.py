"""Seen program: the real program in a pseudo-terminal, and what somebody sees there who looks at it."""

import os
import time
from collections.abc import Callable, Iterator, Mapping

import pyte

from benchmarks.terminal_program import Program

_A_GLANCE = 0.05


class SeenProgram(Program):
    """A program whose terminal can be looked at. Moments are those of `time.perf_counter`.

    An emulated terminal takes 2 ms for a kB. So what is written is first read, with its moments, and only then shown.
    """

    def __init__(
        self, arguments: list[str], size: tuple[int, int], environment: Mapping[str, str], program: str
    ) -> None:
        super().__init__(arguments, size, environment, program)
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._stream.feed(b"\x1b[?7l")  # letters past the right edge stay there, as Textual has it

    def line(self, row: int) -> str:
        """Return what stands in a row now."""
        cells = self._screen.buffer[row]
        return "".join(cells[column].data for column in range(self._screen.columns))

    @property
    def text(self) -> str:
        """What stands in all of them."""
        return "\n".join(self.line(row) for row in range(self._screen.lines))

    def type(self, keys: str) -> float:
        """Press keys and return when."""
        at = time.perf_counter()
        os.write(self.fd, keys.encode())
        return at

    def look(self, seconds: float) -> None:
        """Look on for so long."""
        for _ in self._shown(seconds):
            pass

    def seen(self, wanted: Callable[["SeenProgram"], bool], *, glance: float = _A_GLANCE, most: float = 20.0) -> float:
        """Look on, in glances of so many seconds, and return when what made `wanted` true was written.

        TimeoutError, with what stands there, if nothing does within `most` seconds.
        """
        began = time.perf_counter()
        if wanted(self):
            return began
        while time.perf_counter() - began < most:
            found = None
            for at in self._shown(glance):
                found = at if found is None and wanted(self) else found
            if found is not None:
                return found
        raise TimeoutError(f"what was waited for was never seen, but\n{self.text}")

    def _shown(self, seconds: float) -> Iterator[float]:
        """Read for so long, then show what came, part by part, and yield the moment of each."""
        parts, until = [], time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            part = self.read(left)
            parts.append((time.perf_counter(), part))
        for at, part in parts:
            if part:
                self._stream.feed(part)
                yield at
