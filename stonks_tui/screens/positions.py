"""Positions: what is held on the day, and what was sold until then."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.portfolio import PositionMark
from engine.model.positions import ClosedTrade
from engine.model.tax import OpenLot
from engine.model.views import DecisionStory
from stonks_tui.requests import Outcome, ShowDecisions
from stonks_tui.screens.list_screen import CURSOR_RESTS, ListScreen
from stonks_tui.screens.run_screen import bindings_of
from stonks_tui.view_models import position_detail, positions
from stonks_tui.view_models.commands import Command
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable


class PositionsScreen(ListScreen):
    """Positions or closed trades, the one under the cursor in detail, the sectors."""

    NAME: ClassVar[str] = "positions"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("positions")

    closed: tuple[ClosedTrade, ...] | None = None
    closed_of: int = 0
    shows_trades: bool = False

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield Panel("Positions", RowTable(), id="list")
        with Container(id="beside", classes="row"):
            yield Panel("Detail", Canvas(can_focus=True), id="detail")
            yield Panel("Sectors", Canvas(can_focus=True), id="sectors")

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return positions.TRADE_COLUMNS if self.shows_trades else positions.HELD_COLUMNS

    def list_name(self) -> str:
        """See `ListScreen`."""
        return "trades" if self.shows_trades else "positions"

    def show(self, scope: Scope | None) -> None:
        """Paint the panes."""
        if scope is None or scope.snapshot is None:
            self.say_nothing_there(self.panels())
            return
        self._sectors(scope)
        if self.shows_trades and self.closed_of != scope.run_id:
            self.query_one("#list", Panel).loading_words()
            self.read_trades(scope.run_id)
        elif self.shows_trades or scope.has_positions:
            self.refill()

    def view(self) -> TableView:
        """See `ListScreen`."""
        assert self.scope is not None
        if self.shows_trades:
            return positions.trades(self.closed or (), self.scope, self.order, self.wanted)
        return positions.held(self.scope, self.order, self.wanted)

    def heading(self, view: TableView) -> str:
        """See `ListScreen`."""
        return f"Closed trades · {len(view.rows):,}" if self.shows_trades else f"Positions · {len(view.rows)}"

    def do_trades(self) -> None:
        """h: between what is held and what was sold."""
        self.shows_trades = not self.shows_trades
        self.recall_list()
        self.show(self.scope)
        self.frame_changed()

    def do_opening(self) -> Outcome:
        """o: the decision behind the row."""
        found = self._trade() if self.shows_trades else self._mark()
        return self.ask(ShowDecisions(decision_id=found.decision_id)) if found is not None else None

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name == "opening" and not self.has_row():
            return "there is no row under the cursor"
        return super().refusal(command)

    def row_chosen(self, _: str | None) -> None:
        """Show the row under the cursor in detail."""
        panel = self.query_one("#detail", Panel)
        found = self._trade() if self.shows_trades else self._mark()
        if found is None or self.scope is None:
            panel.empty(["Choose a row: j and k go down and up."])
            return
        panel.normal()
        panel.entitle(found.ticker)
        self._detail(found, None)
        self.read_story(self.scope.run_id, found)

    @work(exclusive=True, group="story")
    async def read_story(self, run_id: int, found: PositionMark | ClosedTrade) -> None:
        """Read the decision behind a row, its fills and its stops."""
        await asyncio.sleep(CURSOR_RESTS)
        try:
            story = await self.feed.decision(run_id, found.decision_id)
            lots = await self._lots(run_id, found)
        except StonksError as error:
            self.query_one("#detail", Panel).error(error.message, error.hint)
            return
        if story is not None:
            self._detail(found, story, lots)

    async def _lots(self, run_id: int, found: PositionMark | ClosedTrade) -> tuple[OpenLot, ...]:
        if isinstance(found, ClosedTrade) or self.scope is None or self.scope.snapshot is None:
            return ()
        return await self.feed.tax_lots(run_id, found.ticker, self.scope.snapshot.on)

    @work(exclusive=True, group="trades")
    async def read_trades(self, run_id: int) -> None:
        """Read the closed trades of the run."""
        try:
            self.closed = await self.feed.trades(run_id)
        except StonksError as error:
            self.query_one("#list", Panel).error(error.message, error.hint)
            return
        self.closed_of = run_id
        if self.shows_trades:
            self.refill()

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

    def _mark(self) -> PositionMark | None:
        key, day = self.table().row_key, self.scope.snapshot if self.scope else None
        return next((p for p in day.positions if p.decision_id == key), None) if day else None

    def _trade(self) -> ClosedTrade | None:
        key = self.table().row_key
        return self.closed[int(key)] if self.closed and key is not None else None
