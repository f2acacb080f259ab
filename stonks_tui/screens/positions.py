"""Positions: what is held on the day, and what was sold until then."""

import asyncio
import time
from collections.abc import Iterator
from datetime import date
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
from stonks_tui.requests import Outcome, Say, ShowDecisions
from stonks_tui.screens.list_screen import CURSOR_RESTS, ListScreen, list_bindings
from stonks_tui.view_models import position_detail, positions, trade_filter
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.price_moves import MARKED_SECONDS, PriceMoves
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.list_panel import ListPanel
from stonks_tui.widgets.panel import Panel


class PositionsScreen(ListScreen):
    """Positions or closed trades, the one under the cursor in detail, the sectors."""

    NAME: ClassVar[str] = "positions"
    BINDINGS: ClassVar[list[BindingType]] = list_bindings("positions")

    closed: tuple[ClosedTrade, ...] | None = None
    closed_of: int = -1
    _count: int = 0
    shows_trades: bool = False
    moves: PriceMoves = PriceMoves()
    _moves_of: tuple[int, bool] = (0, False)
    _recalled: frozenset[str] = frozenset()
    _told: tuple[tuple[int, str, date | None], DecisionStory, tuple[OpenLot, ...]] | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield ListPanel("Positions", id="list")
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
        self._watch(scope)
        is_live = scope.story.alive is not None
        if self.shows_trades and self.closed_of != scope.run_id:
            self.query_one("#list", Panel).loading_words()
            self.read_trades(scope.run_id)
        elif (
            self.shows_trades
            and is_live
            and scope.snapshot.trade_count + scope.snapshot.micro.trade_count != self._count
        ):
            self.read_trades(scope.run_id)
        elif self.shows_trades or scope.has_positions:
            self.refill()

    def view(self) -> TableView:
        """See `ListScreen`."""
        assert self.scope is not None
        return self._view_of(self.wanted)

    def _view_of(self, wanted: str) -> TableView:
        assert self.scope is not None
        if self.shows_trades:
            return positions.trades(self.closed or (), self.scope, self.order, wanted)
        return positions.held(self.scope, self.order, wanted, self.moves.ways())

    def heading(self, view: TableView) -> str:
        """See `ListScreen`."""
        return f"Closed trades · {len(view.rows):,}" if self.shows_trades else f"Positions · {len(view.rows)}"

    def refill(self) -> None:
        """See `ListScreen`: the tabs are counted too, and once the cursor goes to where it was."""
        self.counts = self._counts()
        super().refill()
        name = self.list_name()
        if self.scope is not None and name not in self._recalled and self.has_row():
            self._recalled |= {name}
            self.table().go_to(self.left.cursor_in(self.scope.run_id))

    def count_tabs(self) -> None:
        """See `ListScreen`."""
        self.counts = self._counts()

    def _counts(self) -> dict[str, int]:
        if not self.left.tabs or self.scope is None:
            return {}
        return {tab: len(self._view_of(tab).rows) for tab in ("", *self.left.tabs)}

    def filtered(self, text: str) -> None:
        """See `ListScreen`; closed trades are found by days too."""
        problem = trade_filter.parse(text).problem if self.shows_trades else ""
        if problem:
            self.ask(Say(words=problem, severity="warning"))
        else:
            super().filtered(text)

    def completed(self, text: str) -> str:
        """See `ListScreen`: of tickers."""
        head, space, word = text.rpartition(" ")
        tickers = {t.ticker for t in self.closed or ()} if self.shows_trades else self._held_tickers()
        fitting = sorted(ticker for ticker in tickers if ticker.casefold().startswith(word.casefold()))
        if len(fitting) == 1:
            return f"{head}{space}{fitting[0]} "
        self.ask(Say(words=", ".join(fitting) or trade_filter.HELP))
        return text

    def _held_tickers(self) -> set[str]:
        day = self.scope.snapshot if self.scope else None
        return {p.ticker for p in day.positions} if day else set()

    def find_match(self, step: int) -> None:
        """See `ListScreen`."""
        rows, fitting = self.table().view.rows, {row.key for row in self._view_of(self.sought).rows}
        place = self.table().position[0] - 1
        ahead = range(place + 1, len(rows)) if step > 0 else range(place - 1, -1, -1)
        found = next((at for at in ahead if rows[at].key in fitting), None)
        if found is None:
            self.ask(Say(words=f"no row {'below' if step > 0 else 'above'} fits '{self.sought}'"))
        else:
            self.table().action_move_to(found)

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

    def row_chosen(self, key: str | None) -> None:
        """Show the row under the cursor in detail."""
        if self.scope is not None and self.list_name() in self._recalled:
            self.keep_cursor(self.scope, key if key is not None and self.table().position[0] > 1 else "")
        panel = self.query_one("#detail", Panel)
        found = self._trade() if self.shows_trades else self._mark()
        if found is None or self.scope is None:
            panel.empty(["Choose a row: j and k go down and up."])
            return
        panel.normal()
        panel.entitle(found.ticker)
        known = self._told if self._told and self._told[0] == self._subject(found) else None
        self._detail(found, *(known[1:] if known else (None,)))
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
        if story is not None and self.scope is not None:
            self._told = self._subject(found), story, lots
            self._detail(found, story, lots)

    def _subject(self, found: PositionMark | ClosedTrade) -> tuple[int, str, date | None]:
        """Of what is told beside the list: while it is read anew, what was told of the same stays."""
        assert self.scope is not None
        on = self.scope.snapshot.on if self.scope.snapshot else None
        return self.scope.run_id, found.decision_id, on

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
        self.closed_of, self._count = run_id, len(self.closed)
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

    def _watch(self, scope: Scope) -> None:
        """Mark the prices that have moved since the last look at the newest day; a mark goes after a while."""
        where = scope.run_id, scope.is_last and scope.story.alive is not None
        if not scope.has_positions or scope.snapshot is None:
            return
        if where != self._moves_of or not where[1]:
            self.moves, self._moves_of = PriceMoves(), where
        self.moves = self.moves.seen(scope.snapshot.positions if where[1] else (), time.monotonic())
        if self.moves.moved:
            self.set_timer(MARKED_SECONDS, self._unmark)

    def _unmark(self) -> None:
        """Take the marks away whose time is over."""
        scope = self.scope
        if scope is not None and scope.snapshot is not None and scope.has_positions and self._moves_of[1]:
            before, self.moves = self.moves, self.moves.seen(scope.snapshot.positions, time.monotonic())
            if before.moved != self.moves.moved and not self.shows_trades and self.is_current:
                self.refill()

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
