"""List panel: a pane with a list in it, and above the list the filters that somebody keeps."""

from collections.abc import Callable

from textual.app import ComposeResult

from stonks_tui.view_models.text import Line
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable


class ListPanel(Panel):
    """A pane with a `RowTable`. The line above it is there only when there is something in it."""

    DEFAULT_CSS = """
    ListPanel > .list--above {
        display: none;
        height: 1;
    }
    ListPanel.-with-tabs > .list--above {
        display: block;
    }
    """

    def __init__(self, title: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(title, RowTable(), id=id)
        self._above = Canvas()
        self._above.add_class("list--above")

    def compose(self) -> ComposeResult:
        """Put the line above the list."""
        yield self._above
        yield from super().compose()

    def say_above(self, words: Callable[[int], Line] | None) -> None:
        """Show the line above the list, made for so many columns; None takes it away."""
        self.set_class(words is not None, "-with-tabs")
        if words is not None:
            self._above.paint(lambda columns, _: [words(columns)])
