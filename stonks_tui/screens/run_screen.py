"""Run screen: what do all screens of a run have in common? The frame, the panes, the keys, the command line."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask, DoCommand, Outcome, Request, Say
from stonks_tui.view_models import acting, engine_words, frame, run_progress
from stonks_tui.view_models.command import DEMO, ENGINE, Command
from stonks_tui.view_models.commands import by_name, meant, of_screen
from stonks_tui.view_models.needs import asking
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Row
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel, PanelState
from stonks_tui.widgets.prompt import Answer, Prompt
from stonks_tui.widgets.row_table import RowTable


def bindings_of(screen: str) -> list[BindingType]:
    """Return the bindings of all commands with a key on `screen`.

    They have priority, so that each is done before the next key is looked at: a person may type ahead.
    """
    found: dict[str, BindingType] = {}
    for command in of_screen(screen, ENGINE, DEMO):
        for key in command.keys:
            found.setdefault(key, Binding(key, f"command('{command.name}')", show=False, priority=True))
    return list(found.values())


def _is_about(row: Row, ticker: str) -> bool:
    return any(plain(cell).split()[:1] == [ticker] for cell in row.cells)  # a mark may follow


Refusal = Callable[[Command, str], str | None]
"""Returns why a command cannot act now with what was typed after it, None if it can."""

_OF_A_RUN = frozenset({"acts_only", "day_decisions", "equity_window", "filter", "trades", "window"})
"""Commands of screens that do nothing without a run."""
_WIDTHS = [(0, "-tiny"), (60, "-narrow"), (80, "-normal"), (120, "-wide")]
_HEIGHTS = [(0, "-short"), (16, "-tall")]


class RunScreen(Screen[None]):
    """A view of one run at one day. Sub-classes give the panes of the body and paint them in `show`."""

    NAME: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    ESCAPE_TO_MINIMIZE = False
    AUTO_FOCUS = ""

    def __init__(self, feed: Feed, ask: Ask) -> None:
        super().__init__(name=self.NAME)
        self.feed = feed
        self.ask = ask
        self.scope: Scope | None = None
        self.news = ""
        self.progress: RunProgress | None = None
        self.above: Refusal = lambda _, __: None  # what the app refuses
        self._painted: Scope | None = None

    def compose(self) -> ComposeResult:
        """Lay out the frame and the body."""
        yield Canvas(id="status")
        yield Canvas(id="tabs")
        with Container(id="body"):
            yield from self.body()
        yield Canvas(id="essentials")
        yield Canvas(id="footer")
        yield Prompt(self.typed, id="command")

    @abstractmethod
    def body(self) -> Iterator[Widget]:
        """Yield what stands between the frame's lines."""

    def on_mount(self) -> None:
        """Begin with the first pane, and the line of screens: nothing is known yet, but where one is."""
        self._paint_tabs()
        self.turn_to(self.panels()[0])
        self.frame_changed()

    # What is looked at

    def look(self, scope: Scope | None, progress: RunProgress | None = None, news: str = "") -> None:
        """Show `scope`, and what is going on: the run that is being made, or `news` in words."""
        self.scope, self.progress = scope, progress
        self.news = run_progress.headline(progress) if progress is not None else news
        self._age(scope)
        self.frame_changed()
        if scope is not self._painted or scope is None:
            self._painted = scope
            self.show(scope)
            if scope is not None and scope.fault is not None:
                for panel in self.panels():
                    if panel.state is PanelState.LOADING:  # what it waits for does not come
                        panel.error(*scope.fault)

    def _age(self, scope: Scope | None) -> None:
        """Say in every title how old everything is when the engine has fallen silent; real money has a heavy frame."""
        age = engine_words.age(scope.story.alive) if scope is not None and scope.is_now else ""
        for panel in self.panels():
            panel.aged(age)
        self.set_class(scope is not None and scope.mode == frame.LIVE, "-live")

    @abstractmethod
    def show(self, scope: Scope | None) -> None:
        """Paint the panes. Without a scope, or without days in it, say why there is nothing."""

    def frame_changed(self) -> None:
        """Paint the lines above and below anew."""
        if not self.is_mounted:
            return
        scope, news = self.scope, self.news
        self._paint_tabs()
        self.query_one("#status", Canvas).paint(lambda columns, _: [frame.status(scope, columns, news=news)])
        self.query_one("#essentials", Canvas).paint(lambda columns, rows: frame.essentials(scope, columns, rows))
        self.keys_changed()

    def _paint_tabs(self) -> None:
        alive = self.scope.story.alive if self.scope is not None else None
        untold = alive.untold if alive is not None else 0
        self.query_one("#tabs", Canvas).paint(lambda columns, _: [frame.tabs(self.NAME, columns, untold=untold)])

    def keys_changed(self) -> None:
        """Paint the line of keys anew: another one may be refused now."""
        if not self.is_mounted:
            return
        scope = self.scope
        places = scope.places if scope is not None else ()
        needs = len(asking(scope)) if scope is not None and scope.is_now else 0
        self.query_one("#footer", Canvas).paint(
            lambda columns, _: [frame.footer(self.NAME, columns, self.why_not, *places, needs=needs)]
        )

    def say_nothing_there(self, panels: Iterable[Panel], words: str = "") -> None:
        """Say in `panels` why there is nothing to be seen."""
        scope = self.scope
        for panel in panels:
            if scope is None:
                if self.news:
                    panel.loading_words(self.news)
                else:
                    panel.empty(["Nothing is open.", "5 lists the backtests; n there makes a new one."])
            elif scope.story.problem:
                panel.error(scope.story.problem, "5 lists the other runs.")
            elif scope.story.alive is not None:
                panel.empty(["The account waits for its first session.", "5 lists the backtests."])
            elif scope.story.state == "running":
                panel.loading_words("This run is still being made.")
            else:
                panel.empty([words or "The run has no day to show.", "5 lists the other runs."])

    def point_to(self, ticker: str) -> None:
        """Give the keys to what needs the person: the row of `ticker`, or the pane that tells of everything."""
        found = self.query("#needs")
        if found:
            self.turn_to(found.first(Panel))
        for table in self.query(RowTable):
            row = next((r for r in table.view.rows if ticker and _is_about(r, ticker)), None)
            if row is not None:
                table.go_to(row.key)
                return

    # Panes

    def panels(self) -> list[Panel]:
        """Return the panes in the order in which Tab goes through them."""
        return list(self.query(Panel))

    def turned(self) -> Panel:
        """Return the pane that has the keys."""
        return next((p for p in self.panels() if p.has_class("-turned")), self.panels()[0])

    def turn_to(self, panel: Panel, *, focus: bool = True) -> None:
        """Give `panel` the keys; on a narrow terminal it is the one that is shown."""
        for other in self.panels():
            other.set_class(other is panel, "-turned")
        for row in self.query(".row"):
            row.set_class(panel in row.query(Panel), "-turned")
        if focus:
            self.set_focus(panel.content, False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click gave a pane the keys."""
        for panel in event.widget.ancestors:
            if isinstance(panel, Panel) and not panel.has_class("-turned"):
                self.turn_to(panel, focus=False)

    def on_resize(self) -> None:
        """A terminal that was too small for panes has hidden the one with the keys."""
        self.call_after_refresh(self._keep_keys)

    def on_screen_resume(self) -> None:
        """It may have been resized while another screen was up."""
        self.call_after_refresh(self._keep_keys)

    def _keep_keys(self) -> None:
        if self.focused is None and not self.has_class("-typing"):
            self.turn_to(self.turned())

    def do_next_pane(self) -> None:
        """Tab."""
        self._turn(1)

    def do_previous_pane(self) -> None:
        """Shift-Tab."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        panels = self.panels()
        self.turn_to(panels[(panels.index(self.turned()) + step) % len(panels)])

    def do_zoom(self) -> None:
        """z."""
        self.toggle_class("-zoomed")

    def do_back(self) -> None:
        """Esc: out of the zoom, then to the first pane."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        else:
            self.turn_to(self.panels()[0])

    # Commands

    def check_action(self, action: str, _: tuple[object, ...]) -> bool | None:
        """While a line is typed its letters are letters."""
        return action != "command" or not isinstance(self.focused, Prompt)

    async def action_command(self, name: str) -> None:
        """Do the command, or say why it cannot be done now."""
        outcome = self._do(by_name(name))
        if outcome is not None:
            await outcome

    def _do(self, command: Command, argument: str = "") -> Outcome:
        if (refused := self.why_not(command, argument)) is not None:
            return self.ask(Say(words=refused, severity="warning"))
        own: Callable[[], Outcome] | None = getattr(self, f"do_{command.name}", None)
        return own() if own is not None else self.ask(DoCommand(name=command.name, argument=argument))

    async def asking(self, request: Request) -> None:
        """Ask, and wait until it is done."""
        outcome = self.ask(request)
        if outcome is not None:
            await outcome

    def why_not(self, command: Command, argument: str = "") -> str | None:
        """Return why `command` cannot act now, here or at all, None if it can. What stops entries always acts."""
        if command.name == acting.ALWAYS_ACTS:
            return None
        return self.refusal(command) or self.above(command, argument)

    def refusal(self, command: Command) -> str | None:
        """Return why `command` cannot act now on this screen, None if it can."""
        if command.name.endswith(("_day", "_month")) and (self.scope is None or not self.scope.days):
            return "there is no run whose days could be gone through"
        if command.name in _OF_A_RUN and (self.scope is None or not self.scope.days):
            return "there is no run to look at"
        return None

    def do_command_line(self) -> None:
        """`:`: type a command."""
        self.prompt(":", "", self._typed)

    def prompt(self, sign: str, text: str, answer: Answer) -> None:
        """Let the person type a line at the bottom."""
        self.add_class("-typing")
        self.query_one(Prompt).begin(sign, text, answer)

    def typed(self) -> None:
        """The line was entered or left."""
        self.remove_class("-typing")
        self.turn_to(self.turned())

    def _typed(self, text: str) -> Outcome:
        found = meant(text)
        if found is None:
            if text.strip():
                self.ask(Say(words=f"there is no command '{text.strip()}'; ? lists them", severity="warning"))
            return None
        command, argument = found
        if command.takes and not argument:
            such = f":{command.words[0]} {command.takes}"
            self.ask(Say(words=f":{command.words[0]} needs more, such as {such}", severity="warning"))
            return None
        return self._do(command, argument)
