"""Columns dialog: which columns of a list are wanted?"""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Mood, line
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

_COLUMNS = (Column(key="shown", heading=""), Column(key="name", heading="Column"))


class ColumnsDialog(ModalScreen[None]):
    """The columns of a list; Enter or space hides one or shows it again. The list below follows at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss", show=False, priority=True),
        Binding("space,enter,x", "turn", show=False, priority=True),
    ]

    def __init__(self, columns: tuple[Column, ...], kept: KeptList, changed: Callable[[KeptList], None]) -> None:
        super().__init__()
        self._columns, self._kept, self._changed = columns, kept, changed
        self._table = RowTable(self._view())

    def compose(self) -> ComposeResult:
        """Put the columns into a pane."""
        yield Panel("Columns", self._table, id="dialog")

    def on_mount(self) -> None:
        """Take as much room as the columns need."""
        panel = self.query_one(Panel)
        panel.normal()
        panel.styles.width = 40
        panel.styles.height = len(self._columns) + 3
        panel.border_subtitle = "space shows or hides · Esc closes"
        self._table.focus()

    def action_turn(self) -> None:
        """Hide the column under the cursor, or show it again."""
        key = self._table.row_key
        column = next((column for column in self._columns if column.key == key), None)
        if column is not None and column.priority:
            self._kept = self._kept.turned(column.key)
            self._table.show(self._view())
            self._changed(self._kept)

    def _view(self) -> TableView:
        shown = self._kept.shown(self._columns)
        return TableView(
            columns=_COLUMNS, rows=tuple(_row(c, is_shown=s) for c, s in zip(self._columns, shown, strict=True))
        )


def _row(column: Column, *, is_shown: bool) -> Row:
    always = "" if column.priority else "  always"
    mark = line("[x]" if is_shown else "[ ]")
    return Row(key=column.key, cells=(mark, line(column.heading or column.key, (always, Mood.DIM))))
