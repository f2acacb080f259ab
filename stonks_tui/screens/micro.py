"""Micro-trading: is it on, what did it do today and within a week, what is open, and what came of the last signals?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from engine.errors import StonksError
from engine.model.decisions import Decision, DecisionKind
from engine.model.positions import ClosedTrade
from engine.model.trade_questions import TradeFilter, TradeOrder
from engine.model.views import DecisionFilter
from stonks_tui.background import background
from stonks_tui.requests import DoCommand, Outcome, ShowDecisions
from stonks_tui.screens.run_screen import RunScreen, bindings_of
from stonks_tui.view_models import decision_filter, micro, micro_signals, trade_filter
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.commands import by_name
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import TableView
from stonks_tui.widgets.canvas import Canvas, Painter
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

SIGNALS = 100
"""So many are shown; all of them are decisions of the kind micro."""
_MOST_TRADES = 1_000
NO_ACCOUNT = "only an account that trades can be told so: this run is over"
NOT_NOW = "this day is over: > goes to the last one"


class MicroScreen(RunScreen):
    """The switch and the day's count, the trailing seven days, what is open, the last signals."""

    NAME: ClassVar[str] = "micro"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("micro")

    rules: MicroRules | None = None
    signals: Sequence[Decision] = ()
    trades: Mapping[str, ClosedTrade] = {}
    count: int = 0
    _read: tuple[int, date | None, int] | None = None

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        with Horizontal(classes="row", id="figures"):
            yield Panel("Micro-trading", Canvas(can_focus=True), id="state")
            yield Panel("Seven days", Canvas(can_focus=True), id="week")
        yield Panel("Open", RowTable(), id="open")
        yield Panel("Signals", RowTable(), id="signals")

    def show(self, scope: Scope | None) -> None:
        """Paint the panes; rules, signals and trades are read when something has happened."""
        if scope is None or scope.snapshot is None:
            self._read = None
            self.say_nothing_there(self.panels())
            return
        if self._read is not None and self._read[0] != scope.run_id:
            self._read, self.rules, self.signals, self.trades = None, None, (), {}
        self._paint(scope)
        if scope.events != self._read:
            self.read(scope)

    @background(group="micro", exclusive=True)
    async def read(self, scope: Scope) -> None:
        """Read the rules, the last signals up to the day, and the trades that they led to."""
        assert scope.snapshot is not None
        where = decision_filter.by_day(DecisionFilter(kind=DecisionKind.MICRO), scope.snapshot.on)
        try:
            rules = await self.feed.micro_rules(scope.run_id)
            page = await self.feed.decisions(scope.run_id, where, None, SIGNALS)
            count = await self.feed.count_decisions(scope.run_id, where) if page.next is not None else None
            trades = await self._trades_of(scope, page.decisions)
        except StonksError as error:
            for name in ("state", "open", "signals"):
                self.query_one(f"#{name}", Panel).error(error.message, error.hint)
            return
        self.rules, self.signals, self.trades = rules, page.decisions, trades
        self.count = len(page.decisions) if count is None else count
        self._read = scope.events
        if self.scope is not None and self.scope.events == scope.events:
            self._paint(self.scope)
        self.keys_changed()

    async def _trades_of(self, scope: Scope, decisions: Sequence[Decision]) -> Mapping[str, ClosedTrade]:
        """Return the micro trades that were closed by the day, by the decision that began each."""
        if not decisions or scope.snapshot is None:
            return {}
        where = TradeFilter(since=decisions[-1].at)
        where = where if scope.is_now else trade_filter.until(where, scope.snapshot.at)
        page = await self.feed.trade_page(scope.run_id, where, TradeOrder.CLOSED, limit=_MOST_TRADES)
        return {t.decision_id: t for t in page.trades if t.is_micro}

    # Keys

    def do_micro_switch(self) -> Outcome:
        """m: on or off. The ladder of danger asks before it is on."""
        if self.rules is None:
            return None
        wanted = "no" if self.rules.is_on else "yes"
        return self.ask(DoCommand(name="set", argument=f"micro_trading_enabled {wanted}"))

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name == "micro_switch":
            if self.scope is None or self.scope.story.alive is None:
                return NO_ACCOUNT
            if not self.scope.is_last:
                return NOT_NOW
            return self.above(by_name("set"), "micro_trading_enabled")
        return super().refusal(command)

    async def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Enter: the decision on the signal, or the one that opened the position."""
        await self.asking(ShowDecisions(decision_id=event.key))

    # Painting

    def _paint(self, scope: Scope) -> None:
        assert scope.snapshot is not None
        self._canvas("week", partial(micro.week, scope))
        self.query_one("#week", Panel).entitle("Seven days", f"until {scope.snapshot.on}")
        if self.rules is None or not scope.has_positions:
            return
        self._canvas("state", partial(micro.state, scope, self.rules))
        held = micro.opened(scope, self.rules)
        self._list("open", held, f"Open · {len(held.rows)}")
        self.query_one("#open RowTable", RowTable).show(held)
        empty = micro_signals.nothing(scope, self.rules)
        came = micro_signals.table(self.signals, self.trades, micro.held(scope), empty)
        self._list("signals", came, micro_signals.heading(len(self.signals), self.count))
        self.query_one("#signals RowTable", RowTable).show_newest(came)

    def _canvas(self, name: str, painter: Painter) -> None:
        panel = self.query_one(f"#{name}", Panel)
        panel.normal()
        panel.query_one(Canvas).paint(painter)

    def _list(self, name: str, view: TableView, title: str) -> None:
        panel = self.query_one(f"#{name}", Panel)
        panel.entitle(title)
        if view.rows:
            panel.normal()
        else:
            panel.empty(view.empty)
