"""Cells: what stands in each cell of a screen, and what must be written to make one row of another?"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from stonks_tui.output.looks import PLAIN, Look, change

_STEP = 5
"""So many letters a step to the right costs at most; as many that stand between are rather written again."""


class Row:
    """One row of cells: letters, and looks. A letter over two columns is followed by an empty one."""

    __slots__ = ("letters", "looks")

    def __init__(self, columns: int) -> None:
        self.letters = [" "] * columns
        self.looks: list[Look] = [PLAIN] * columns

    def put(self, x: int, text: str, look: Look) -> int:
        """Put `text` at column `x`; return the column after it."""
        pieces: Sequence[str] = text if text.isascii() else pieces_of(text)
        end, columns = x + len(pieces), len(self.letters)
        if x >= columns:
            return end
        if end > columns:
            pieces = pieces[: columns - x]
        until = min(end, columns)
        self._cut(x)
        if until < columns:
            self._cut(until)
        self.letters[x:until] = pieces
        self.looks[x:until] = [look] * (until - x)
        return end

    def _cut(self, x: int) -> None:
        """Blank the letter that goes over the left edge of column `x`: nobody can write half of it."""
        letters = self.letters
        if letters[x]:
            return
        start, end = x, x
        while start > 0 and not letters[start]:
            start -= 1
        while end < len(letters) and not letters[end]:
            end += 1
        letters[start:end] = [" "] * (end - start)

    def copy(self) -> "Row":
        """Return one like this."""
        found = Row(0)
        found.letters, found.looks = self.letters[:], self.looks[:]
        return found

    def is_as(self, other: "Row") -> bool:
        """Does it look like `other`?"""
        return self.letters == other.letters and self.looks == other.looks

    def is_simple(self) -> bool:
        """Is each letter one column wide?"""
        return "" not in self.letters and len("".join(self.letters)) == len(self.letters)


class Place(NamedTuple):
    """Where the terminal's cursor is, and the look it writes in. `x` is past the end when it is not known."""

    x: int
    y: int
    look: Look


@lru_cache(4096)
def pieces_of(text: str) -> Sequence[str]:
    """Return `text` by columns: a wide letter is followed by an empty piece, what has no width goes with the last."""
    widths = [cell_len(letter) for letter in text]
    if all(width == 1 for width in widths):
        return text
    if sum(widths) != cell_len(text):  # several letters that are drawn as one
        return [text, *[""] * (cell_len(text) - 1)]
    pieces: list[str] = []
    for letter, width in zip(text, widths, strict=True):
        if width:
            pieces += [letter, *[""] * (width - 1)]
        elif pieces:
            place = max(n for n, piece in enumerate(pieces) if piece)
            pieces[place] += letter
    return pieces


def write(old: Row | None, new: Row, y: int, place: Place, into: list[str]) -> Place:
    """Add to `into` what makes of row `y`, which shows `old` (None: nobody knows what), the row `new`.

    Returns where that leaves the cursor. A row with wide letters, before or after, is written whole.
    """
    for start, end in _runs(old, new):
        if place.y == y and start > place.x:
            into.append(f"\x1b[{start - place.x}C" if start - place.x > 1 else "\x1b[C")
        elif (place.x, place.y) != (start, y):
            into.append(f"\x1b[{y + 1};{start + 1}H" if start else f"\x1b[{y + 1}H")
        look = _write_run(new, start, end, place.look, into)
        place = Place(end if end < len(new.letters) else 1 << 16, y, look)
    return place


def _write_run(row: Row, start: int, end: int, look: Look, into: list[str]) -> Look:
    letters, looks = row.letters, row.looks
    since = start
    for x in range(start, end):
        wanted = looks[x]
        if wanted is look or (letters[x] == " " and wanted.on_blank == look.on_blank):
            continue
        into.append("".join(letters[since:x]))
        into.append(change(look, wanted))
        since, look = x, wanted
    into.append("".join(letters[since:end]))
    return look


def _runs(old: Row | None, new: Row) -> Iterator[tuple[int, int]]:
    """Yield from where to where is to be written; small gaps are written too."""
    columns = len(new.letters)
    if old is None or not (new.is_simple() and old.is_simple()):
        yield 0, columns
        return
    start = end = -1
    for x in _changed(old, new):
        if start < 0:
            start = x
        elif x - end > _STEP or any(look is not new.looks[end - 1] for look in new.looks[end:x]):
            yield start, end
            start = x
        end = x + 1
    if start >= 0:
        yield start, end


def _changed(old: Row, new: Row) -> Iterator[int]:
    were, looked = old.letters, old.looks
    for x, (letter, look) in enumerate(zip(new.letters, new.looks, strict=True)):
        if letter == were[x] and (look is looked[x] or (letter == " " and look.on_blank == looked[x].on_blank)):
            continue
        yield x
