"""Told reading: the history of notifications is a window on the database; when is which page of it read and shown?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from engine.errors import StonksError
from engine.model.notifications import Notification, NotificationEvent, NotificationFilter
from stonks_tui.background import background
from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask, Say
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models import told, told_events, told_filter
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.told_window import ToldWindow
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

PAGE = 100
TESTS = NotificationFilter(event_type=NotificationEvent.TEST)
_TOLD = "told"
_LOOKS_EVERY = 2.0
"""Seconds: what becomes of a notification is kept without a turn."""
_CHANNELS_EVERY = 10
"""Looks: how the channels stand takes many queries, and seldom changes while no notification does."""


class ToldReading(RunScreen):
    """A list of what an account has told, newest first, of which a window is read; its channels and events."""

    NAME: ClassVar[str] = ""

    window: ToldWindow = ToldWindow()
    channels: Sequence[ChannelState] = ()
    reveals: bool = False
    wanted: str = ""
    awaited: int | None = None
    _shown: int = 0
    _page: tuple[Notification, ...] | None = None
    _looks: int = 0

    def __init__(self, feed: Feed, ask: Ask, *, kept: Callable[[str], KeptList]) -> None:
        super().__init__(feed, ask)
        wanted = kept(self.NAME).wanted
        self.wanted = "" if told_filter.parse(wanted).problem else wanted

    def on_mount(self) -> None:
        """Look again and again at what becomes of them."""
        super().on_mount()
        self.set_interval(_LOOKS_EVERY, self._look_again)

    def _look_again(self) -> None:
        if self.is_current and self.has_account():
            self.read_on()

    def has_account(self) -> bool:
        """Is it an account that trades, or did?"""
        return self.scope is not None and self.scope.story.alive is not None

    def is_demo(self) -> bool:
        """Is it an engine that tells nobody?"""
        return self.scope is not None and self.scope.mode == "DEMO"

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
        where = told_filter.parse(self.wanted).where
        try:
            page = await self.feed.notifications(where, PAGE)
            is_due = page != self._page or self._looks % _CHANNELS_EVERY == 0
            channels = await self.feed.channels() if is_due else self.channels
            tests = await self._tests() if self.awaited is not None else ()
        except StonksError as error:
            self._page = None
            for panel in self.panels():
                panel.error(error.message, error.hint)
            return
        if not self.has_account():  # a backtest was opened meanwhile
            return
        self._page, self._looks = page, self._looks + 1
        self.channels, follows = channels, follows or self.is_at_top()
        self.window = self.window.renewed(page, limit=PAGE, follows=follows)
        self._say_what_became(tests)
        self._fill()
        if follows and self.table().position[0] > 1:
            self.table().action_move_to(0)

    @background(group="older", exclusive=True)
    async def read_older(self) -> None:
        """Read the page below those."""
        before, where = self.window.before, told_filter.parse(self.wanted).where
        try:
            page = await self.feed.notifications(replace(where, before=before), PAGE)
        except StonksError as error:
            self.ask(Say(words=str(error), severity="error"))
            return
        if before is not None and self.window.before == before:
            self.window = self.window.with_older(page, limit=PAGE)
            self._fill()

    async def _tests(self) -> tuple[Notification, ...]:
        """Return the tests since the one that was there before the last was asked for, oldest first."""
        found = await self.feed.notifications(TESTS, 10)
        return tuple(n for n in reversed(found) if n.notification_id > (self.awaited or 0))

    def _say_what_became(self, tests: Sequence[Notification]) -> None:
        if tests and all(map(told.is_told, tests)):
            self.awaited = None
            self.ask(Say(words="\n".join(map(told.outcome, tests))))

    # What is shown

    def table(self) -> RowTable:
        """Return the list."""
        return self.query_one("#list RowTable", RowTable)

    def is_at_top(self) -> bool:
        """Is the cursor on the newest that was read?"""
        return self.table().position[0] <= 1

    def _fill(self) -> None:
        view = told.table(self.window, self.wanted, is_demo=self.is_demo())
        panel = self.query_one("#list", ListPanel)
        panel.entitle(told.heading(self.window, PAGE), f"/{self.wanted}" if self.wanted else "")
        if view != self.table().view:
            self.table().show(view)
        if view.rows:
            panel.normal()
        else:
            panel.empty(view.empty)
        self.fill_channels()
        self._fill_message()

    def fill_channels(self) -> None:
        """Show how the channels stand, and which events go by which."""
        panel, events = self.query_one("#channels", Panel), self.query_one("#events", Panel)
        panel.normal()
        events.normal()
        panel.entitle("Channels", "v masks" if self.reveals else "s text, m e-mail")
        canvas = panel.query_one(Canvas)
        canvas.paint(lambda columns, _: told.channels(self.channels, columns, reveals=self.reveals))
        view = told_events.table(self.channels)
        if view != events.query_one(RowTable).view:
            events.query_one(RowTable).show(view)

    def _fill_message(self) -> None:
        panel, found = self.query_one("#detail", Panel), self.window.at(self.table().row_key)
        if found is None:
            panel.empty(["There is no message to show."])
            return
        panel.normal()
        is_another, self._shown = self._shown != found.notification_id, found.notification_id
        canvas = panel.query_one(Canvas)
        canvas.paint(lambda columns, _: told.message(found, columns), from_top=is_another)

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        """The cursor is on another one."""
        if event.table is self.table() and self.has_account():
            self._fill_message()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Enter: go to the message."""
        if event.table is self.table():
            self.turn_to(self.query_one("#detail", Panel))

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
