"""Lines: a widget that paints lines, and scrolls where there are more than fit."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from stonks_tui.view_models.text import Line, Mood, Span, padded
from stonks_tui.widgets.painted_view import Painted, PaintedView

ABOVE, BELOW = "▲", "▼"
"""Say at the right end of the first and last line that there is more."""


class Lines(PaintedView):
    """Paints lines, cut to its width. One that can have focus scrolls by keys; the wheel scrolls each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_by(1)", "Down", show=False, priority=True),
        Binding("k,up", "scroll_by(-1)", "Up", show=False, priority=True),
        Binding("g,home", "scroll_ends(0)", "Top", show=False, priority=True),
        Binding("G,end", "scroll_ends(1)", "End", show=False, priority=True),
        Binding("pagedown", "scroll_page(1)", "Page down", show=False, priority=True),
        Binding("pageup", "scroll_page(-1)", "Page up", show=False, priority=True),
    ]

    def __init__(
        self,
        lines: Sequence[Line] = (),
        *,
        can_focus: bool = False,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.can_focus = can_focus
        self._lines: tuple[Line, ...] = ()
        self.show(lines)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show `lines`; the place stays, only lines that changed are repainted."""
        self._lines = tuple(lines)
        self.hold(len(self._lines))
        self.repaint_changed()

    def painted(self, y: int) -> Painted:
        """Return the line, with a mark where more lines are above or below."""
        top, (columns, height) = self.scroll_offset.y, self.size
        place = top + y
        spans = self._lines[place] if place < len(self._lines) else ()
        if y == 0 and top > 0:
            spans = _marked(spans, ABOVE, columns)
        elif y == height - 1 and place < len(self._lines) - 1:
            spans = _marked(spans, BELOW, columns)
        return Painted(spans)

    def action_scroll_by(self, count: int) -> None:
        """Scroll by `count` lines."""
        self.go_to_line(self.scroll_offset.y + count)

    def action_scroll_page(self, count: int) -> None:
        """Scroll by `count` screens; one line of the last one stays."""
        self.action_scroll_by(count * max(1, self.size.height - 1))

    def action_scroll_ends(self, end: int) -> None:
        """Go to the first lines (0) or to the last ones (1)."""
        self.go_to_line(self.max_scroll_y if end else 0)


def _marked(spans: Line, mark: str, columns: int) -> Line:
    return (*padded(spans, max(0, columns - 2)), Span(" "), Span(mark, Mood.DIM))
