"""Shared page: a few numbers that processes share in a file, whatever becomes of them: a clock, and a trap.

The engine of a made-up world tells the broker's process what time it is there; a test tells either at which point of
its work it is to die or to stand still.
"""

import mmap
import struct
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from engine.model.intraday import from_micros, to_micros

_SIZE = 4096


class Then(IntEnum):
    """What a process does at the point where a trap is laid."""

    NOTHING = 0
    DIE = 1
    PAUSE = 2


class SharedPage:
    """The page in the file `path`, which is made when it is not there."""

    def __init__(self, path: Path) -> None:
        if not path.exists() or path.stat().st_size < _SIZE:
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)

    def _get(self, place: int) -> int:
        return int(struct.unpack_from("<q", self._map, 8 * place)[0])

    def _set(self, place: int, value: int) -> None:
        struct.pack_into("<q", self._map, 8 * place, value)

    def tell(self, at: datetime) -> int:
        """Say that it is `at`; return the number of this saying."""
        self._set(0, to_micros(at))
        self._set(1, self._get(1) + 1)
        return self._get(1)

    def told(self) -> tuple[int, datetime]:
        """Return the number of the last saying, and what time it was said to be."""
        number = self._get(1)
        return number, from_micros(self._get(0)) if number else datetime.min.replace(tzinfo=UTC)

    def heard(self, number: int) -> None:
        """Say that the saying `number` was taken in, with all that came of it."""
        self._set(2, number)

    def was_heard(self, number: int) -> bool:
        """Was it?"""
        return self._get(2) >= number

    def lay(self, point: int, number: int, then: Then) -> None:
        """Lay a trap: whoever passes `point` for the time `number` from now on does `then`, once."""
        self._set(6, 0)
        self._set(4, number)
        self._set(5, then)
        self._set(3, point)

    def clear(self) -> None:
        """Take the trap away."""
        self._set(3, 0)

    def passes(self, point: int) -> Then:
        """Count that `point` is passed; return what is to be done."""
        if self._get(3) != point:
            return Then.NOTHING
        left = self._get(4) - 1
        self._set(4, left)
        if left > 0:
            return Then.NOTHING
        self._set(3, 0)
        return Then(self._get(5))

    def caught(self, pid: int) -> None:
        """Say that the process `pid` is in the trap."""
        self._set(6, pid)

    def who_was_caught(self) -> int:
        """Return the process that is, or was, in the trap; 0 before that."""
        return self._get(6)
