"""Figures: how do key figures stand side by side, each with what must be known to read it?"""

from dataclasses import dataclass
from itertools import zip_longest

from stonks_tui.reports.numbers import plural
from stonks_tui.view_models.text import Line, Mood, Span, cells, clipped, joined, line, padded, width

_GAP = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is called, the number, and what must be known to read it, such as its n."""

    label: str
    number: Line = ()
    note: str = ""


def meaningful(label: str, text: str, n: int, needed: int, word: str) -> Figure:
    """Return the figure with its n, or a dash while n is below what it `needed` to mean anything."""
    if n < needed:
        return Figure(label, line(("–", Mood.DIM)), f"{plural(needed - n, word)} more")
    return Figure(label, line(text), count_of(n))


def count_of(count: int) -> str:
    """Return the note that says of how many a figure is."""
    return f"n {count:,}"


def arranged(found: list[Figure], columns: int, rows: int) -> tuple[Line, ...]:
    """Return the figures in as many columns as are needed and fit."""
    needed = -(-len(found) // rows)
    for across in range(needed, 0, -1):
        blocks = [_block(found[first : first + rows]) for first in range(0, across * rows, rows)]
        lines = [_without_end(joined(texts, " " * _GAP)) for texts in zip_longest(*blocks, fillvalue=())]
        if across == 1 or max(map(width, lines)) <= columns:
            break
    if across == 1:  # a note is there whole or not at all
        lines = [text if width(text) <= columns else _line(f, found, "") for f, text in zip(found, lines, strict=False)]
    return tuple(clipped(text, columns) for text in lines)


def _block(found: list[Figure]) -> list[Line]:
    notes = max(cells(f.note) for f in found)
    return [_line(f, found, f" {f.note.ljust(notes)}") for f in found]


def _line(f: Figure, beside: list[Figure], note: str) -> Line:
    """Return one figure, aligned with those `beside` it."""
    labels = max(cells(other.label) for other in beside)
    numbers = max(width(other.number) for other in beside)
    mood = Mood.DIM if f.number else Mood.STRONG
    return line((f.label.ljust(labels), mood), " ", *padded(f.number, numbers, right=True), (note, Mood.DIM))


def _without_end(text: Line) -> Line:
    """Return the line without the blanks at its end, which take room for nothing."""
    *kept, last = text
    return (*kept, Span(last.text.rstrip(), last.mood))
