"""Canvas: lines that depend on the size they are given."""

from collections.abc import Callable, Sequence

from textual import events

from stonks_tui.view_models.text import Line
from stonks_tui.widgets.lines import Lines

Painter = Callable[[int, int], Sequence[Line]]
"""Returns what to show in so many columns and rows."""


class Canvas(Lines):
    """Shows what a painter says, asked again when the size changes. One that can have focus scrolls."""

    def __init__(self, *, can_focus: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(can_focus=can_focus, id=id)
        self._painter: Painter | None = None

    def paint(self, painter: Painter, *, from_top: bool = False) -> None:
        """Show what `painter` says, from now on; `from_top` goes back to the first line."""
        self._painter = painter
        self._repaint()
        if from_top and self.is_attached:
            self.go_to_line(0)

    def on_resize(self, _: events.Resize) -> None:
        """Ask the painter again."""
        self._repaint()

    def _repaint(self) -> None:
        columns, rows = self.size
        if self._painter is not None and columns > 0 and rows > 0:
            self.show(self._painter(columns, rows))
