"""Held reading: the list of what is held on the day; which prices have just moved, and which rows fit?"""

import time
from typing import ClassVar

from engine.model.portfolio import PositionMark
from stonks_tui.requests import Say
from stonks_tui.screens.trade_reading import TradeReading
from stonks_tui.view_models import positions, trade_filter
from stonks_tui.view_models.price_moves import MARKED_SECONDS, PriceMoves
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, TableView


class HeldReading(TradeReading):
    """A list of what is held, all of which the scope has; closed trades in its place while `shows_trades`."""

    NAME: ClassVar[str] = ""

    moves: PriceMoves = PriceMoves()
    _moves_of: tuple[int, bool] = (0, False)

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return super().columns() if self.shows_trades else positions.HELD_COLUMNS

    def list_name(self) -> str:
        """See `ListScreen`."""
        return super().list_name() if self.shows_trades else "positions"

    def view(self) -> TableView:
        """See `ListScreen`."""
        return super().view() if self.shows_trades else self._held(self.wanted)

    def heading(self, view: TableView) -> str:
        """See `ListScreen`."""
        return super().heading(view) if self.shows_trades else f"Positions · {len(view.rows)}"

    def mark(self) -> PositionMark | None:
        """Return the position under the cursor."""
        key, day = self.table().row_key, self.scope.snapshot if self.scope else None
        return next((p for p in day.positions if p.decision_id == key), None) if day else None

    def refill(self) -> None:
        """See `ListScreen`: tabs of what is held are counted at once."""
        if not self.shows_trades:
            self.count_tabs()
        super().refill()

    def count_tabs(self) -> None:
        """See `ListScreen`."""
        if self.shows_trades:
            super().count_tabs()
        elif self.scope is not None:
            self.counts = {tab: len(self._held(tab).rows) for tab in ("", *self.left.tabs)} if self.left.tabs else {}

    def filtered(self, text: str) -> None:
        """See `ListScreen`; closed trades are found by days too."""
        if not self.shows_trades:
            super().filtered(text)
            return
        problem = trade_filter.parse(text).problem
        if problem:
            self.ask(Say(words=problem, severity="warning"))
            return
        self.wanted = text
        self.keep()
        if self.scope is not None and self.scope.days:
            self.read_trades(self.scope)

    def completed(self, text: str) -> str:
        """See `ListScreen`: of tickers."""
        day = self.scope.snapshot if self.scope else None
        held = sorted({p.ticker for p in day.positions}) if day else ()
        done, words = trade_filter.completed(text, self.tickers if self.shows_trades else held)
        if words:
            self.ask(Say(words=words))
        return done

    def find_match(self, step: int) -> None:
        """See `ListScreen`."""
        if self.shows_trades:
            super().find_match(step)
            return
        fitting = {row.key for row in self._held(self.sought).rows}
        if not self.go_to_match(self.table().view.rows, lambda row: row.key in fitting, step):
            self.ask(Say(words=f"no row {'below' if step > 0 else 'above'} fits '{self.sought}'"))

    def do_sort(self) -> None:
        """s"""
        if self.shows_trades:
            self.sort_trades()
        else:
            super().do_sort()

    def do_export(self) -> None:
        """e"""
        if self.shows_trades:
            self.read_all()
        else:
            super().do_export()

    def watch_prices(self, scope: Scope) -> None:
        """Mark the prices that have moved since the last look at the newest day; a mark goes after a while."""
        where = scope.run_id, scope.is_now
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

    def _held(self, wanted: str) -> TableView:
        assert self.scope is not None
        return positions.held(self.scope, self.order, wanted, self.moves.ways())
