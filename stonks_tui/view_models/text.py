"""Text: what is a line on the screen, before it has colours?

A line is spans of text, each with a mood. Themes give moods their colours; nothing is said by the mood alone.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple
from unicodedata import combining, east_asian_width


class Mood(StrEnum):
    """What a span of text feels like."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    ACCENT = "accent"
    GAIN = "gain"
    LOSS = "loss"
    WARN = "warn"
    KEY = "key"
    REVERSED = "reversed"


class Span(NamedTuple):
    """A piece of one line."""

    text: str
    mood: Mood = Mood.PLAIN


Line = tuple[Span, ...]
"""One line: its spans from left to right."""

ELLIPSIS = "…"


def line(*parts: "str | Span | tuple[str, Mood]") -> Line:
    """Return a line of `parts`; a bare string has no mood."""
    return tuple(Span(part) if isinstance(part, str) else Span(*part) for part in parts if part)


def plain(spans: Line) -> str:
    """Return the line without its moods."""
    return "".join(span.text for span in spans)


def cells(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def width(spans: Line) -> int:
    """Return how many columns the line takes."""
    return sum(cells(span.text) for span in spans)


def clipped(spans: Line, columns: int) -> Line:
    """Return the line, at most `columns` wide; what was cut away is said by an ellipsis."""
    if width(spans) <= columns:
        return spans
    kept: list[Span] = []
    room = columns - 1
    for span in spans:
        text = _fitting(span.text, room)
        if text:
            kept.append(Span(text, span.mood))
        room -= cells(text)
        if text != span.text:
            break
    return (*kept, Span(ELLIPSIS, Mood.DIM)) if columns > 0 else ()


def padded(spans: Line, columns: int, *, right: bool = False) -> Line:
    """Return the line exactly `columns` wide: clipped, or filled with blanks on one side."""
    fitted = clipped(spans, columns)
    blanks = Span(" " * (columns - width(fitted)))
    if not blanks.text:
        return fitted
    return (blanks, *fitted) if right else (*fitted, blanks)


def joined(lines: Iterable[Line], separator: "str | Span" = "  ") -> Line:
    """Return `lines` one after another, `separator` between them."""
    between = separator if isinstance(separator, Span) else Span(separator)
    found: list[Span] = []
    for spans in lines:
        if found:
            found.append(between)
        found += spans
    return tuple(found)


def ends(left: Line, right: Line, columns: int) -> Line:
    """Return one line with `left` and `right` at its ends; where both do not fit, the left one is cut."""
    room = columns - width(right)
    if room < 1:
        return clipped(left, columns)
    return (*padded(left, room), *right)


def wrapped(text: str, columns: int, *, indent: str = "") -> list[str]:
    """Return `text` as lines of at most `columns`, broken between words; all but the first are indented."""
    import textwrap

    return textwrap.wrap(text, max(columns, 8), subsequent_indent=indent) or [""]


def texts(lines: Sequence[Line]) -> list[str]:
    """Return `lines` without moods, blanks at the end removed."""
    return [plain(spans).rstrip() for spans in lines]


def _fitting(text: str, columns: int) -> str:
    """Return as much of the start of `text` as fits."""
    if cells(text) <= columns:
        return text
    taken = 0
    for place, letter in enumerate(text):
        taken += cells(letter)
        if taken > columns:
            return text[:place]
    return text
