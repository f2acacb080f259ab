"""Styles: how does a mood look in the theme that the app wears now?"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color, ColorParseError
from textual.strip import Strip

from stonks_tui.view_models.text import Line, Mood, cells, clipped

STANDS_OUT = 64
"""From this difference of one of red, green, blue (0-255) on, two backgrounds are told apart at a glance."""

_BLURRED = 0.2
"""How much of the cursor's colour is left without focus; its difference (at most 51) then never stands out."""

_VARIABLES = ("text-success", "text-error", "text-warning", "text-accent")
_CURSOR = ("block-cursor-background", "block-cursor-foreground")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Palette:
    """One theme's styles. `moods` and `heading` are laid over a widget's own style; `cursor` is None in ANSI themes."""

    moods: Mapping[Mood, Style]
    heading: Style
    cursor: tuple[Color, Color] | None

    def under_cursor(self, own: Style, *, focused: bool) -> Style:
        """Return what the cursor's line has in place of the widget's `own` style."""
        return _cursor_style(self.cursor, own, focused)


def palette(app: App[Any]) -> Palette:
    """Return the palette of the theme that `app` wears."""
    known = app.theme_variables
    return _palette(tuple(known.get(name, "") for name in (*_VARIABLES, *_CURSOR)))


def stands_out(one: Color, other: Color) -> bool:
    """Are two backgrounds told apart at a glance? Different ANSI colours are; what they look like is not known."""
    if one.ansi is not None or other.ansi is not None:
        return one.ansi != other.ansi
    return max(abs(a - b) for a, b in zip(one.rgb, other.rgb, strict=True)) >= STANDS_OUT


def strip(spans: Line, columns: int, *, own: Style, moods: Mapping[Mood, Style], bare: bool = False) -> Strip:
    """Return `spans` as a strip of `columns` in the widget's `own` style; `bare` leaves moods without their colours.

    Neighbours of one style become one segment, and blanks take the style before them: both save bytes.
    """
    segments: list[Segment] = []
    pieces: list[str] = []
    last, taken = own, 0
    for text, mood in clipped(spans, columns):
        style = _over(own, moods[mood], bare)
        if text.isspace() and not last.reverse and mood is not Mood.REVERSED:
            style = last
        if style != last and pieces:
            segments.append(Segment("".join(pieces), last))
            pieces.clear()
        last = style
        pieces.append(text)
        taken += cells(text)
    if taken < columns and last.reverse == own.reverse:
        pieces.append(" " * (columns - taken))
    elif taken < columns:
        return Strip([*segments, Segment("".join(pieces), last), Segment(" " * (columns - taken), own)], columns)
    return Strip([*segments, Segment("".join(pieces), last)] if pieces else segments, columns)


@lru_cache(16)
def _palette(found: tuple[str, ...]) -> Palette:
    gain, loss, warn, accent = (
        Style(color=colour.rich_color) if colour else Style() for colour in map(_colour, found[:4])
    )
    moods = {
        Mood.PLAIN: Style(),
        Mood.DIM: Style(dim=True),
        Mood.STRONG: Style(bold=True),
        Mood.ACCENT: accent,
        Mood.GAIN: gain,
        Mood.LOSS: loss,
        Mood.WARN: warn,
        Mood.KEY: accent + Style(bold=True),
        Mood.REVERSED: Style(reverse=True),
    }
    background, foreground = map(_colour, found[4:])
    cursor = None
    if background is not None and background.ansi is None and background.a:
        cursor = (background, background + (foreground or background.get_contrast_text(0.87)))
    return Palette(moods=moods, heading=Style(bold=True), cursor=cursor)


def _colour(value: str) -> Color | None:
    """Return a theme's colour; None for those that depend on what is under them, as `auto 87%`."""
    try:
        return Color.parse(value)
    except ColorParseError:
        return None


@lru_cache(1024)
def _over(own: Style, mood: Style, bare: bool) -> Style:
    return own + (mood.without_color if bare else mood)


@lru_cache(64)
def _cursor_style(cursor: tuple[Color, Color] | None, own: Style, focused: bool) -> Style:
    under = Color.from_rich_color(own.bgcolor) if own.bgcolor is not None else None
    if cursor is None or under is None or under.ansi is not None:
        return own + Style(reverse=True) if focused else own + Style(bold=True)
    background, foreground = cursor
    if not focused:
        return own + Style(bgcolor=under.blend(background, _BLURRED).rich_color)
    if not stands_out(background, under):
        return own + Style(reverse=True)
    return own + Style(color=foreground.rich_color, bgcolor=background.rich_color)
