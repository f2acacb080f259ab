"""Tail: which lines has a growing file gained since it was last looked at?

Only whole lines are read; what is half-written waits. A file that was cut off, rewritten or replaced is read anew.
Parquet and packed files cannot grow: they are replaced, and read when they are whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.adapters.file_readers import RawFile, is_text, lines_of, open_file
from engine.errors import BadInput, Unavailable

_MARK = 256
"""So many bytes before the place that was reached tell whether the file is still the one that was read."""
_STRAY = 20
"""A quotation mark that was opened and not closed for so many lines was none."""
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """What a file has gained, under the file's header. A row that is said to be in line n of it is in `line(n)`."""

    file: RawFile
    lines_before: int = 0

    def line(self, number: int) -> int:
        """Return where in the file the line `number` of this piece is."""
        return number + self.lines_before


class Tail:
    """One file that grows or is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._status: tuple[int, int, int, int] | None = None
        self._unreadable: tuple[int, int, int, int] | None = None
        self._anew()

    def _anew(self) -> None:
        self._offset, self._lines = 0, 0
        self._header, self._mark = b"", b""

    def gained(self) -> Piece | None:
        """Return what is new, None when there is nothing.

        Raises Unavailable when the file is not there or cannot be read, BadInput when it stays damaged.
        """
        try:
            status = self.path.stat()
            found = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if found == self._status:
                return None
            with self.path.open("rb") as file:
                is_lines = is_text(file.read(4))
                if not is_lines:
                    return self._whole(found)
                if self._status is None or found[:2] != self._status[:2] or not self._is_the_same(file):
                    self._anew()
                file.seek(self._offset)
                piece = self._piece(file.read())
        except FileNotFoundError:
            raise Unavailable(f"there is no file {self.path}") from None
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be read: {error.strerror or error}") from error
        self._status = found
        return piece

    def _is_the_same(self, file: BinaryIO) -> bool:
        file.seek(self._offset - len(self._mark))
        return file.read(len(self._mark)) == self._mark

    def _piece(self, data: bytes) -> Piece | None:
        whole = data[: _whole_lines(data)]
        before = self._lines
        self._offset += len(whole)
        self._lines += whole.count(b"\n")
        self._mark = (self._mark + whole)[-_MARK:]
        if not self._header:
            self._header, whole = _header_and_rest(whole)
            before += self._header.count(b"\n")
        if not whole.strip():
            return None
        lines = self._header.count(b"\n")
        return Piece(file=lines_of(self.path, self._header + whole), lines_before=before - lines)

    def _whole(self, found: tuple[int, int, int, int]) -> Piece | None:
        """Return a file that is not made of lines once all of it is there; what is half-written gets another look."""
        try:
            file = open_file(self.path)
            if file.format == "parquet" and not file.data.endswith(b"PAR1"):
                raise BadInput(f"{self.path} is a Parquet file without an end")
        except BadInput:
            if self._unreadable != found:
                self._unreadable = found
                return None
            self._status = found
            raise
        self._status = found
        self._anew()
        return Piece(file=file)


def files_in(path: Path) -> Iterator[Path]:
    """Yield `path`, or the files of a folder by name: hidden ones, and those that say they are unfinished, are not.

    Raises Unavailable when there is nothing of that name.
    """
    if not path.is_dir():
        yield path
        return
    try:
        names = sorted(path.iterdir())
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror or error}") from error
    yield from (p for p in names if p.is_file() and not p.name.startswith(".") and p.suffix not in _UNFINISHED)


def _whole_lines(data: bytes) -> int:
    """Return up to where `data` consists of whole lines; a line break inside of quotation marks ends none."""
    last = end = data.rfind(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.rfind(b"\n", 0, end - 1) + 1
    return last if data.count(b"\n", end, last) > _STRAY else end


def _header_and_rest(data: bytes) -> tuple[bytes, bytes]:
    """Return the header, blank lines before it included, and what comes after it."""
    begins = len(data) - len(data.lstrip())
    end = data.find(b"\n", begins) + 1
    return (data[:end], data[end:]) if data.strip() else (b"", b"")
