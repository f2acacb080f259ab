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


class Piece(NamedTuple):
    """Letters of one look to be written in row `y` from column `x` up to `end`. Of blanks less of the look is seen."""

    y: int
    x: int
    end: int
    text: str
    look: Look
    is_blank: bool


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


def pieces(old: Row | None, new: Row, y: int) -> Iterator[Piece]:
    """Yield what makes of row `y`, which shows `old` (None: nobody knows what), the row `new`.

    They may be written in any order. A row with wide letters, before or after, is written whole.
    """
    letters, looks = new.letters, new.looks
    for start, end in _runs(old, new):
        since, look, is_blank = start, looks[start], True
        for x in range(start, end):
            letter, wanted = letters[x], looks[x]
            if wanted is not look and not (letter == " " and wanted.on_blank == look.on_blank):
                if not (is_blank and wanted.on_blank == look.on_blank):
                    yield Piece(y, since, x, "".join(letters[since:x]), look, is_blank)
                    since, is_blank = x, True
                look = wanted
            is_blank = is_blank and letter == " "
        yield Piece(y, since, end, "".join(letters[since:end]), look, is_blank)


def written(found: Sequence[Piece]) -> str:
    """Return what writes `found`, from a plain look to a plain look: by places or by looks, whichever is shorter.

    A step from one colour to another takes more letters than a step to another place.
    """
    return min(_in_order(found), _in_order(_by_look(found)), key=len)


def _by_look(found: Sequence[Piece]) -> list[Piece]:
    order: dict[Look | str, int] = {}
    for piece in found:
        if not piece.is_blank:
            order.setdefault(piece.look.on_blank, len(order))
            order.setdefault(piece.look, len(order))
    return sorted(found, key=lambda p: order.get(p.look.on_blank if p.is_blank else p.look, len(order)))


def _in_order(found: Sequence[Piece]) -> str:
    into: list[str] = []
    at_x, at_y, pen = -1, -1, PLAIN
    for y, x, end, text, look, is_blank in found:
        if at_y == y and at_x < x:
            into.append(f"\x1b[{x - at_x}C" if x - at_x > 1 else "\x1b[C")
        elif (at_x, at_y) != (x, y):
            into.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        if pen is not look and not (is_blank and pen.on_blank == look.on_blank):
            into.append(change(pen, look))
            pen = look
        into.append(text)
        at_x, at_y = end, y
    into.append(change(pen, PLAIN))
    return "".join(into)


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
        elif x > end and (x - end > _STEP or any(look is not new.looks[end - 1] for look in new.looks[end:x])):
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
