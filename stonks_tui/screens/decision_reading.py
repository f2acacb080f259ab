"""Decision reading: the list of decisions is a window on the database; when is which page of it read?"""

import asyncio
from datetime import timedelta
from typing import ClassVar

from engine.errors import StonksError
from engine.model.decisions import Decision
from engine.model.views import DecisionFilter
from engine.ports import DecisionPage
from stonks_tui.background import background
from stonks_tui.requests import Export, Say
from stonks_tui.screens.list_screen import CURSOR_RESTS
from stonks_tui.screens.paged_list import PagedList
from stonks_tui.view_models import decision_filter, decision_window, decisions
from stonks_tui.view_models.decision_window import DecisionWindow
from stonks_tui.view_models.exports import csv_rows
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, TableView

PAGE = 200
MOST_WAITING = 99
"""So many new rows are counted; of more it is said that there are more."""
_EXPORT_PAGE = 5_000


class DecisionReading(PagedList):
    """A list of the decisions up to the day, newest first, of which a window is read."""

    NAME: ClassVar[str] = ""

    window: DecisionWindow = DecisionWindow()
    count: int | None = None
    wanted_id: str | None = None
    recalled_id: str = ""
    tickers: tuple[str, ...] = ()

    def columns(self) -> tuple[Column, ...]:
        """See `ListScreen`."""
        return decisions.COLUMNS

    def view(self) -> TableView:
        """See `ListScreen`."""
        assert self.scope is not None
        empty = decisions.nothing(self.scope, self.wanted, self.tickers)
        return decisions.table(self.window.decisions, has_more=self.window.older is not None, empty=empty)

    def heading(self, _: TableView) -> str:
        """See `ListScreen`."""
        return decisions.heading(self.count, self.window.waiting, MOST_WAITING)

    def is_at_top(self) -> bool:
        """Is the cursor on the newest decision that has been read?"""
        return not self.window.has_newer and self.table().position[0] <= 1

    @background(group="page", exclusive=True)
    async def read_page(self, scope: Scope, *, follows: bool = False) -> None:
        """Read the first page, and count what fits; with `follows` the cursor goes to the newest."""
        try:
            self.window = decision_window.newest(await self._page(scope, None))
            self.count = None if self.window.older is not None else len(self.window.decisions)
            self.tickers = self.tickers or await self.feed.tickers(scope.run_id)
            await self._go_to_wanted(scope)
            self.refill()
            if follows and self.table().position[0] > 1:
                self.table().action_move_to(0)
            if self.count is None:
                self.count = await self.feed.count_decisions(scope.run_id, self._where(scope))
                self.entitle(self.view())
        except StonksError as error:
            self.list_panel().error(error.message, error.hint)
            return
        self.count_tabs()

    @background(group="page", exclusive=True)
    async def read_older(self, scope: Scope) -> None:
        """Read the page after those."""
        older = self.window.older
        page = await self.asked(self._page(scope, older))
        if page is not None and self.window.older == older:
            self.window = self.window.with_older(page)
            shown = self.left.shown(decisions.COLUMNS)
            rows = tuple(decisions.row(d).only(shown) for d in page.decisions)
            self.table().show_more(rows, page.next is not None)

    @background(group="newer", exclusive=True)
    async def read_newer(self, scope: Scope) -> None:
        """Read the page before those; the rows on the screen stay where they are."""
        top = self.window.top
        page = await self.asked(self._page(scope, top, newest_first=False))
        if page is not None and self.window.top == top:
            self.window = self.window.with_newer(page)
            self.refill()

    @background(group="page", exclusive=True)
    async def read_end(self, scope: Scope) -> None:
        """Read the last page, and put the cursor on the first decision of the run."""
        page = await self.asked(self._page(scope, None, newest_first=False))
        if page is not None:
            self.window = decision_window.oldest(page)
            self.refill()
            self.table().action_move_to(-1)

    @background(group="page", exclusive=True)
    async def read_match(self, scope: Scope, step: int) -> None:
        """Go to the next decision, or the one before, that fits what was sought and is not among the rows."""
        where = decision_filter.parse(self.sought).where
        if scope.snapshot is not None:
            where = decision_filter.by_day(where, scope.snapshot.on)
        after = self.window.older if step > 0 else self.window.top
        found = None
        if self.window.has_beyond(step):
            found = await self.asked(self.feed.decisions(scope.run_id, where, after, 1, newest_first=step > 0))
        if found is None or found.first is None:
            way = "further back" if step > 0 else "that is newer"
            self.ask(Say(words=f"no decision {way} fits '{self.sought}'"))
            return
        await self._put_around(scope, found.first, found.decisions[0].decision_id)

    @background(group="waiting", exclusive=True)
    async def count_waiting(self, scope: Scope) -> None:
        """Count what was made since somebody left the top."""
        top = self.window.top
        if self.window.has_newer:
            return
        page = await self.asked(self._page(scope, top, newest_first=False, limit=MOST_WAITING + 1))
        if page is not None and self.window.top == top:
            self.window = self.window.with_waiting(len(page.decisions))
            self.entitle(self.view())

    def count_tabs(self) -> None:
        """See `ListScreen`."""
        self.read_counts()

    def do_export(self) -> None:
        """e: everything that fits, as a file; not only what has been read."""
        self.read_all()

    @background(group="tabs", exclusive=True)
    async def read_counts(self) -> None:
        """Count what each tab lets through."""
        scope, tabs = self.scope, self.left.tabs
        if scope is None or scope.snapshot is None or not tabs:
            return
        await asyncio.sleep(CURSOR_RESTS)
        counts = {}
        for tab in ("", *tabs):
            where = decision_filter.by_day(decision_filter.parse(tab).where, scope.snapshot.on)
            counts[tab] = await self.asked(self.feed.count_decisions(scope.run_id, where)) or 0
        self.counts = counts
        self.show_tabs()

    @background(group="export", exclusive=True)
    async def read_all(self) -> None:
        """Read everything that fits, a page at a time, and have it written."""
        scope, after, parts, rows = self.scope, None, [], 0
        if scope is None:
            return
        while True:
            page = await self.asked(self._page(scope, after, limit=_EXPORT_PAGE))
            if page is None:
                return
            table = decisions.table(page.decisions, has_more=False, empty=())
            parts.append(await asyncio.to_thread(csv_rows, table, with_heading=after is None))
            rows, after = rows + len(page.decisions), page.next
            if after is None:
                break
        self.ask(Export(name=self.list_name(), text="".join(parts), rows=rows))

    async def _page(
        self, scope: Scope, after: int | None, *, newest_first: bool = True, limit: int = PAGE
    ) -> DecisionPage:
        return await self.feed.decisions(scope.run_id, self._where(scope), after, limit, newest_first=newest_first)

    def _where(self, scope: Scope) -> DecisionFilter:
        where = decision_filter.parse(self.wanted).where
        return decision_filter.by_day(where, scope.snapshot.on) if scope.snapshot else where

    async def _put_around(self, scope: Scope, place: int, decision_id: str) -> None:
        """Show the rows from the decision at `place` on, with the cursor on it."""
        page = await self._page(scope, place + 1)
        if page.first != place:  # the filter leaves it out
            self.wanted = ""
            page = await self._page(scope, place + 1)
        if page.first != place:
            self.ask(Say(words=f"{decision_id} was decided after this day; > goes to the last one", severity="warning"))
        self.window = decision_window.around(page)
        self.count = None
        self.refill()
        self.table().go_to(decision_id)
        self.count = await self.feed.count_decisions(scope.run_id, self._where(scope))
        self.entitle(self.view())

    async def _go_to_wanted(self, scope: Scope) -> None:
        """See to it that a decision which was asked for is among the rows, and under the cursor."""
        wanted, self.wanted_id = self.wanted_id, None
        if wanted is None:
            return
        story = await self.feed.decision(scope.run_id, wanted)
        if story is None:
            if wanted != self.recalled_id:  # another account may have taken the place of the one that was left
                self.ask(Say(words=f"there is no decision {wanted} in this run", severity="warning"))
            return
        if self.window.place_of(story.decision.decision_id) is None:
            await self._put_around(scope, await self._place_of(scope, story.decision), story.decision.decision_id)
            return
        self.table().show(self.view().only(self.left.shown(decisions.COLUMNS)))
        self.table().go_to(story.decision.decision_id)

    async def _place_of(self, scope: Scope, d: Decision) -> int:
        """Return the place of a decision: of those on one ticker at one moment there are hardly ever two."""
        moment = DecisionFilter(ticker=d.ticker, since=d.at, until=d.at + timedelta(microseconds=1))
        after = None
        while True:
            page = await self.feed.decisions(scope.run_id, moment, after, 1)
            if page.first is None or page.decisions[0].decision_id == d.decision_id or page.next is None:
                return page.first or 0
            after = page.next
