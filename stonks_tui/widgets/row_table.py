"""Row table: a long list with a cursor, its heading always in sight."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from stonks_tui.view_models.column_widths import WidestCells
from stonks_tui.view_models.row_window import RowWindow
from stonks_tui.view_models.tables import Row, TableLayout, TableView
from stonks_tui.view_models.text import Line, Mood, Span, cells, line, wrapped
from stonks_tui.widgets.painted_view import Painted, PaintedView

CURSOR = "› "
"""Stands before the chosen row, with focus or without."""
_INDENT = "  "


class RowTable(PaintedView, can_focus=True):
    """Paints a `TableView`; the cursor follows its row, not its place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, priority=True),
        Binding("k,up", "move(-1)", "Up", show=False, priority=True),
        Binding("g,home", "move_to(0)", "First", show=False, priority=True),
        Binding("G,end", "move_to(-1)", "Last", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("enter", "open", "Open", show=False, priority=True),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor came to another row; None when the list became empty."""

        table: "RowTable"
        key: str | None

        @property
        def control(self) -> "RowTable":
            """The table, for `@on(RowTable.Highlighted, "#id")`."""
            return self.table

    @dataclass
    class Opened(Message):
        """A row was opened, by enter or a double click."""

        table: "RowTable"
        key: str

        @property
        def control(self) -> "RowTable":
            """The table."""
            return self.table

    @dataclass
    class NearEnd(Message):
        """The end is less than a screen away and the database has more: `show_more` is awaited."""

        table: "RowTable"

        @property
        def control(self) -> "RowTable":
            """The table."""
            return self.table

    def __init__(self, view: TableView | None = None, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._view = view or TableView(columns=())
        self._places: dict[str, int] = {}
        self._cursor = 0
        self._told: str | None = None
        self._asked_at = -1
        self._widest = WidestCells(())
        self._laid_out: tuple[int, TableLayout] | None = None
        if view is not None:
            self.show(view, keep=False)

    @property
    def view(self) -> TableView:
        """What is shown, with the pages added since."""
        return self._view

    @property
    def row_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._view.rows[self._cursor].key if self._view.rows else None

    @property
    def position(self) -> tuple[int, int]:
        """The cursor's row, counted from 1, of how many rows; (0, 0) without rows."""
        return (self._cursor + 1, len(self._view.rows)) if self._view.rows else (0, 0)

    def show(self, view: TableView, *, keep: bool = True) -> None:
        """Show `view`; with `keep` the cursor stays on its row and the rows on the screen on their lines."""
        keep = keep and bool(self._view.rows)
        old, window = self._view.rows, self._window()
        if not keep or view.columns != self._view.columns:
            self._widest = WidestCells(view.columns)
        if not keep:
            self._asked_at = -1
        self._view = view
        self._places = {row.key: place for place, row in enumerate(view.rows)}
        self._widest.add(view.rows)
        self._laid_out = None
        self._go(window.carried(old, self._places, height=self._page) if keep else RowWindow())

    def show_newest(self, view: TableView) -> None:
        """Show `view`, whose first row is the newest: the cursor goes there as long as nobody has the keys here."""
        self.show(view)
        if not self.has_focus:
            self.action_move_to(0)

    def show_more(self, rows: Sequence[Row], has_more: bool) -> None:
        """Add a page at the end; rows that are there already are left out."""
        start = len(self._view.rows)
        new = {row.key: row for row in rows if row.key not in self._places}
        self._view = replace(self._view, rows=(*self._view.rows, *new.values()), has_more=has_more)
        self._places |= {key: start + place for place, key in enumerate(new)}
        self._widest.add(tuple(new.values()))
        self._laid_out = None
        self._go(self._window())

    def go_to(self, key: str) -> bool:
        """Put the cursor on the row with `key`; False when there is none here."""
        place = self._places.get(key)
        if place is not None:
            self.action_move_to(place)
        return place is not None

    def painted(self, y: int) -> Painted:
        """Return the heading, a row, or what an empty list says."""
        if y == 0:
            return Painted((Span(_INDENT), *self._layout_now.heading(self._view)), is_heading=True)
        if not self._view.rows:
            return Painted(self._empty(y))
        place = self.scroll_offset.y + y - 1
        if place >= len(self._view.rows):
            return Painted()
        is_cursor = place == self._cursor
        mark = Span(CURSOR if is_cursor else _INDENT, Mood.STRONG if is_cursor else Mood.PLAIN)
        return Painted((mark, *self._layout_now.row(self._view, self._view.rows[place])), is_cursor=is_cursor)

    def action_move(self, count: int) -> None:
        """Move the cursor by `count` rows."""
        self.action_move_to(max(0, self._cursor + count))

    def action_move_to(self, place: int) -> None:
        """Move the cursor to `place`; a negative one counts from the end."""
        count = len(self._view.rows)
        wanted = place if place >= 0 else count + place
        self._go(self._window().at(wanted, count=count, height=self._page))

    def action_page(self, count: int) -> None:
        """Move the cursor by `count` screens."""
        self.action_move(count * self._page)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.row_key is not None:
            self.post_message(self.Opened(self, self.row_key))

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked; open it at the second click."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y == 0:
            return
        place = self.scroll_offset.y + offset.y - 1
        if place < len(self._view.rows):
            self.action_move_to(place)
            if event.chain > 1:
                self.action_open()

    def on_mount(self) -> None:
        """Say where the cursor is in rows that were there before the table was."""
        self._go(self._window())

    def on_resize(self) -> None:
        """Keep the cursor in sight; which columns fit is found when they are painted."""
        self.action_move_to(self._cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint what a move changed; the wheel too may come near the end."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more()

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def _window(self) -> RowWindow:
        return RowWindow(cursor=self._cursor, top=self.scroll_offset.y)

    @property
    def _layout_now(self) -> TableLayout:
        columns = max(1, self.size.width - cells(_INDENT))
        if self._laid_out is None or self._laid_out[0] != columns:
            self._laid_out = (columns, self._widest.layout(columns))
        return self._laid_out[1]

    def _go(self, window: RowWindow) -> None:
        """Show `window` and tell who listens what became of it."""
        self._cursor = window.cursor
        self.hold(len(self._view.rows) + 1)
        if not self.is_attached:
            return
        self.go_to_line(window.top)
        self.repaint_changed()
        if self._told != self.row_key:
            self._told = self.row_key
            self.post_message(self.Highlighted(self, self._told))
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        count = len(self._view.rows)
        if not self._view.has_more or self._asked_at == count or not self.size.height:
            return
        if max(self._cursor, self.scroll_offset.y + self._page - 1) + self._page >= count:
            self._asked_at = count
            self.post_message(self.NearEnd(self))

    def _empty(self, y: int) -> Line:
        columns = self.size.width
        texts = [part for text in self._view.empty for part in wrapped(text, columns - 4)]
        place = y - (2 if self.size.height > len(texts) + 1 else 1)
        if not 0 <= place < len(texts):
            return ()
        return line(" " * ((columns - cells(texts[place])) // 2), (texts[place], Mood.DIM))
