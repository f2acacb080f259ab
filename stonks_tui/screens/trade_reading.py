"""Trade reading: the list of closed trades is a window on the database; when is which page of it read?"""

import asyncio
from dataclasses import replace
from typing import ClassVar

from engine.errors import StonksError
from engine.model.positions import ClosedTrade
from engine.model.trade_questions import TradeFilter, TradeOrder
from engine.ports import TradePage
from stonks_tui.background import background
from stonks_tui.requests import Export, Say
from stonks_tui.screens.list_screen import CURSOR_RESTS
from stonks_tui.screens.paged_list import PagedList
from stonks_tui.view_models import positions, trade_filter, trade_window
from stonks_tui.view_models.exports import csv_rows
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, TableView
from stonks_tui.view_models.trade_window import TradeWindow

PAGE = 200
_EXPORT_PAGE = 5_000
_ORDERS = frozenset(TradeOrder)


class TradeReading(PagedList):
    """A list of the trades that were closed by the day, of which a window is read while `shows_trades`."""

    NAME: ClassVar[str] = ""

    shows_trades: bool = False
    window: TradeWindow = TradeWindow()
    count: int | None = None
    tickers: tuple[str, ...] = ()
    _tickers_of: int = -1
    _looked: tuple[int, int, int] | None = None

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return positions.TRADE_COLUMNS

    def list_name(self) -> str:
        """See `ListScreen`."""
        return "trades"

    def view(self) -> TableView:
        """See `ListScreen`."""
        return positions.trades(self.window, self.wanted)

    def heading(self, _: TableView) -> str:
        """See `ListScreen`."""
        return positions.trades_heading(self.count, self.window.waiting)

    def is_at_top(self) -> bool:
        """Is the cursor on the first trade of all that fit?"""
        return not self.window.has_above and self.table().position[0] <= 1

    def trade(self) -> ClosedTrade | None:
        """Return the trade under the cursor."""
        return self.window.at(self.table().row_key)

    def look_at_trades(self, scope: Scope) -> None:
        """Read the first page by the day, once; where somebody reads further down, count what came since."""
        day = scope.snapshot
        assert day is not None
        looked = scope.run_id, -1 if scope.is_now else scope.place, day.trade_count + day.micro.trade_count
        before, self._looked = self._looked, looked
        if before == looked:
            return
        if before is not None and before[0] != scope.run_id:
            self.window = TradeWindow()  # those of another run
        if before is None or before[:2] != looked[:2]:
            at = self.left.cursor_in(scope.run_id)
            self.read_trades(scope, at=int(at) if at.isdecimal() else None)
        elif self.is_at_top():
            self.read_trades(scope, follows=True)
        else:
            self.count_waiting(scope)

    def forget_trades(self) -> None:
        """Have them read anew when they are looked at next."""
        self._looked, self.window, self.count = None, TradeWindow(), None

    @background(group="trades", exclusive=True)
    async def read_trades(self, scope: Scope, *, at: int | None = None, follows: bool = False) -> None:
        """Read the first page, or the one with the trade at the place `at`, and count what fits."""
        if not self.window.trades:
            self.list_panel().loading_words()
        try:
            window = trade_window.first(await self._page(scope, None))
            if at is not None and at not in window.places:
                window = await self._around(scope, at)
            if not self.shows_trades:
                return
            is_all = not (window.has_below or window.has_above)
            self.window, self.count = window, len(window.trades) if is_all else None
            self.refill()
            if follows or at is not None:
                self.table().action_move_to(0 if follows else self._row_of(at))
            if self.count is None:
                self.count = await self.feed.count_trades(scope.run_id, self._where(scope))
                self._entitled()
            if self._tickers_of != scope.run_id:
                self.tickers, self._tickers_of = await self.feed.tickers(scope.run_id), scope.run_id
        except StonksError as error:
            self._looked = None
            self.list_panel().error(error.message, error.hint)
            return
        self.count_tabs()

    @background(group="below", exclusive=True)
    async def read_below(self, scope: Scope) -> None:
        """Read the page below those."""
        below = self.window.below
        page = await self.asked(self._page(scope, below))
        if page is not None and self.shows_trades and self.window.below == below:
            self.window = self.window.with_below(page)
            shown = self.left.shown(positions.TRADE_COLUMNS)
            rows = (positions.trade_row(place, t) for place, t in zip(page.places, page.trades, strict=True))
            self.table().show_more([row.only(shown) for row in rows], page.has_more)

    @background(group="above", exclusive=True)
    async def read_above(self, scope: Scope) -> None:
        """Read the page above those; the rows on the screen stay where they are."""
        above = self.window.above
        page = await self.asked(self._page(scope, above, backwards=True))
        if page is not None and self.shows_trades and self.window.above == above:
            self.window = self.window.with_above(page)
            self.refill()

    @background(group="trades", exclusive=True)
    async def read_last(self, scope: Scope) -> None:
        """Read the last page, and put the cursor on the last trade."""
        page = await self.asked(self._page(scope, None, backwards=True))
        if page is not None and self.shows_trades:
            self.window = trade_window.last(page)
            self.refill()
            self.table().action_move_to(-1)

    @background(group="trades", exclusive=True)
    async def read_match(self, scope: Scope, step: int) -> None:
        """Go to the next trade, or the one before, that fits what was sought and is not among the rows."""
        sought, beyond = trade_filter.parse(self.sought).where, self.window.beyond(step)
        where, found = self._by_day(sought, scope), None
        if beyond is not None:
            found = await self.asked(self._page(scope, beyond, where=where, limit=1, backwards=step < 0))
        if found is None or not found.places:
            self.ask(Say(words=f"no row {'below' if step > 0 else 'above'} fits '{self.sought}'"))
            return
        window = await self.asked(self._around(scope, found.places[0]))
        if window is not None and self.shows_trades:
            self.window = window
            self.refill()
            self.table().action_move_to(self._row_of(found.places[0]))

    @background(group="waiting", exclusive=True)
    async def count_waiting(self, scope: Scope) -> None:
        """Count what was closed since somebody left the top."""
        now = await self.asked(self.feed.count_trades(scope.run_id, self._where(scope)))
        if now is not None and self.count is not None and self.shows_trades:
            self.window = self.window.with_waiting(max(0, now - self.count))
            self._entitled()
            self.count_tabs()

    @background(group="tabs", exclusive=True)
    async def read_counts(self) -> None:
        """Count what each tab lets through."""
        scope, tabs = self.scope, self.left.tabs
        if scope is None or scope.snapshot is None or not tabs:
            return
        await asyncio.sleep(CURSOR_RESTS)
        counts = {}
        for tab in ("", *tabs):
            where = self._by_day(trade_filter.parse(tab).where, scope)
            counts[tab] = await self.asked(self.feed.count_trades(scope.run_id, where)) or 0
        if self.shows_trades:
            self.counts = counts
            self.show_tabs()

    @background(group="export", exclusive=True)
    async def read_all(self) -> None:
        """Read everything that fits, a page at a time, and have it written."""
        scope, after, parts, rows = self.scope, None, [], 0
        if scope is None:
            return
        name, where, order = self.list_name(), self._where(scope), self._trade_order()
        while True:
            asked = self.feed.trade_page(scope.run_id, where, order, after=after, limit=_EXPORT_PAGE)
            page = await self.asked(asked)
            if page is None:
                return
            parts.append(await asyncio.to_thread(_as_text, page, with_heading=after is None))
            rows += len(page.trades)
            if not page.has_more:
                break
            after = page.places[-1]
        self.ask(Export(name=name, text="".join(parts), rows=rows))

    def find_match(self, step: int) -> None:
        """See `ListScreen`: among the rows that were read, else in the database."""
        if self.scope is None:
            return
        if not self.go_to_match(self.window.trades, trade_filter.parse(self.sought).where.fits, step):
            self.read_match(self.scope, step)

    def sort_trades(self) -> None:
        """Order by the next column; the row under the cursor stays under it, but for the first one."""
        at = None if self.is_at_top() else self.table().row_key
        self.left = replace(self.left, order=self.order.next(self.columns()).column)
        self.keep()
        if self.scope is not None:
            self.read_trades(self.scope, at=int(at) if at else None, follows=at is None)

    def count_tabs(self) -> None:
        """See `ListScreen`."""
        self.read_counts()

    def _entitled(self) -> None:
        if self.shows_trades:
            self.entitle(self.view())

    def _row_of(self, place: int | None) -> int:
        return self.window.places.index(place) if place in self.window.places else 0

    def _trade_order(self) -> TradeOrder:
        return TradeOrder(self.order.column) if self.order.column in _ORDERS else TradeOrder.CLOSED

    def _where(self, scope: Scope) -> TradeFilter:
        return self._by_day(trade_filter.parse(self.wanted).where, scope)

    def _by_day(self, where: TradeFilter, scope: Scope) -> TradeFilter:
        """Return the filter with nothing after the day; of an account as it stands now there is nothing after it."""
        return where if scope.is_now or scope.snapshot is None else trade_filter.until(where, scope.snapshot.at)

    async def _page(
        self,
        scope: Scope,
        after: int | None,
        *,
        where: TradeFilter | None = None,
        limit: int = PAGE,
        backwards: bool = False,
    ) -> TradePage:
        where, order = where or self._where(scope), self._trade_order()
        return await self.feed.trade_page(scope.run_id, where, order, after=after, limit=limit, backwards=backwards)

    async def _around(self, scope: Scope, place: int) -> TradeWindow:
        """Return the window that begins with the trade at `place`."""
        above = await self._page(scope, place, limit=1, backwards=True)
        page = await self._page(scope, above.places[0] if above.places else None)
        return trade_window.around(page, has_above=bool(above.places))


def _as_text(page: TradePage, *, with_heading: bool) -> str:
    return csv_rows(positions.trades(trade_window.first(page)), with_heading=with_heading)
