"""Backtest: the runs there are, what came of each, and a new one."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from engine.errors import StonksError
from engine.ports import RunListing
from stonks_tui.background import background
from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask, CancelLaunch, Launch, OpenRun, Outcome
from stonks_tui.screens.run_form import RunFormDialog
from stonks_tui.screens.run_screen import RunScreen, bindings_of
from stonks_tui.view_models import run_again, run_progress, runs
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.run_form import Form
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.view_models.scope import Scope
from stonks_tui.widgets.canvas import Canvas
from stonks_tui.widgets.panel import Panel
from stonks_tui.widgets.row_table import RowTable

_MOST_COMPARED = 5


class BacktestScreen(RunScreen):
    """The history of runs, one of them in detail or some side by side, and the one that is being made."""

    NAME: ClassVar[str] = "backtest"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("backtest")

    listings: Sequence[RunListing] = ()
    marked: frozenset[int] = frozenset()

    def __init__(self, feed: Feed, ask: Ask, *, data_dir: Path, new_form: Callable[[], Form]) -> None:
        super().__init__(feed, ask)
        self.data_dir = data_dir
        self.new_form = new_form

    def body(self) -> Iterator[Widget]:
        """Lay out the panes."""
        yield Panel("Runs", RowTable(), id="list")
        with Vertical(classes="row", id="beside"):
            yield Panel("Running", Canvas(can_focus=True), id="running")
            yield Panel("Run", Canvas(can_focus=True), id="detail")

    def panels(self) -> list[Panel]:
        """Return the panes; that of the running one only while there is one."""
        return [p for p in super().panels() if p.id != "running" or self.progress is not None]

    def show(self, _: Scope | None) -> None:
        """Read the list."""
        self.read_runs()

    def look(self, scope: Scope | None, progress: RunProgress | None = None, news: str = "") -> None:
        """See `RunScreen`. When a run has ended, the list has another one."""
        ended = self.progress is not None and progress is None
        super().look(scope, progress, news)
        self._show_progress()
        if ended:
            if self.turned().id == "running":
                self.turn_to(self.panels()[0])
            self.read_runs()

    @background(group="runs", exclusive=True)
    async def read_runs(self) -> None:
        """Read the runs there are."""
        panel = self.query_one("#list", Panel)
        try:
            self.listings = await self.feed.runs()
        except StonksError as error:
            panel.error(error.message, error.hint)
            return
        self.marked &= {entry.run_id for entry in self.listings}
        self._fill()

    def on_row_table_highlighted(self, _: RowTable.Highlighted) -> None:
        """The cursor is on another run."""
        self._detail()

    async def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Enter: look at the run in every screen."""
        await self.asking(OpenRun(run_id=int(event.key)))

    def do_mark(self) -> None:
        """m: mark the run under the cursor, or take the mark back."""
        entry = self._chosen()
        if entry is not None:
            self.marked = self.marked ^ {entry.run_id}
            self._fill()
            self.table().action_move(1)

    def do_compare(self) -> None:
        """=: the marked runs side by side."""
        self.read_comparison(sorted(self.marked))

    @background(group="compare", exclusive=True)
    async def read_comparison(self, run_ids: Sequence[int]) -> None:
        """Compare runs and show the difference."""
        panel = self.query_one("#detail", Panel)
        panel.loading_words("comparing …")
        self.turn_to(panel)
        try:
            found = await self.feed.comparison(run_ids)
        except StonksError as error:
            panel.error(error.message, error.hint)
            return
        panel.entitle("Comparison", " and ".join(map(str, run_ids)))
        panel.normal()
        panel.query_one(Canvas).paint(lambda columns, _: runs.comparison(found, columns), from_top=True)

    def do_new_run(self) -> Outcome:
        """n: ask for a new backtest."""
        return self._ask(self.new_form())

    def do_again(self) -> Outcome:
        """a: the run under the cursor once more, with something changed."""
        entry = self._chosen()
        return (
            self._ask(run_again.from_record(entry.record)) if entry is not None and entry.record is not None else None
        )

    def do_cancel_run(self) -> None:
        """x: end the run that is being made."""
        self.ask(CancelLaunch())

    def refusal(self, command: Command) -> str | None:
        """See `RunScreen`."""
        if command.name == "compare" and not 2 <= len(self.marked) <= _MOST_COMPARED:
            return f"m marks the runs to compare, from two to {_MOST_COMPARED}; marked: {len(self.marked)}"
        if command.name == "cancel_run" and self.progress is None:
            return "no run is being made"
        if command.name in {"new_run", "again"} and self.progress is not None:
            return "a run is being made: x cancels it"
        if command.name in {"again", "mark"} and (not self.is_mounted or self._chosen() is None):
            return "there is no run under the cursor"
        if command.name == "again" and (entry := self._chosen()) is not None and entry.record is None:
            return "the run cannot be read, so what it was made of is not known"
        return super().refusal(command)

    def table(self) -> RowTable:
        """Return the list of runs."""
        return self.query_one("#list RowTable", RowTable)

    def _show_progress(self) -> None:
        progress = self.progress
        self.set_class(progress is not None, "-running")
        if progress is not None:
            panel = self.query_one("#running", Panel)
            panel.entitle("Running", "x cancels it")
            panel.normal()
            panel.query_one(Canvas).paint(partial(run_progress.lines, progress))

    def _ask(self, form: Form) -> Outcome:
        return self.app.push_screen(RunFormDialog(form, self.data_dir), self._launch)

    def _launch(self, arguments: tuple[str, ...] | None) -> None:
        if arguments is not None:
            self.ask(Launch(arguments=arguments))

    def _fill(self) -> None:
        opened = self.scope.run_id if self.scope is not None else None
        view = runs.table(self.listings, self.marked, opened)
        panel = self.query_one("#list", Panel)
        panel.entitle(f"Runs · {len(self.listings)}", f"{len(self.marked)} marked" if self.marked else "")
        if view.rows:
            panel.normal()
        else:
            panel.empty(view.empty)
        fresh = self.table().row_key is None
        self.table().show(view)
        if fresh and opened is not None:
            self.table().go_to(str(opened))
        self._detail()
        self.frame_changed()

    def _detail(self) -> None:
        entry, panel = self._chosen(), self.query_one("#detail", Panel)
        if entry is None:
            panel.empty(["n makes a new backtest."])
            return
        panel.entitle(f"Run {entry.run_id}", entry.record.name if entry.record is not None else "")
        panel.normal()
        panel.query_one(Canvas).paint(lambda columns, _: runs.detail(entry, columns), from_top=True)

    def _chosen(self) -> RunListing | None:
        key = self.table().row_key
        return next((entry for entry in self.listings if str(entry.run_id) == key), None)
