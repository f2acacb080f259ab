"""Settings: what each is, what it does, who made it so; and a line in which a person makes it something else."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from engine.errors import StonksError
from stonks_tui.background import background
from stonks_tui.requests import DoCommand, Outcome, Say
from stonks_tui.screens.list_screen import ListScreen
from stonks_tui.screens.run_screen import bindings_of
from stonks_tui.view_models import setting_detail, setting_list
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.commands import by_name
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.setting_book import SettingBook, SettingEntry
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.view_models.text import Line, Mood, clipped, line
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

_Subject = tuple[int, datetime | None, int]
"""Of which run, as of when, and what had happened until then."""
_ON_ALL = frozenset({"changed_only", "reveal", "find_setting"})
_ON_ONE = frozenset({"edit_setting", "copy_setting"})


class SettingsScreen(ListScreen):
    """The settings of a run or an account, and the one under the cursor in detail."""

    NAME: ClassVar[str] = "settings"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("settings")

    book: SettingBook = SettingBook()
    only_changed: bool = False
    revealed: bool = False
    _read: _Subject | None = None
    _is_recalled: bool = False
    _shown: str | None = None
    _typing: SettingEntry | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield ListPanel("Settings", id="list")
        yield Panel("Setting", Canvas(can_focus=True), id="detail")

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return setting_list.SETTING_COLUMNS

    def view(self) -> TableView:
        """See `ListScreen`."""
        return setting_list.table(self.book, self.wanted, only_changed=self.only_changed, revealed=self.revealed)

    def heading(self, _: TableView) -> str:
        """See `ListScreen`."""
        assert self.scope is not None
        return setting_list.heading(self.book, self.wanted, self.scope, only_changed=self.only_changed)

    def find_match(self, _: int) -> None:
        """See `ListScreen`: what does not fit is not in the list."""

    def show(self, scope: Scope | None) -> None:
        """Read what is looked at, unless it has been: prices change no setting."""
        if scope is None or scope.record is None:
            self._read = None
            self.say_nothing_there(self.panels())
            return
        is_past = scope.story.alive is not None and not scope.is_last and scope.snapshot is not None
        until = scope.snapshot.at if is_past and scope.snapshot is not None else None
        subject = scope.run_id, until, scope.events[2]
        if subject != self._read:
            self.read_book(subject)

    @background(group="settings", exclusive=True)
    async def read_book(self, subject: _Subject) -> None:
        """Read the settings and show them."""
        run_id, until, _ = subject
        try:
            book = await self.feed.settings(run_id, until)
        except StonksError as error:
            self._read = None
            for panel in self.panels():
                panel.error(error.message, error.hint)
            return
        self.book, self._read = book, subject
        if self.scope is not None:
            self.refill()
            self.call_after_refresh(self._recall, self.scope)  # then it is known how much of the list is in sight

    def _recall(self, scope: Scope) -> None:
        """Go to where the cursor was, at first to the first setting."""
        if not self._is_recalled and self.has_row():
            self._is_recalled = True
            first = next(row.key for row in self.table().view.rows if not setting_list.section_of(row.key))
            if not self.table().go_to(self.left.cursor_in(scope.run_id)):
                self.table().go_to(first)

    def show_tabs(self) -> None:
        """See `ListScreen`: above this list stands why nothing can be changed, or what could not be read."""
        problem = f"✗ {self.book.problem}" if self.book.problem else ""
        words = problem or setting_list.why_fixed(self.scope)
        above = partial(clipped, line((words, Mood.WARN if problem else Mood.DIM)))
        self.list_panel().say_above(above if words else None)

    # The row under the cursor

    def row_chosen(self, key: str | None) -> None:
        """See `ListScreen`: show it in detail, another one from its first line."""
        panel, is_other, self._shown = self.query_one("#detail", Panel), key != self._shown, key
        section = setting_list.section_of(key)
        entry, entries = self.book.entry(key), [e for e in self.book.entries if e.section == section]
        if entry is None and not entries:
            panel.empty(["Choose a setting: j and k go down and up."])
            return
        if self.scope is not None and self._is_recalled:
            self.keep_cursor(self.scope, str(key))
        panel.entitle(entry.name if entry is not None else section)
        panel.normal()
        panel.query_one(Canvas).paint(partial(self._detail, entry, entries), from_top=is_other)
        self.keys_changed()

    def _detail(
        self, entry: SettingEntry | None, entries: Sequence[SettingEntry], columns: int, _: int
    ) -> tuple[Line, ...]:
        if entry is None:
            return setting_list.section_lines(entries, revealed=self.revealed, columns=columns)
        fixed = setting_list.why_fixed(self.scope)
        return setting_detail.lines(entry, fixed, columns, revealed=self.revealed)

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """A second click does what Enter does."""
        event.prevent_default()  # what `ListScreen` does
        self.call_later(self.action_command, "edit_setting")

    def entry(self) -> SettingEntry | None:
        """Return the setting under the cursor."""
        return self.book.entry(self.table().row_key) if self.is_mounted else None

    # Commands

    def do_find_setting(self) -> None:
        """/"""
        self.do_filter()

    def filtered(self, text: str) -> None:
        """See `ListScreen`."""
        self.wanted = text
        self.keep()
        if self._read is not None:
            self.refill()

    def do_changed_only(self) -> None:
        """a"""
        self.only_changed = not self.only_changed
        self.refill()

    def do_reveal(self) -> None:
        """v"""
        self.revealed = not self.revealed
        self.refill()

    def on_screen_suspend(self) -> None:
        """Who goes elsewhere has seen enough of addresses."""
        if self.revealed:
            self.do_reveal()

    def do_copy_setting(self) -> None:
        """y"""
        if (entry := self.entry()) is not None:
            self.app.copy_to_clipboard(f"{entry.name}={entry.text(revealed=self.revealed)}")
            self.ask(Say(words="the setting is copied"))

    def do_edit_setting(self) -> None:
        """Enter, e: type what it is to be."""
        if (entry := self.entry()) is not None:
            is_hidden = entry.is_private and not self.revealed
            self._type(entry, "" if is_hidden else entry.text(revealed=True))

    def _type(self, entry: SettingEntry, text: str) -> None:
        self._typing = entry
        self.entitle(self.table().view)
        self.prompt(f"{entry.name} = ", text, partial(self._typed_value, entry))

    def typed(self) -> None:
        """See `RunScreen`: the title tells again what the list has."""
        self._typing = None
        if self._read is not None:
            self.entitle(self.table().view)
        super().typed()

    def entitle(self, view: TableView) -> None:
        """See `ListScreen`; while a value is typed the title says what it may be."""
        if self._typing is not None:
            self.list_panel().entitle(setting_detail.hint(self._typing))
        else:
            super().entitle(view)

    def _typed_value(self, entry: SettingEntry, text: str) -> Outcome:
        if not text and entry.is_private and entry.value and not self.revealed:
            return self.ask(Say(words="nothing was typed: v shows what it is, and an empty line then empties it"))
        if problem := setting_detail.problem(entry.name, text, self.book.settings):
            self._type(entry, text)
            return self.ask(Say(words=problem, severity="warning"))
        return self.ask(DoCommand(name="set", argument=f"{entry.name}={text}"))

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name in _ON_ALL and self._read is None:
            return "there are no settings to look at"
        if command.name == "reveal" and not any(entry.is_private for entry in self.book.entries):
            return "none of these settings is hidden"
        if command.name in _ON_ONE and self.entry() is None:
            return "there is no setting under the cursor"
        if command.name == "edit_setting":
            entry = self.entry()
            fixed = setting_list.why_fixed(self.scope) or (entry.fixed if entry is not None else "")
            return fixed or self.above(by_name("set"), "")
        return super().refusal(command)
