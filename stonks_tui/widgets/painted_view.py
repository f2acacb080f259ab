"""Painted view: which lines on the screen must be painted anew?

A subclass says what stands on each line; after a change, the lines that differ from what was painted are repainted,
and no others. No scrollbars: one costs a column and, at each move, as many bytes as all the lines.
"""

from abc import abstractmethod
from typing import ClassVar, NamedTuple

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from stonks_tui.view_models.text import Line
from stonks_tui.widgets.styles import palette, strip


class Painted(NamedTuple):
    """What stands on one line of the screen."""

    spans: Line = ()
    is_heading: bool = False
    is_cursor: bool = False


class PaintedView(ScrollView, can_focus=False, inherit_bindings=False):
    """A scroll view whose lines are `Painted`; subclasses give `painted`."""

    ALLOW_SELECT: ClassVar[bool] = False  # a selection repaints everything, and `y` copies a row
    DEFAULT_CSS = """
    PaintedView {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size: 0 0;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._on_screen: dict[int, Painted] = {}

    @abstractmethod
    def painted(self, y: int) -> Painted:
        """Return what stands on line `y` of the screen, counted from the widget's top."""

    def render_line(self, y: int) -> Strip:
        """Return line `y` of the screen."""
        found = self._on_screen[y] = self.painted(y)
        colours, own = palette(self.app), self.rich_style
        if found.is_heading:
            own += colours.heading
        if found.is_cursor:
            own = colours.under_cursor(own, focused=self.has_focus)
        bare = found.is_cursor and self.has_focus
        return strip(found.spans, self.size.width, own=own, moods=colours.moods, bare=bare)

    def repaint_changed(self) -> None:
        """Repaint the lines that differ from what is on the screen."""
        if not self.is_attached:
            return
        for y in range(self.size.height):
            if self._on_screen.get(y) != self.painted(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def hold(self, lines: int) -> None:
        """Make the view `lines` long. Nothing is laid out anew, except where the height follows the content."""
        wanted = Size(1, lines)
        if self.virtual_size == wanted:
            return
        if self.styles.is_auto_height:
            self.virtual_size = wanted
        else:
            self.set_reactive(Widget.virtual_size, wanted)
        self.go_to_line(self.scroll_offset.y)

    def go_to_line(self, top: int) -> None:
        """Scroll so that line `top` of the content is the first one on the screen."""
        if self.is_attached:
            self.scroll_to(y=max(0, min(top, self.max_scroll_y)), animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint what a move changed."""
        if round(old_value) != round(new_value):
            self.repaint_changed()
