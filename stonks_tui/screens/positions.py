"""Positions: what is held on the day, and what was sold until then."""

import asyncio
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.portfolio import PositionMark
from engine.model.positions import ClosedTrade
from engine.model.tax import OpenLot
from engine.model.views import DecisionStory
from stonks_tui.background import background
from stonks_tui.requests import Outcome, ShowDecisions
from stonks_tui.screens.held_reading import HeldReading
from stonks_tui.screens.list_screen import CURSOR_RESTS, list_bindings
from stonks_tui.screens.trade_reading import PAGE
from stonks_tui.view_models import position_detail, positions
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.scope import Scope
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel

_Subject = tuple[str, tuple[int, date | None, int]]
"""Of what is told beside the list: the decision, and what had happened until then (`Scope.events`)."""


class PositionsScreen(HeldReading):
    """Positions or closed trades, the one under the cursor in detail, the sectors."""

    NAME: ClassVar[str] = "positions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g,home", "to_first", show=False, priority=True),
        Binding("G,end", "to_last", show=False, priority=True),
        *list_bindings("positions"),
    ]

    _is_recalled: bool = False
    _told: tuple[_Subject, DecisionStory, tuple[OpenLot, ...]] | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield ListPanel("Positions", id="list")
        with Container(id="beside", classes="row"):
            yield Panel("Detail", Canvas(can_focus=True), id="detail")
            yield Panel("Sectors", Canvas(can_focus=True), id="sectors")

    def show(self, scope: Scope | None) -> None:
        """Paint the panes."""
        if scope is None or scope.snapshot is None:
            self.forget_trades()
            self.say_nothing_there(self.panels())
            return
        self._sectors(scope)
        self.watch_prices(scope)
        if self.shows_trades:
            self.look_at_trades(scope)
        elif scope.has_positions:
            self.refill()
            if not self._is_recalled and self.has_row():
                self._is_recalled = True
                self.table().go_to(self.left.cursor_in(scope.run_id))

    def do_trades(self) -> None:
        """h: between what is held and what was sold."""
        self.shows_trades = not self.shows_trades
        self.forget_trades()
        self._is_recalled = False
        self.recall_list()
        self.show(self.scope)
        self.frame_changed()

    def do_opening(self) -> Outcome:
        """o: the decision behind the row."""
        found = self._found()
        return self.ask(ShowDecisions(decision_id=found.decision_id)) if found is not None else None

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name == "opening" and not self.has_row():
            return "there is no row under the cursor"
        return super().refusal(command)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See `RunScreen`: the ends of what was read are not those of the list."""
        if action == "to_first":
            is_elsewhere = self.window.has_above or self.window.waiting > 0
            return self.shows_trades and is_elsewhere and self.focused is self.table()
        if action == "to_last":
            return self.shows_trades and self.window.has_below and self.focused is self.table()
        return super().check_action(action, parameters)

    def action_to_first(self) -> None:
        """g: to the first of the closed trades, those that waited too."""
        if self.scope is not None:
            self.read_trades(self.scope, follows=True)

    def action_to_last(self) -> None:
        """G: to the last of them."""
        if self.scope is not None:
            self.read_last(self.scope)

    def on_row_table_near_end(self) -> None:
        """The cursor comes to the end of what was read."""
        if self.scope is not None and self.shows_trades and self.window.has_below:
            self.read_below(self.scope)

    # The row under the cursor

    def row_chosen(self, key: str | None) -> None:
        """Show the row under the cursor in detail, and read what is above it when that comes near."""
        scope, found = self.scope, self._found()
        if scope is not None and found is not None and (self.shows_trades or self._is_recalled):
            is_top = self.is_at_top() if self.shows_trades else self.table().position[0] <= 1
            self.keep_cursor(scope, "" if is_top else str(key))
        if scope is not None and self.window.has_above and self.table().position[0] <= PAGE // 4:
            self.read_above(scope)
        panel = self.query_one("#detail", Panel)
        if found is None or scope is None:
            panel.empty(["Choose a row: j and k go down and up."])
            return
        panel.normal()
        panel.entitle(found.ticker)
        subject = found.decision_id, scope.events
        if self._told is not None and self._told[0] == subject:
            self._detail(found, *self._told[1:])
            return
        before = self._told if self._told and self._told[0][0] == found.decision_id else (None, None, ())
        self._detail(found, *before[1:])  # while it is read anew, what was told of the same stays
        self.read_story(subject, found)

    @background(group="story", exclusive=True)
    async def read_story(self, subject: _Subject, found: PositionMark | ClosedTrade) -> None:
        """Read the decision behind a row, its fills and its stops."""
        await asyncio.sleep(CURSOR_RESTS)
        decision_id, (run_id, on, _) = subject
        try:
            story = await self.feed.decision(run_id, decision_id)
            is_held = isinstance(found, PositionMark)
            lots = await self.feed.tax_lots(run_id, found.ticker, on) if is_held and on else ()
        except StonksError as error:
            self.query_one("#detail", Panel).error(error.message, error.hint)
            return
        if story is not None and self.scope is not None:
            self._told = subject, story, lots
            self._detail(self._found_now(found), story, lots)

    def _found(self) -> PositionMark | ClosedTrade | None:
        return self.trade() if self.shows_trades else self.mark()

    def _found_now(self, found: PositionMark | ClosedTrade) -> PositionMark | ClosedTrade:
        """Return `found` with the prices of now: a look may have come while its story was read."""
        now = self._found()
        return now if now is not None and now.decision_id == found.decision_id else found

    def _detail(
        self, found: PositionMark | ClosedTrade, story: DecisionStory | None, lots: tuple[OpenLot, ...] = ()
    ) -> None:
        assert self.scope is not None
        assert self.scope.snapshot is not None
        on = self.scope.snapshot.on
        canvas = self.query_one("#detail Canvas", Canvas)
        if isinstance(found, ClosedTrade):
            canvas.paint(lambda columns, _: position_detail.trade_detail(found, story, columns))
        else:
            canvas.paint(lambda columns, _: position_detail.detail(found, story, lots, on, columns))

    def _sectors(self, scope: Scope) -> None:
        panel = self.query_one("#sectors", Panel)
        if scope.has_positions and not (scope.snapshot and scope.snapshot.positions):
            panel.empty(["Nothing is held."])
        elif scope.has_positions:
            panel.normal()
            panel.query_one(Canvas).paint(partial(positions.sectors, scope))
