"""Decisions: every one that was made, taken or not, and why."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.decisions import TradingDecisionType
from engine.model.views import DecisionFilter, DecisionStory
from stonks_tui.background import background
from stonks_tui.requests import Say
from stonks_tui.screens.decision_reading import PAGE, DecisionReading
from stonks_tui.screens.list_screen import CURSOR_RESTS, list_bindings
from stonks_tui.view_models import decision_detail, decision_filter
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.decision_detail import Shows
from stonks_tui.view_models.scope import Scope
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel, PanelState


class DecisionsScreen(DecisionReading):
    """The decisions up to the day, newest first, and the one under the cursor with its whole trace."""

    NAME: ClassVar[str] = "decisions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,home", "to_newest", show=False, priority=True),
        Binding("G,end", "to_oldest", show=False, priority=True),
        *list_bindings("decisions"),
    ]

    shows: Shows = Shows.TRACE
    held: DecisionStory | None = None
    _story: DecisionStory | None = None
    _shown: tuple[int, date | None] | None = None
    _happened: int = -1
    _is_recalled: bool = False

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield ListPanel("Decisions", id="list")
        yield Panel("Trace", Canvas(can_focus=True), id="detail")

    def show(self, scope: Scope | None) -> None:
        """Read the first page up to the day; where somebody reads further down, count what came."""
        if scope is None or scope.snapshot is None:
            self.say_nothing_there(self.panels())
            return
        run_id, on, happened = scope.events
        same = self._shown == (run_id, on) and self.wanted_id is None
        if same and self._happened == happened and not self._is_behind():
            return
        self._happened = happened
        if same and scope.story.alive is not None and not self.is_at_top():
            self.count_waiting(scope)
            return
        if self._shown is None or self._shown[0] != run_id:
            self.tickers, self.held = (), None
        if not self._is_recalled:
            self.recalled_id = self.left.cursor_in(scope.run_id)
            self.wanted_id = self.wanted_id or self.recalled_id or None
        self._is_recalled, self._shown = True, (run_id, on)
        self.read_page(scope, follows=same)

    def _is_behind(self) -> bool:
        """Has the list not got all that it should show?"""
        return self.list_panel().state is not PanelState.NORMAL or (self.is_at_top() and self.window.waiting > 0)

    def recall_list(self) -> None:
        """See `ListScreen`: a filter that this version does not understand is none."""
        super().recall_list()
        if decision_filter.parse(self.wanted).problem:
            self.wanted = self.sought = ""

    def filtered(self, text: str) -> None:
        """Show only what fits `text`, or say what is wrong with it."""
        parsed = decision_filter.parse(text)
        if parsed.problem:
            self.ask(Say(words=parsed.problem, severity="warning"))
            return
        self.wanted = text
        self.keep()
        if self.scope is not None and self.scope.snapshot is not None:
            self.list_panel().normal()
            self.read_page(self.scope)

    def completed(self, text: str) -> str:
        """See `ListScreen`."""
        done, words = decision_filter.completed(text, self.tickers)
        if words:
            self.ask(Say(words=words))
        return done

    def open(self, where: DecisionFilter | None, decision_id: str | None) -> None:
        """Show those that fit `where` (None: as it was), and the decision `decision_id` opened."""
        if where is not None:
            self.wanted = decision_filter.words(where)
        self.wanted_id = decision_id
        if decision_id is not None:
            self.wanted = ""
        self._painted, self._shown, self._is_recalled = None, None, True

    # Keys

    def do_acts_only(self) -> None:
        """a: only what was taken, and back."""
        where = decision_filter.parse(self.wanted).where
        acts = where.outcome is TradingDecisionType.ACT
        words = [w for w in self.wanted.split() if w.casefold() not in {"act", "skip"}]
        self.filtered(" ".join(words if acts else ["act", *words]))

    def do_flip(self) -> None:
        """w: what would flip it, and back to the trace."""
        self.shows = Shows.TRACE if self.shows is Shows.FLIP else Shows.FLIP
        self._paint(from_top=True)

    def do_beside(self) -> None:
        """=: hold this one; on another: let it go."""
        self.held = self._story if self.held is None else None
        if self.held is not None:
            self.ask(Say(words="held: go to another decision to see both side by side; = lets it go"))
        self._paint(from_top=True)

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name == "sort":
            return "decisions stay in the order of time; / chooses among them"
        if command.name in {"flip", "beside"} and not self.has_row():
            return "there is no decision under the cursor"
        return super().refusal(command)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `RunScreen`: the ends of what was read are not those of the list."""
        if action == "to_newest":
            return self.focused is self.table() and (self.window.has_newer or self.window.waiting > 0)
        if action == "to_oldest":
            return self.focused is self.table() and self.window.older is not None
        return super().check_action(action, parameters)

    def action_to_newest(self) -> None:
        """g: to the newest decision, those that waited too."""
        if self.scope is not None:
            self.read_page(self.scope, follows=True)

    def action_to_oldest(self) -> None:
        """G: to the first decision of the run."""
        if self.scope is not None:
            self.read_end(self.scope)

    def find_match(self, step: int) -> None:
        """See `ListScreen`: among the rows that were read, else in the database."""
        if self.scope is None:
            return
        if not self.go_to_match(self.window.decisions, decision_filter.parse(self.sought).where.fits, step):
            self.read_match(self.scope, step)

    def on_row_table_near_end(self) -> None:
        """The cursor comes to the end of what was read."""
        if self.scope is not None and self.window.older is not None:
            self.read_older(self.scope)

    # The decision under the cursor

    def row_chosen(self, key: str | None) -> None:
        """Read the trace of the row under the cursor, and what is above it when that comes near."""
        if key is None or self.scope is None:
            self._story = None
            panel = self.query_one("#detail", Panel)
            panel.entitle("Trace")
            panel.empty(["Choose a decision: j and k go down and up."])
            return
        self.read_trace(self.scope, key)
        if self.window.has_newer and self.table().position[0] <= PAGE // 4:
            self.read_newer(self.scope)

    @background(group="trace", exclusive=True)
    async def read_trace(self, scope: Scope, decision_id: str) -> None:
        """Read one decision with everything that belongs to it."""
        await asyncio.sleep(CURSOR_RESTS)
        panel = self.query_one("#detail", Panel)
        self.keep_cursor(scope, "" if self.is_at_top() else decision_id)
        try:
            story = await self.feed.decision(scope.run_id, decision_id)
        except StonksError as error:
            panel.error(error.message, error.hint)
            return
        if story is None:
            panel.empty(["The decision is no longer there."])
            return
        self._story = story
        panel.normal()
        self._paint()

    def _paint(self, *, from_top: bool = False) -> None:
        story, held, shows = self._story, self.held, self.shows
        if story is None:
            return
        self.query_one("#detail", Panel).entitle(*decision_detail.title(shows, story, held))
        canvas = self.query_one("#detail Canvas", Canvas)
        canvas.paint(lambda columns, _: decision_detail.lines(shows, story, held, columns), from_top=from_top)
