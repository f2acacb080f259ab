"""Whole strips: what becomes of a line of the screen that was cut to all of itself?

Textual keeps what it has cut in the strip that was cut. Where that is the strip itself it refers to itself, and only
the garbage collector frees it: half of all that it has to look through while keys are pressed, and while it looks an
engine in the same program stands still. Here a strip that is wanted whole is given, and not kept. It replaces
`Strip.divide` and `Strip.crop_extend`; tests/tui/test_whole_strips.py fails when they are not what they were.
"""

from collections.abc import Iterable, Sequence

from rich.style import Style
from textual.strip import Strip

_divide, _crop_extend = Strip.divide, Strip.crop_extend


def install() -> None:
    """Have whole strips not kept, from now on, in this process."""
    Strip.divide = divide  # type: ignore[assignment, method-assign]
    Strip.crop_extend = crop_extend  # type: ignore[assignment, method-assign]


def divide(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    """See `Strip.divide`."""
    inside = [cut for cut in cuts if cut <= strip.cell_length]
    return [strip] if inside == [strip.cell_length] else _divide(strip, inside)


def crop_extend(strip: Strip, start: int, end: int, style: Style | None) -> Strip:
    """See `Strip.crop_extend`."""
    return strip if (start, end) == (0, strip.cell_length) else _crop_extend(strip, start, end, style)
