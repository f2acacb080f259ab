"""Frames: which letter stands in which cell of the app's screen, and in which colours?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.color import Color, blend_rgb
from rich.segment import Segment
from rich.style import Style
from textual.app import App

INK, GROUND = "#d5d9e5", "#14161b"
"""What a terminal shows where nothing is said of colours: those of the theme dark."""
_DIMMED = 0.4
"""How far a dim letter is on its way to the colour behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a letter looks. Colours are `#rrggbb`, as they are seen: reversed and dimmed already."""

    ink: str = INK
    ground: str = GROUND
    is_bold: bool = False
    is_italic: bool = False
    is_underlined: bool = False


Cell = tuple[str, Look]
Row = tuple[Cell, ...]
Frame = tuple[Row, ...]
"""Rows from the top, each with as many cells as the terminal has columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Letters of one look beside each other, the first in column `at`."""

    at: int
    text: str
    look: Look


def of_app(app: App[Any]) -> Frame:
    """Return what `app` shows."""
    return tuple(tuple(_cells(strip)) for strip in app.screen._compositor.render_strips())


def words(frame: Frame) -> list[str]:
    """Return the lines of `frame`, blanks at the end removed."""
    return ["".join(letter for letter, _ in row).rstrip() for row in frame]


def pieces(row: Iterable[Cell], at: int = 0) -> Iterator[Piece]:
    """Yield the pieces of `row`, which begins in column `at`."""
    for look, cells in groupby(row, key=lambda cell: cell[1]):
        text = "".join(letter for letter, _ in cells)
        yield Piece(at=at, text=text, look=look)
        at += len(text)


def _cells(segments: Iterable[Segment]) -> Iterator[Cell]:
    for text, style, _ in segments:
        look = _look(style or Style.null())
        yield from ((letter, look) for letter in text)


def _look(style: Style) -> Look:
    ink, ground = _hex(style.color, INK), _hex(style.bgcolor, GROUND)
    if style.reverse:
        ink, ground = ground, ink
    if style.dim:
        ink = blend_rgb(_rgb(ink), _rgb(ground), _DIMMED).hex
    return Look(
        ink=ink,
        ground=ground,
        is_bold=bool(style.bold),
        is_italic=bool(style.italic),
        is_underlined=bool(style.underline),
    )


def _hex(color: Color | None, otherwise: str) -> str:
    return otherwise if color is None or color.is_default else color.get_truecolor().hex


def _rgb(text: str) -> Any:
    return Color.parse(text).get_truecolor()
