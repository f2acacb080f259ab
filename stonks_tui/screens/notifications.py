"""Notifications: by which channels are people told of what, and what became of everything that they were told?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.notifications import Notification, NotificationChannel, NotificationEvent, NotificationFilter
from stonks_tui.background import background
from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask, DoCommand, KeepList, Outcome, Say
from stonks_tui.screens.run_screen import RunScreen, bindings_of
from stonks_tui.view_models import told, told_events, told_filter
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.commands import by_name
from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.told_window import ToldWindow
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

PAGE = 100
_LOOKS_EVERY = 1.0
"""Seconds: what becomes of a notification is kept without a turn."""
_ENABLED = {NotificationChannel.SMS: "sms_enabled", NotificationChannel.EMAIL: "email_enabled"}
_EVENTS = {NotificationChannel.SMS: "sms_events", NotificationChannel.EMAIL: "email_events"}
_STEERING = frozenset({"sms_switch", "email_switch", "sms_event", "email_event", "send_test"})
NOBODY = "nobody is told of a backtest: only an account that trades tells people"
NO_DEMO = "nobody is told of a demo: stonks run trades on paper, and tells people what happens"
NO_EVENT = "Tab goes to the events: it is for the one under the cursor there"
NOTHING = (
    "Nobody is told of a backtest.",
    "stonks run trades on paper, and tells people what happens; stonks demo shows one.",
)


class NotificationsScreen(RunScreen):
    """What people were told, newest first, the message under the cursor, the channels, the events."""

    NAME: ClassVar[str] = "notifications"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,home", "to_newest", show=False, priority=True),
        *bindings_of("notifications"),
    ]

    window: ToldWindow = ToldWindow()
    channels: Sequence[ChannelState] = ()
    reveals: bool = False
    wanted: str = ""
    _awaited: int | None = None

    def __init__(self, feed: Feed, ask: Ask, *, kept: Callable[[str], KeptList]) -> None:
        super().__init__(feed, ask)
        wanted = kept(self.NAME).wanted
        self.wanted = "" if told_filter.parse(wanted).problem else wanted

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield ListPanel("Notifications", id="list")
        with Container(id="beside", classes="row"):
            yield Panel("Message", Canvas(can_focus=True), id="detail")
            with Vertical(id="means", classes="row"):
                yield Panel("Channels", Canvas(can_focus=True), id="channels")
                yield Panel("Events", RowTable(), id="events")

    def on_mount(self) -> None:
        """Look again and again at what becomes of them."""
        super().on_mount()
        self.set_interval(_LOOKS_EVERY, self._look_again)

    def _look_again(self) -> None:
        if self.is_current and self.has_account():
            self.read()

    def on_screen_suspend(self) -> None:
        """Numbers and addresses are masked again."""
        if self.reveals:
            self.do_reveal_addresses()

    def has_account(self) -> bool:
        """Is it an account that trades, or did?"""
        return self.scope is not None and self.scope.story.alive is not None

    def is_demo(self) -> bool:
        """Is it an engine that tells nobody?"""
        return self.scope is not None and self.scope.mode == "DEMO"

    def show(self, scope: Scope | None) -> None:
        """Read what an account has told; of a backtest say that nobody was."""
        if scope is None or scope.story.problem:
            self.say_nothing_there(self.panels())
        elif not self.has_account():
            for panel in self.panels():
                panel.empty(NOTHING)
        else:
            self.read()

    # Reading

    @background(group="told", exclusive=True)
    async def read(self, *, follows: bool = False) -> None:
        """Read the channels and the newest page, and say what became of a test."""
        where = told_filter.parse(self.wanted).where
        try:
            channels = await self.feed.channels()
            page = await self.feed.notifications(where, PAGE)
            tests = await self._tests() if self._awaited is not None else ()
        except StonksError as error:
            for panel in self.panels():
                panel.error(error.message, error.hint)
            return
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
        found = await self.feed.notifications(NotificationFilter(event_type=NotificationEvent.TEST), 10)
        return tuple(n for n in reversed(found) if n.notification_id > (self._awaited or 0))

    def _say_what_became(self, tests: Sequence[Notification]) -> None:
        if tests and all(map(told.is_told, tests)):
            self._awaited = None
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
        self._fill_channels()
        self._fill_message()

    def _fill_channels(self) -> None:
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
            panel.empty(["Choose one: j and k go down and up."])
            return
        panel.normal()
        panel.query_one(Canvas).paint(lambda columns, _: told.message(found, columns))

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

    # Keys

    def do_told_filter(self) -> None:
        """/: type what is wanted."""
        self.prompt("/", self.wanted, self.filtered)

    def filtered(self, text: str) -> None:
        """Show only what fits `text`, or say what is wrong with it."""
        parsed = told_filter.parse(text)
        if parsed.problem:
            self.ask(Say(words=parsed.problem, severity="warning"))
            return
        self.wanted, self.window = text.strip(), ToldWindow()
        self.ask(KeepList(name=self.NAME, kept=KeptList(wanted=self.wanted)))
        self.read(follows=True)

    def do_back(self) -> None:
        """Esc: out of the filter, then as everywhere."""
        if self.wanted and not self.has_class("-zoomed") and self.turned() is self.panels()[0]:
            self.filtered("")
        else:
            super().do_back()

    def do_reveal_addresses(self) -> None:
        """v: numbers and addresses whole, and masked again."""
        self.reveals = not self.reveals
        self._fill_channels()

    def do_send_test(self) -> None:
        """t: send a test by every channel that is on."""
        self.send_test()

    @background(group="test", exclusive=True)
    async def send_test(self) -> None:
        """Ask for a test, and remember which was the last one before it."""
        try:
            found = await self.feed.notifications(NotificationFilter(event_type=NotificationEvent.TEST), 1)
        except StonksError as error:
            self.ask(Say(words=str(error), severity="error"))
            return
        self._awaited = found[0].notification_id if found else 0
        await self.asking(DoCommand(name="send_test"))

    def do_sms_switch(self) -> Outcome:
        """s: text messages on or off."""
        return self._switch(NotificationChannel.SMS)

    def do_email_switch(self) -> Outcome:
        """m: e-mail on or off."""
        return self._switch(NotificationChannel.EMAIL)

    def do_sms_event(self) -> Outcome:
        """S: have the event under the cursor told by text message, or no longer."""
        return self._flip(NotificationChannel.SMS)

    def do_email_event(self) -> Outcome:
        """M: have it told by e-mail, or no longer."""
        return self._flip(NotificationChannel.EMAIL)

    def _switch(self, channel: NotificationChannel) -> Outcome:
        state = self._state(channel)
        return self._set(_ENABLED[channel], "no" if state.is_enabled else "yes") if state is not None else None

    def _flip(self, channel: NotificationChannel) -> Outcome:
        state, key = self._state(channel), self.query_one("#events RowTable", RowTable).row_key
        if state is None or key is None:
            return None
        return self._set(_EVENTS[channel], told_events.flipped(state.events, NotificationEvent(key)))

    def _state(self, channel: NotificationChannel) -> ChannelState | None:
        return next((state for state in self.channels if state.channel is channel), None)

    def _set(self, name: str, value: str) -> Outcome:
        return self.ask(DoCommand(name="set", argument=f"{name} {value}"))

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.place == self.NAME and not self.has_account():
            return NOBODY
        if command.name in {"sms_event", "email_event"} and self.turned().id != "events":
            return NO_EVENT
        if command.name == "send_test" and self.is_demo():
            return NO_DEMO
        if command.name in _STEERING:
            return self.above(by_name("set"), "")
        return super().refusal(command)
