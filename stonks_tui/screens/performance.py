"""Performance: how did it do, and when?"""

from collections.abc import Iterator
from typing import ClassVar, Protocol

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from stonks_tui.requests import Outcome, ShowDecisions
from stonks_tui.screens.run_screen import RunScreen, bindings_of
from stonks_tui.view_models import bar_chart, decision_filter, line_chart, performance, performance_windows
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.performance_windows import Window
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line
from stonks_tui.widgets.canvas import Canvas, Painter
from stonks_tui.widgets.panel import Panel

_LABELS = 9
"""The charts leave as much for their labels each, so that a day stands at the same place in all of them."""


class Draw(Protocol):
    """Draws a series in so many columns and rows."""

    def __call__(
        self, series: ChartSeries, *, columns: int, rows: int, cursor: int | None, label_columns: int | None
    ) -> tuple[Line, ...]:
        """Return the lines."""


class PerformanceScreen(RunScreen):
    """Equity, daily returns and drawdown under one time cursor, with the figures of its day."""

    NAME: ClassVar[str] = "performance"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("performance")

    window: Window = Window.ALL

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        with Horizontal(classes="row"):
            with Vertical(classes="row", id="curves"):
                yield Panel("Equity", Canvas(can_focus=True), id="equity")
                yield Panel("Daily returns", Canvas(can_focus=True), id="returns")
                yield Panel("Drawdown", Canvas(can_focus=True), id="drawdown")
            yield Panel("Figures", Canvas(can_focus=True), id="numbers")

    def show(self, scope: Scope | None) -> None:
        """Paint the panes."""
        if scope is None or scope.snapshot is None:
            self.say_nothing_there(self.panels())
            return
        places = performance_windows.within(scope, self.window)
        today = performance_windows.within_today(scope) if self.window is Window.DAY else ()
        cursor = scope.place - places.start
        self._draw("returns", performance.returns(scope, places), bar_chart.bars, cursor)
        if today:
            self._draw("equity", performance.equity_of_today(scope, today), line_chart.draw, len(today) - 1)
            self._draw("drawdown", performance.drawdown_of_today(today), line_chart.draw, len(today) - 1)
        else:
            self._draw("equity", performance.equity(scope, places), line_chart.draw, cursor)
            self._draw("drawdown", performance.drawdown(scope, places), line_chart.draw, cursor)
        self._paint("numbers", lambda c, r: performance.figures(scope, c, r))
        self.query_one("#equity", Panel).entitle("P&L", performance_windows.title(self.window, scope))
        self.query_one("#numbers", Panel).entitle("Figures", f"as of {scope.snapshot.on}")

    def do_window(self) -> None:
        """w: look further back, or less far."""
        if self.scope is not None:
            self.window = self.window.next(self.scope)
            self.show(self.scope)

    def do_day_decisions(self) -> Outcome:
        """Enter: the decisions of the day under the cursor."""
        if self.scope is None or self.scope.snapshot is None:
            return None
        return self.ask(ShowDecisions(where=decision_filter.of_day(self.scope.snapshot.on)))

    def _draw(self, name: str, series: ChartSeries | None, draw: Draw, cursor: int) -> None:
        if series is not None:
            self._paint(name, lambda c, r: draw(series, columns=c, rows=r, cursor=cursor, label_columns=_LABELS))

    def _paint(self, name: str, painter: Painter) -> None:
        panel = self.query_one(f"#{name}", Panel)
        panel.normal()
        panel.query_one(Canvas).paint(painter)
