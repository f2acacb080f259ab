"""List screen: what do screens with a long list have in common? Filter, order, copying, exporting."""

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask, Export, KeepList, Say
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models.commands import Command
from stonks_tui.view_models.exports import csv_text
from stonks_tui.view_models.sorting import Order
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

CURSOR_RESTS = 0.04
"""Seconds that the cursor rests on a row before its detail is read: of rows that it only passes none is."""


Kept = Callable[[str], tuple[str, str]]
"""Returns the filter and the column of the order with which a list was left."""


class ListScreen(RunScreen):
    """A screen whose pane `#list` holds a table. Sub-classes say what is in it."""

    NAME: ClassVar[str] = ""

    wanted: str = ""
    order: Order = Order()

    def __init__(self, feed: Feed, ask: Ask, *, kept: Kept) -> None:
        super().__init__(feed, ask)
        self.kept = kept
        self.recall_list()  # not when it is mounted: who leads here may have asked for another filter by then

    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of the list."""

    def list_name(self) -> str:
        """Return the name under which filter and order are kept."""
        return self.NAME

    @abstractmethod
    def view(self) -> TableView:
        """Return the rows that fit, in order."""

    @abstractmethod
    def heading(self, view: TableView) -> str:
        """Return the title over the list."""

    def row_chosen(self, key: str | None) -> None:
        """The cursor went to another row."""

    def table(self) -> RowTable:
        """Return the list."""
        return self.query_one("#list RowTable", RowTable)

    def has_row(self) -> bool:
        """Is there a row under the cursor?"""
        return self.is_mounted and self.table().row_key is not None

    def refill(self) -> None:
        """Show the rows anew; the cursor stays on its row."""
        view = self.view()
        panel = self.query_one("#list", Panel)
        before = self.table().row_key
        note = " · ".join(filter(None, (f"/{self.wanted}" if self.wanted else "", self.order.words(view.columns))))
        panel.entitle(self.heading(view), note)
        if view.rows:
            panel.normal()
        else:
            panel.empty(view.empty)
        self.table().show(view)
        if self.table().row_key == before or not view.rows:
            self.row_chosen(self.table().row_key)
        self.frame_changed()

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """The cursor is on another row."""
        self.row_chosen(event.key)

    def on_row_table_opened(self, _: RowTable.Opened) -> None:
        """Enter: go to the detail."""
        self.turn_to(self.panels()[1])

    def do_filter(self) -> None:
        """/: type what is wanted."""
        self.prompt("/", self.wanted, self.filtered)

    def do_sort(self) -> None:
        """s: order by the next column."""
        self.order = self.order.next(self.columns())
        self._keep()
        self.refill()

    def do_back(self) -> None:
        """Esc: out of the filter, then as everywhere."""
        if self.wanted and not self.has_class("-zoomed") and self.turned() is self.panels()[0]:
            self.filtered("")
        else:
            super().do_back()

    def filtered(self, text: str) -> None:
        """Show only what fits `text`."""
        self.wanted = text
        self._keep()
        if self.scope is not None and self.scope.days:
            self.refill()

    def recall_list(self) -> None:
        """Take the filter and the order that were kept for the list."""
        self.wanted, column = self.kept(self.list_name())
        self.order = Order(column)

    def do_copy(self) -> None:
        """y: the row under the cursor, as text."""
        view, key = self.table().view, self.table().row_key
        row = next((row for row in view.rows if row.key == key), None) if view.rows else None
        if row is not None:
            self.app.copy_to_clipboard("\t".join(plain(cell) for cell in row.cells))
            self.ask(Say(words="the row is copied"))

    def do_export(self) -> None:
        """e: the rows of the list, as a file."""
        view = self.table().view
        self.ask(Export(name=self.list_name(), text=csv_text(view), rows=len(view.rows)))

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name in {"copy", "export"} and not self.has_row():
            return "the list is empty"
        if command.name == "sort" and (self.scope is None or not self.scope.days):
            return "there is nothing to sort"
        return super().refusal(command)

    def _keep(self) -> None:
        self.ask(KeepList(name=self.list_name(), wanted=self.wanted, order=self.order.column))
