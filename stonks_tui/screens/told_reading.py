"""Told reading: the history of notifications is a window on the database; when is which page of it read and shown?"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from engine.errors import StonksError
from engine.model.notifications import Notification, NotificationEvent, NotificationFilter
from stonks_tui.background import background
from stonks_tui.requests import Export, Say
from stonks_tui.screens.paged_list import PagedList
from stonks_tui.view_models import told, told_events, told_filter
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.exports import csv_rows
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.view_models.told_window import ToldWindow
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel, PanelState
from stonks_tui.widgets.row_table import RowTable

PAGE = 100
TESTS = NotificationFilter(event_type=NotificationEvent.TEST)
_TOLD = "told"
_LOOKS_EVERY = 2.0
"""Seconds: what becomes of a notification is kept without a turn."""
_CHANNELS_EVERY = 10
"""Looks: how the channels stand takes many queries, and seldom changes while no notification does."""
_EXPORT_PAGE = 5_000


class ToldReading(PagedList):
    """A list of what an account has told, newest first, of which a window is read; its channels and events."""

    NAME: ClassVar[str] = ""

    window: ToldWindow = ToldWindow()
    channels: Sequence[ChannelState] = ()
    reveals: bool = False
    awaited: int | None = None
    _shown: int = 0
    _page: tuple[Notification, ...] | None = None
    _looks: int = 0

    def on_mount(self) -> None:
        """Look again and again at what becomes of them."""
        super().on_mount()
        self.set_interval(_LOOKS_EVERY, self._look_again)

    def _look_again(self) -> None:
        if self.is_current and self.has_list():
            self.read_on()

    def has_list(self) -> bool:
        """See `ListScreen`: an account that trades, or did, tells people from its first moment on."""
        return self.scope is not None and self.scope.story.alive is not None

    def has_mailbox(self) -> bool:
        """Does everything land in a mailbox of its own, as in a demo, and reach nobody?"""
        return any(state.mailbox for state in self.channels)

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return told.COLUMNS

    def view(self) -> TableView:
        """See `ListScreen`."""
        return told.table(self.window, self.wanted, has_mailbox=self.has_mailbox())

    def heading(self, _: TableView) -> str:
        """See `ListScreen`."""
        return told.heading(self.window, PAGE)

    def recall_list(self) -> None:
        """See `ListScreen`: a filter that this version does not understand is none."""
        super().recall_list()
        if told_filter.parse(self.wanted).problem:
            self.wanted = self.sought = ""

    # Reading

    def read_anew(self) -> None:
        """Read everything, whatever is known: something has happened."""
        self._page = None
        self.read()

    def read_on(self) -> None:
        """Read, unless that is still being done: of an account that takes long to read nothing would be seen."""
        if not any(worker.group == _TOLD and not worker.is_finished for worker in self.workers):
            self.read()

    @background(group=_TOLD, exclusive=True)
    async def read(self, *, follows: bool = False) -> None:
        """Read the channels and the newest page, and say what became of a test."""
        try:
            page = await self.feed.notifications(self._where(), PAGE)
            is_due = page != self._page or self._looks % _CHANNELS_EVERY == 0
            channels = await self.feed.channels() if is_due else self.channels
            tests = await self._tests() if self.awaited is not None else ()
        except StonksError as error:
            self._page = None
            for panel in self.panels():
                panel.error(error.message, error.hint)
            return
        if not self.has_list():  # a backtest was opened meanwhile
            return
        is_new = page != self._page or self.list_panel().state is not PanelState.NORMAL
        self._page, self._looks = page, self._looks + 1
        self.channels, follows = channels, follows or self.is_at_top()
        self.window = self.window.renewed(page, limit=PAGE, follows=follows)
        self._say_what_became(tests)
        self.fill_channels()
        if is_new or follows:
            self.refill()
        if follows and self.table().position[0] > 1:
            self.table().action_move_to(0)
        if is_new:
            self.count_tabs()

    @background(group="older", exclusive=True)
    async def read_older(self) -> None:
        """Read the page below those."""
        await self._read_below()

    async def _read_below(self) -> bool:
        """Read the page below those, and return whether there was one."""
        before = self.window.before
        page = await self.asked(self.feed.notifications(replace(self._where(), before=before), PAGE))
        if page is None or before is None or self.window.before != before:
            return False
        self.window = self.window.with_older(page, limit=PAGE)
        self.refill()
        return True

    @background(group="older", exclusive=True)
    async def read_match(self, step: int) -> None:
        """Go to the next one that fits what was sought and was not read yet; above what was read there is none."""
        sought, found = told_filter.parse(self.sought).where, False
        while step > 0 and not found and await self._read_below():
            found = self.go_to_match(self.window.notifications, sought.fits, step)
        if not found:
            self.ask(Say(words=f"no row {'below' if step > 0 else 'above'} fits '{self.sought}'"))

    def find_match(self, step: int) -> None:
        """See `ListScreen`: among the rows that were read, else in the database."""
        if not self.go_to_match(self.window.notifications, told_filter.parse(self.sought).where.fits, step):
            self.read_match(step)

    def count_tabs(self) -> None:
        """See `ListScreen`."""
        if self.left.tabs:
            self.read_counts()

    @background(group="tabs", exclusive=True)
    async def read_counts(self) -> None:
        """Count what each tab lets through."""
        counts = {}
        for tab in ("", *self.left.tabs):
            asked = self.feed.count_notifications(told_filter.parse(tab).where)
            counts[tab] = await self.asked(asked) or 0
        self.counts = counts
        self.show_tabs()

    def do_export(self) -> None:
        """e: everything that fits, as a file; not only what has been read."""
        self.read_all()

    @background(group="export", exclusive=True)
    async def read_all(self) -> None:
        """Read everything that fits, a page at a time, and have it written."""
        where, parts, rows = self._where(), list[str](), 0
        while True:
            page = await self.asked(self.feed.notifications(where, _EXPORT_PAGE))
            if page is None:
                return
            parts.append(await asyncio.to_thread(csv_rows, told.exported(page), with_heading=not parts))
            rows += len(page)
            if len(page) < _EXPORT_PAGE:
                break
            where = replace(where, before=page[-1].notification_id)
        self.ask(Export(name=self.list_name(), text="".join(parts), rows=rows))

    def _where(self) -> NotificationFilter:
        return told_filter.parse(self.wanted).where

    async def _tests(self) -> tuple[Notification, ...]:
        """Return the tests since the one that was there before the last was asked for, oldest first."""
        found = await self.feed.notifications(TESTS, 10)
        return tuple(n for n in reversed(found) if n.notification_id > (self.awaited or 0))

    def _say_what_became(self, tests: Sequence[Notification]) -> None:
        if tests and all(map(told.is_told, tests)):
            self.awaited = None
            has_mailbox = self.has_mailbox()
            self.ask(Say(words="\n".join(told.outcome(n, has_mailbox=has_mailbox) for n in tests)))

    # What is shown

    def is_at_top(self) -> bool:
        """Is the cursor on the newest that was read?"""
        return self.table().position[0] <= 1

    def fill_channels(self) -> None:
        """Show how the channels stand, and which events go by which."""
        panel, events = self.query_one("#channels", Panel), self.query_one("#events", Panel)
        panel.normal()
        events.normal()
        panel.entitle("Channels", "a masks" if self.reveals else "s text, m e-mail")
        canvas = panel.query_one(Canvas)
        canvas.paint(lambda columns, _: told.channels(self.channels, columns, reveals=self.reveals))
        view = told_events.table(self.channels)
        if view != events.query_one(RowTable).view:
            events.query_one(RowTable).show(view)

    def row_chosen(self, key: str | None) -> None:
        """Show the message under the cursor."""
        if not self.has_list():
            return
        panel, found = self.query_one("#detail", Panel), self.window.at(key)
        if found is None:
            panel.empty(["There is no message to show."])
            return
        panel.normal()
        is_another, self._shown = self._shown != found.notification_id, found.notification_id
        canvas, has_mailbox = panel.query_one(Canvas), self.has_mailbox()
        canvas.paint(lambda columns, _: told.message(found, columns, has_mailbox=has_mailbox), from_top=is_another)

    def on_row_table_near_end(self, event: RowTable.NearEnd) -> None:
        """The cursor comes to the end of what was read."""
        if event.table is self.table() and self.window.before is not None:
            self.read_older()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `RunScreen`: those that wait are above the first row."""
        if action == "to_newest":
            return self.focused is self.table() and self.window.waiting > 0
        return super().check_action(action, parameters)

    def action_to_newest(self) -> None:
        """g: to the newest, those that waited too."""
        self.read(follows=True)
