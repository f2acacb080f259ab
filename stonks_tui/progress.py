"""Progress: how far has it come? One line on a terminal, rewritten in place; nothing anywhere else."""

import sys
from typing import TextIO

_WIDTH = 24


class ProgressLine:
    """A bar on standard error. Use as a context manager, so that it is wiped whatever happens."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stderr
        self._shown = self._out is not None and self._out.isatty()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def tell(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` is over and `what` comes now."""
        if self._shown:
            full = _WIDTH * done // max(total, 1)
            self._out.write(f"\r\x1b[K[{'█' * full}{'·' * (_WIDTH - full)}] {done}/{total} {what[:60]}")
            self._out.flush()
