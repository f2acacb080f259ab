"""Decisions: every one that was made, taken or not, and why."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.decisions import Decision, TradingDecisionType
from engine.model.views import DecisionFilter, DecisionStory
from stonks_tui.requests import Say
from stonks_tui.screens.list_screen import CURSOR_RESTS, ListScreen
from stonks_tui.screens.run_screen import bindings_of
from stonks_tui.view_models import decision_filter, decisions
from stonks_tui.view_models.commands import Command
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

_PAGE = 200


class DecisionsScreen(ListScreen):
    """The decisions up to the day, newest first, and the one under the cursor with its whole trace."""

    NAME: ClassVar[str] = "decisions"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("decisions")

    found: Sequence[Decision] = ()
    next_page: int | None = None
    count: int | None = None
    wanted_id: str | None = None
    _shown: tuple[int, int] | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield Panel("Decisions", RowTable(), id="list")
        yield Panel("Trace", Canvas(can_focus=True), id="detail")

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return decisions.COLUMNS

    def show(self, scope: Scope | None) -> None:
        """Read the first page up to the day."""
        if scope is None or scope.snapshot is None:
            self.say_nothing_there(self.panels())
            return
        if self._is_reading_on(scope):
            return
        self._shown = scope.run_id, scope.place
        self.read_page(scope)

    def _is_reading_on(self, scope: Scope) -> bool:
        """Does somebody read further down in an account that trades? It follows as long as the cursor is at the top."""
        same = self._shown == (scope.run_id, scope.place) and self.wanted_id is None
        return same and scope.story.alive is not None and self.table().position[0] > 1

    def view(self) -> TableView:
        """See `ListScreen`."""
        assert self.scope is not None
        empty = decisions.nothing(self.scope, self.wanted)
        return decisions.table(self.found, has_more=self.next_page is not None, empty=empty)

    def heading(self, _: TableView) -> str:
        """See `ListScreen`."""
        return "Decisions" if self.count is None else f"Decisions · {self.count:,}"

    def filtered(self, text: str) -> None:
        """Show only what fits `text`, or say what is wrong with it."""
        parsed = decision_filter.parse(text)
        if parsed.problem:
            self.ask(Say(words=parsed.problem, severity="warning"))
            return
        self.wanted, self._shown = text, None
        self._keep()
        self.show(self.scope)

    def open(self, where: DecisionFilter | None, decision_id: str | None) -> None:
        """Show those that fit `where` (None: as it was), and the decision `decision_id` opened."""
        if where is not None:
            self.wanted = decision_filter.words(where)
        self.wanted_id = decision_id
        if decision_id is not None:
            self.wanted = ""
        self._painted = None

    def do_acts_only(self) -> None:
        """a: only what was taken, and back."""
        where = decision_filter.parse(self.wanted).where
        acts = where.outcome is TradingDecisionType.ACT
        words = [w for w in self.wanted.split() if w.casefold() not in {"act", "skip"}]
        self.filtered(" ".join(words if acts else ["act", *words]))

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name == "sort":
            return "decisions stay in the order of time; / chooses among them"
        return super().refusal(command)

    def row_chosen(self, key: str | None) -> None:
        """Read the trace of the row under the cursor."""
        if key is None or self.scope is None:
            panel = self.query_one("#detail", Panel)
            panel.entitle("Trace")
            panel.empty(["Choose a decision: j and k go down and up."])
        else:
            self.read_trace(self.scope.run_id, key)

    def on_row_table_near_end(self) -> None:
        """The cursor comes to the end of what was read."""
        if self.scope is not None and self.next_page is not None:
            self.read_more(self.scope)

    @work(exclusive=True, group="page")
    async def read_page(self, scope: Scope) -> None:
        """Read the first page, and count what fits."""
        where = self._where(scope)
        try:
            page = await self.feed.decisions(scope.run_id, where, None, _PAGE)
            self.found, self.next_page, self.count = page.decisions, page.next, None
            if page.next is None:
                self.count = len(page.decisions)
            await self._with_wanted(scope)
            self.refill()
            if self.count is None:
                self.count = await self.feed.count_decisions(scope.run_id, where)
                self.query_one("#list", Panel).entitle(
                    self.heading(self.view()), f"/{self.wanted}" if self.wanted else ""
                )
        except StonksError as error:
            self.query_one("#list", Panel).error(error.message, error.hint)

    @work(exclusive=True, group="page")
    async def read_more(self, scope: Scope) -> None:
        """Read the page after those."""
        try:
            page = await self.feed.decisions(scope.run_id, self._where(scope), self.next_page, _PAGE)
        except StonksError as error:
            self.ask(Say(words=str(error), severity="error"))
            return
        self.found, self.next_page = [*self.found, *page.decisions], page.next
        self.table().show_more(tuple(map(decisions.row, page.decisions)), page.next is not None)

    @work(exclusive=True, group="trace")
    async def read_trace(self, run_id: int, decision_id: str) -> None:
        """Read one decision with everything that belongs to it."""
        await asyncio.sleep(CURSOR_RESTS)
        panel = self.query_one("#detail", Panel)
        try:
            story = await self.feed.decision(run_id, decision_id)
        except StonksError as error:
            panel.error(error.message, error.hint)
            return
        if story is None:
            panel.empty(["The decision is no longer there."])
            return
        panel.entitle("Trace", f"{story.decision.ticker} {story.decision.decision_id}")
        panel.normal()
        self._paint(story)

    def _paint(self, story: DecisionStory) -> None:
        canvas = self.query_one("#detail Canvas", Canvas)
        canvas.paint(lambda columns, _: decisions.trace(story, columns))

    def _where(self, scope: Scope) -> DecisionFilter:
        where = decision_filter.parse(self.wanted).where
        return decision_filter.by_day(where, scope.snapshot.on) if scope.snapshot else where

    async def _with_wanted(self, scope: Scope) -> None:
        """See to it that a decision which was asked for is among the rows, and under the cursor."""
        wanted, self.wanted_id = self.wanted_id, None
        if wanted is None:
            return
        story = await self.feed.decision(scope.run_id, wanted)
        if story is None:
            self.ask(Say(words=f"there is no decision {wanted} in this run", severity="warning"))
            return
        if story.decision.decision_id not in {d.decision_id for d in self.found}:
            near = decision_filter.by_day(DecisionFilter(ticker=story.decision.ticker), story.decision.at.date())
            page = await self.feed.decisions(scope.run_id, near, None, _PAGE)
            self.wanted = decision_filter.words(near)
            self.found, self.next_page, self.count = page.decisions, page.next, None
        self.table().show(self.view())
        self.table().go_to(story.decision.decision_id)
