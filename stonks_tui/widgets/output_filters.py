"""Output filters: how are colours and letters taken away that a terminal must not get?

They work on what is painted already, so borders, dialogs and widgets of others go through them too. Textual applies
`App._filters`, a private name; tests/tui/test_output_filters.py fails when it goes.
"""

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from stonks_tui.widgets.letters import UNKNOWN, as_ascii
from stonks_tui.widgets.styles import stands_out

_TRACK = frozenset({"scroll_up", "scroll_down", "scroll_left", "scroll_right"})
"""What a click on a scrollbar does beside its grip. The grip is reversed: were the track too, it would be gone."""


class NoColour(LineFilter):
    """Takes all colours away; bold, dim, underline and reverse stay.

    What had a background that stands out from its widget's is reversed: a cursor's line, a marked title, a chosen tab.
    Slight tints, as that of a cursor without focus, go. A line's colour alone says nothing any more: what has focus
    needs another border (heavy) or a reversed title.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` without colours."""
        return [Segment(text, None if style is None else _bare(style, background)) for text, style, _ in segments]


class Ascii(LineFilter):
    """Writes ASCII only, each letter as wide as the one it stands for."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """Return `segments` in ASCII."""
        return [s if s.text.isascii() else Segment(_fitted(s.text), s.style) for s in segments]


def install(app: App[Any], *, colour: bool, ascii_only: bool) -> None:
    """Make all that `app` paints from now on go through the filters asked for; without colours Textual's own go."""
    filters: list[LineFilter] = [f for f in app._filters if not isinstance(f, NoColour | Ascii)] if colour else []
    if not colour:
        filters.append(NoColour())
    if ascii_only:
        filters.append(Ascii())
    app._filters[:] = filters


@lru_cache(4096)
def _bare(style: Style, background: Color) -> Style:
    found = style.without_color
    if style.meta:  # says what a click does there
        found += Style.from_meta(style.meta)
    if style.bgcolor is None or style.reverse or _action(style) in _TRACK:
        return found
    own = Color.from_rich_color(style.bgcolor)
    return found + Style(reverse=True) if stands_out(own, background) else found


def _action(style: Style) -> Hashable:
    return style.meta.get("@mouse.down") if style.meta else None


@lru_cache(4096)
def _fitted(text: str) -> str:
    found, columns = as_ascii(text), cell_len(text)
    return found[:columns] + UNKNOWN * (columns - len(found))
