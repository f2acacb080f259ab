"""Notifications: by which channels are people told of what, and what became of everything that they were told?"""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from engine.model.notifications import NotificationChannel, NotificationEvent
from stonks_tui.background import background
from stonks_tui.requests import DoCommand, Outcome, Say
from stonks_tui.screens.list_screen import list_bindings
from stonks_tui.screens.told_reading import TESTS, ToldReading
from stonks_tui.view_models import told_events, told_filter
from stonks_tui.view_models.channel_state import ChannelState
from stonks_tui.view_models.command import LISTS, Command
from stonks_tui.view_models.commands import by_name
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.told_window import ToldWindow
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

_ENABLED = {NotificationChannel.SMS: "sms_enabled", NotificationChannel.EMAIL: "email_enabled"}
_EVENTS = {NotificationChannel.SMS: "sms_events", NotificationChannel.EMAIL: "email_events"}
_STEERING = frozenset({"sms_switch", "email_switch", "sms_event", "email_event", "send_test"})
NOBODY = "nobody is told of a backtest: only an account that trades tells people"
NO_EVENT = "Tab goes to the events: it is for the one under the cursor there"
NOTHING = (
    "Nobody is told of a backtest.",
    "stonks run trades on paper, and tells people what happens; stonks demo shows one.",
)


class NotificationsScreen(ToldReading):
    """What people were told, newest first, the message under the cursor, the channels, the events."""

    NAME: ClassVar[str] = "notifications"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,home", "to_newest", show=False, priority=True),
        *list_bindings("notifications"),
    ]

    _read: tuple[int, date | None, int] | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield ListPanel("Notifications", id="list")
        with Container(id="beside", classes="row"):
            yield Panel("Message", Canvas(can_focus=True), id="detail")
            with Vertical(id="means", classes="row"):
                yield Panel("Channels", Canvas(can_focus=True), id="channels")
                yield Panel("Events", RowTable(), id="events")

    def on_screen_suspend(self) -> None:
        """Numbers and addresses are masked again."""
        if self.reveals:
            self.do_reveal_addresses()

    def show(self, scope: Scope | None) -> None:
        """Read what an account has told; of a backtest say that nobody was."""
        if scope is None or scope.story.problem:
            self.say_nothing_there(self.panels())
        elif not self.has_list():
            for panel in self.panels():
                panel.empty(NOTHING)
        elif scope.events != self._read:
            self._read = scope.events
            self.read_anew()
        else:
            self.read_on()

    # Keys

    def completed(self, text: str) -> str:
        """See `ListScreen`."""
        done, words = told_filter.completed(text)
        if words:
            self.ask(Say(words=words))
        return done

    def filtered(self, text: str) -> None:
        """Show only what fits `text`, or say what is wrong with it."""
        parsed = told_filter.parse(text)
        if parsed.problem:
            self.ask(Say(words=parsed.problem, severity="warning"))
            return
        self.wanted, self.window = text.strip(), ToldWindow()
        self.keep()
        self.read(follows=True)

    def do_reveal_addresses(self) -> None:
        """a: numbers and addresses whole, and masked again."""
        self.reveals = not self.reveals
        self.fill_channels()

    def do_send_test(self) -> None:
        """t: send a test by every channel that is on."""
        self.send_test()

    @background(group="test", exclusive=True)
    async def send_test(self) -> None:
        """Ask for a test, and remember which was the last one before it."""
        found = await self.asked(self.feed.notifications(TESTS, 1))
        if found is None:
            return
        self.awaited = found[0].notification_id if found else 0
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
        if command.place in (self.NAME, LISTS) and not self.has_list():
            return NOBODY
        if command.name == "filter":
            return None
        if command.name in {"sms_event", "email_event"} and self.turned().id != "events":
            return NO_EVENT
        if command.name in _STEERING:
            return self.above(by_name("set"), "")
        return super().refusal(command)
