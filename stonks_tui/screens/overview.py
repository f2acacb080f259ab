"""Overview: one look tells whether all is well."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.views import EVERY_DECISION
from stonks_tui.background import background
from stonks_tui.requests import ShowDecisions
from stonks_tui.screens.run_screen import RunScreen, bindings_of
from stonks_tui.view_models import decision_filter, decisions, equity_windows, line_chart, overview, run_progress
from stonks_tui.view_models.equity_windows import EquityWindow
from stonks_tui.view_models.risk_panel import is_turned_over
from stonks_tui.view_models.scope import Scope
from stonks_tui.widgets.canvas import Canvas, Painter
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

_NEWEST = 40


class OverviewScreen(RunScreen):
    """Risk, capital, equity, what needs a person, the newest decisions."""

    NAME: ClassVar[str] = "overview"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("overview")

    window: EquityWindow | None = None
    _read: tuple[int, date | None, int] | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        with Horizontal(classes="row", id="figures"):
            yield Panel("Risk", Canvas(can_focus=True), id="risk")
            yield Panel("Capital", Canvas(can_focus=True), id="capital")
        yield Panel("Equity", Canvas(can_focus=True), id="equity")
        with Horizontal(classes="row", id="news"):
            yield Panel("Needs you", Canvas(can_focus=True), id="needs")
            yield Panel("Last decisions", RowTable(), id="last")

    def show(self, scope: Scope | None) -> None:
        """Paint the panes."""
        if scope is None or scope.snapshot is None:
            self.say_nothing_there(self.panels())
            if self.progress is not None:
                self._paint("equity", partial(run_progress.lines, self.progress))
            if scope is not None and scope.record is not None:
                self._needs(scope)
            return
        self._paint("risk", partial(overview.risk, scope))
        risk, is_stopped = self.query_one("#risk", Panel), is_turned_over(scope)
        risk.entitle("Risk", "entries are stopped" if is_stopped else "")
        risk.set_class(is_stopped, "-warning")
        self._paint("capital", partial(overview.capital, scope))
        self.query_one("#capital", Panel).entitle("Capital", overview.as_of(scope))
        self._equity(scope)
        self._needs(scope)
        if scope.events != self._read:
            self.read_decisions(scope, scope.snapshot.on)

    def do_equity_window(self) -> None:
        """w: the next window of the curve."""
        if self.scope is not None:
            self.window = (self.window or equity_windows.usual(self.scope)).next()
            self._equity(self.scope)

    async def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Enter on a decision opens it."""
        await self.asking(ShowDecisions(decision_id=event.key))

    @background(group="decisions", exclusive=True)
    async def read_decisions(self, scope: Scope, on: date) -> None:
        """Read the newest decisions up to the day."""
        panel = self.query_one("#last", Panel)
        try:
            where = decision_filter.by_day(EVERY_DECISION, on)
            page = await self.feed.decisions(scope.run_id, where, None, _NEWEST)
        except StonksError as error:
            panel.error(error.message, error.hint)
            return
        self._read = scope.events
        if not page.decisions:
            panel.empty(decisions.nothing(scope))
            return
        panel.normal()
        panel.query_one(RowTable).show_newest(overview.latest(page.decisions, on))

    def _equity(self, scope: Scope) -> None:
        window = self.window or equity_windows.usual(scope)
        self.query_one("#equity", Panel).entitle("Equity", equity_windows.title(window))
        found = equity_windows.series(scope, window)
        if found is not None:
            series, cursor = found
            self._paint(
                "equity", lambda columns, rows: line_chart.draw(series, columns=columns, rows=rows, cursor=cursor)
            )

    def _needs(self, scope: Scope) -> None:
        panel = self.query_one("#needs", Panel)
        count = overview.needs_count(scope)
        panel.entitle("Needs you", str(count) if count else "")
        if overview.needs_you(scope):
            self._paint("needs", lambda columns, _: overview.needs_lines(scope, columns))
        else:
            alive = scope.story.alive is not None
            panel.empty(["Nothing." if alive else "Nothing: the run is complete and its data had no gaps."])

    def _paint(self, name: str, painter: Painter) -> None:
        panel = self.query_one(f"#{name}", Panel)
        panel.normal()
        panel.query_one(Canvas).paint(painter)
