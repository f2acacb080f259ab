"""List screen: what do screens with a long list have in common? Filter, tabs, order, columns, copying, exporting."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask, Export, KeepList, Outcome, Say
from stonks_tui.screens.columns_dialog import ColumnsDialog
from stonks_tui.screens.run_screen import RunScreen, bindings_of
from stonks_tui.view_models import filter_tabs
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.exports import csv_text
from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.sorting import Order
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.prompt import Prompt
from stonks_tui.widgets.row_table import RowTable

CURSOR_RESTS = 0.04
"""Seconds that the cursor rests on a row before its detail is read: of rows that it only passes none is."""
_FILTER = "/"
_BLANKS = " ↑↓"
"""What is not copied at the ends of a cell: a mark is of the moment."""
_ON_ROWS = frozenset({"copy", "export"})
_OF_ROWS = frozenset({"sort", "columns", "next_match", "previous_match", "keep_tab"})


Kept = Callable[[str], KeptList]
"""Returns how a list was left."""


def list_bindings(screen: str) -> list[BindingType]:
    """Return the bindings of a screen with a list: while a filter is typed, Tab completes its last word."""
    return [Binding("tab", "complete", show=False, priority=True), *bindings_of(screen)]


class ListScreen(RunScreen):
    """A screen whose pane `#list` holds a table. Sub-classes say what is in it."""

    NAME: ClassVar[str] = ""

    def __init__(self, feed: Feed, ask: Ask, *, kept: Kept) -> None:
        super().__init__(feed, ask)
        self.kept = kept
        self.left = KeptList()
        self.sought = ""
        self.counts: Mapping[str, int] = {}
        self.recall_list()  # not when it is mounted: who leads here may have asked for another filter by then

    @property
    def wanted(self) -> str:
        """The filter, as it was typed."""
        return self.left.wanted

    @wanted.setter
    def wanted(self, text: str) -> None:
        self.left = replace(self.left, wanted=text)
        self.sought = text or self.sought

    @property
    def order(self) -> Order:
        """The order of the rows."""
        return Order(self.left.order)

    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of the list, those that are hidden too."""

    def list_name(self) -> str:
        """Return the name under which the list's state is kept."""
        return self.NAME

    @abstractmethod
    def view(self) -> TableView:
        """Return the rows that fit, in order, with all columns."""

    @abstractmethod
    def heading(self, view: TableView) -> str:
        """Return the title over the list."""

    @abstractmethod
    def find_match(self, step: int) -> None:
        """Go to the next row (1), or the one before (-1), that fits what was last sought."""

    def row_chosen(self, key: str | None) -> None:
        """The cursor went to another row."""

    def completed(self, text: str) -> str:
        """Return the filter `text` with its last word completed as far as that is clear."""
        return text

    def list_panel(self) -> ListPanel:
        """Return the pane of the list."""
        return self.query_one("#list", ListPanel)

    def table(self) -> RowTable:
        """Return the list."""
        return self.query_one("#list RowTable", RowTable)

    def has_list(self) -> bool:
        """Is there something that a list could be of?"""
        return self.scope is not None and bool(self.scope.days)

    def has_row(self) -> bool:
        """Is there a row under the cursor?"""
        return self.is_mounted and self.table().row_key is not None

    # What is shown

    def refill(self) -> None:
        """Show the rows anew; the cursor stays on its row."""
        view = self.view()
        before = self.table().row_key
        self.entitle(view)
        if view.rows:
            self.list_panel().normal()
        else:
            self.list_panel().empty(view.empty)
        self.table().show(view.only(self.left.shown(view.columns)))
        if self.table().row_key == before or not view.rows:
            self.row_chosen(self.table().row_key)
        self.show_tabs()
        self.frame_changed()

    def entitle(self, view: TableView) -> None:
        """Put the title over the list: how many rows, by which filter, in which order."""
        note = " · ".join(filter(None, (f"/{self.wanted}" if self.wanted else "", self.order.words(view.columns))))
        self.list_panel().entitle(self.heading(view), note)

    def show_tabs(self) -> None:
        """Show the filters that are kept, if any are."""
        left, counts = self.left, self.counts
        bar = partial(filter_tabs.bar, left.tabs, left.wanted, counts)
        self.list_panel().say_above(bar if left.tabs else None)

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """The cursor is on another row."""
        if event.table is self.table():
            self.row_chosen(event.key)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Enter: go to the detail."""
        if event.table is self.table():
            self.turn_to(self.panels()[1])

    # Filter and tabs

    def do_filter(self) -> None:
        """/: type what is wanted."""
        self.prompt(_FILTER, self.wanted, self.filtered)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `RunScreen`: words are completed while a filter is typed."""
        if action == "complete":
            return isinstance(self.focused, Prompt) and self.focused.value.startswith(_FILTER)
        return super().check_action(action, parameters)

    async def action_complete(self) -> None:
        """Tab, while a filter is typed; the letters before it may still be on their way."""
        prompt, arrived = self.query_one(Prompt), asyncio.Event()
        prompt.call_later(arrived.set)
        await arrived.wait()
        prompt.value = _FILTER + self.completed(prompt.value.removeprefix(_FILTER))
        prompt.cursor_position = len(prompt.value)

    def filtered(self, text: str) -> None:
        """Show only what fits `text`."""
        self.wanted = text
        self.keep()
        if self.has_list():
            self.refill()

    def do_keep_tab(self) -> None:
        """v: keep the filter as a tab."""
        if not self.wanted:
            self.ask(Say(words="there is no filter to keep; / types one", severity="warning"))
            return
        self.left = self.left.with_tab(self.wanted)
        self._tabs_changed()

    def do_drop_tab(self) -> None:
        """V: let the tab of this filter go."""
        if self.wanted not in self.left.tabs:
            self.ask(Say(words="this filter is not kept; ( and ) go through those that are", severity="warning"))
            return
        self.left = self.left.without_tab(self.wanted)
        self._tabs_changed()

    def do_next_tab(self) -> None:
        """)"""
        self._turn_tab(1)

    def do_previous_tab(self) -> None:
        """("""
        self._turn_tab(-1)

    def _turn_tab(self, step: int) -> None:
        self.filtered(filter_tabs.beside(self.left.tabs, self.wanted, step))

    def _tabs_changed(self) -> None:
        self.keep()
        self.count_tabs()
        self.show_tabs()

    def count_tabs(self) -> None:
        """Count what each tab lets through."""

    def do_next_match(self) -> None:
        """n"""
        self._match(1)

    def do_previous_match(self) -> None:
        """N"""
        self._match(-1)

    def _match(self, step: int) -> None:
        if self.sought:
            self.find_match(step)
        else:
            self.ask(Say(words="nothing was sought yet; / types what", severity="warning"))

    # Order and columns

    def do_sort(self) -> None:
        """s: order by the next column."""
        self.left = replace(self.left, order=self.order.next(self.columns()).column)
        self.keep()
        self.refill()

    def do_columns(self) -> Outcome:
        """c: choose columns."""
        return self.app.push_screen(ColumnsDialog(self.columns(), self.left, self._columns_chosen))

    def _columns_chosen(self, left: KeptList) -> None:
        self.left = replace(self.left, hidden=left.hidden)
        self.keep()
        self.refill()

    def do_back(self) -> None:
        """Esc: out of the filter, then as everywhere."""
        if self.wanted and not self.has_class("-zoomed") and self.turned() is self.panels()[0]:
            self.filtered("")
        else:
            super().do_back()

    # Keeping

    def recall_list(self) -> None:
        """Take the list as it was left."""
        self.left = self.kept(self.list_name())
        self.sought = self.wanted

    def keep(self, *, now: bool = True) -> None:
        """Keep how the list stands."""
        self.ask(KeepList(name=self.list_name(), kept=self.left, now=now))

    def keep_cursor(self, scope: Scope, key: str) -> None:
        """Keep where the cursor is; an empty key is the top."""
        moved = self.left.at(scope.run_id, key)
        if moved != self.left:
            self.left = moved
            self.keep(now=False)

    # Copying and exporting

    def do_copy(self) -> None:
        """y: the row under the cursor, as text."""
        view, key = self.table().view, self.table().row_key
        row = next((row for row in view.rows if row.key == key), None) if view.rows else None
        if row is not None:
            self.app.copy_to_clipboard("\t".join(plain(cell).strip(_BLANKS) for cell in row.cells))
            self.ask(Say(words="the row is copied"))

    def do_export(self) -> None:
        """e: the rows of the list, as a file."""
        view = self.view()
        self.ask(Export(name=self.list_name(), text=csv_text(view), rows=len(view.rows)))

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name in _ON_ROWS and not self.has_row():
            return "the list is empty"
        if command.name in _OF_ROWS and not self.has_list():
            return f"there is nothing to {command.name}" if command.name == "sort" else "there is no list yet"
        if command.name in {"next_tab", "previous_tab"} and not self.left.tabs:
            return "no filter is kept yet; v keeps the one that is on"
        return super().refusal(command)
