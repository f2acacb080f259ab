"""App: the terminal program. It holds what is looked at, and brings screens and the rows behind them together."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import ClassVar

import textual
from textual import work
from textual.app import App
from textual.binding import Binding, BindingType

from engine.errors import StonksError
from engine.model.runs import RunStatus
from engine.ports import RunListing
from stonks_tui import bootstrap, ui_state
from stonks_tui.feeds import Feed
from stonks_tui.messages import (
    CancelAsked,
    CommandAsked,
    DayAsked,
    DecisionsAsked,
    ExportAsked,
    LaunchAsked,
    ListChanged,
    RunAsked,
    Said,
    Severity,
)
from stonks_tui.run_launch import RunLaunch
from stonks_tui.screens.backtest import BacktestScreen
from stonks_tui.screens.decisions import DecisionsScreen
from stonks_tui.screens.dialogs import TextDialog
from stonks_tui.screens.list_screen import ListScreen
from stonks_tui.screens.overview import OverviewScreen
from stonks_tui.screens.performance import PerformanceScreen
from stonks_tui.screens.positions import PositionsScreen
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.version import __version__
from stonks_tui.view_models import diagnostics, key_help, run_form, run_progress
from stonks_tui.view_models.commands import SCREENS
from stonks_tui.view_models.run_form import Form
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.view_models.scope import Scope
from stonks_tui.widgets import output_filters, themes

_MONTH = 21


class StonksApp(App[int]):
    """Shows the runs that `feed` knows, in `mode` (DEMO or BACKTEST). Ends with an exit code."""

    CSS_PATH = "stonks.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "leave", show=False, priority=True)]
    TITLE = "stonks"

    def __init__(
        self,
        feed: Feed,
        *,
        data_dir: Path,
        mode: str,
        run_id: int | None = None,
        launch: tuple[str, ...] = (),
        wanted: Callable[[RunListing], bool] | None = None,
        screen: str = "",
        asks: bool = False,
        theme: str = "",
        colour: bool = True,
        ascii_only: bool = False,
    ) -> None:
        super().__init__()
        self.feed = feed
        self.data_dir = data_dir
        self.mode = mode
        self.scope: Scope | None = None
        self.news = "reading …"
        self.progress: RunProgress | None = None
        self.launches = RunLaunch()
        self.kept = ui_state.load(data_dir)
        self._run_id = run_id
        self._launch = launch
        self._asks = asks
        self._wanted = wanted or _has_books
        self._first_screen = screen or self.kept.screen
        self._before = "overview"
        self._theme = theme or self.kept.theme
        output_filters.install(self, colour=colour, ascii_only=ascii_only)

    def on_mount(self) -> None:
        """Put the screens up and begin to read."""
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.textual_name(self._theme if self._theme in themes.NAMES else themes.DEFAULT)
        ListScreen.recall(self.kept.filters, self.kept.orders)
        for screen in (
            OverviewScreen(self.feed),
            PositionsScreen(self.feed),
            DecisionsScreen(self.feed),
            PerformanceScreen(self.feed),
            BacktestScreen(self.feed, data_dir=self.data_dir, new_form=self.new_form),
        ):
            self.install_screen(screen, screen.NAME)
        for number in (signal.SIGTERM, signal.SIGHUP):  # so that the terminal is left as it was found
            asyncio.get_running_loop().add_signal_handler(number, self.call_later, self.action_leave)
        names = {screen.name for screen in SCREENS}
        self.push_screen(self._first_screen if self._first_screen in names else "overview")
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Look at the run that was asked for, else at the newest that is wanted; if there is none, make it."""
        self.open_run(self._run_id, or_make=self._launch)
        if self._asks:
            self.get_screen("backtest", BacktestScreen).do_new_run()

    def new_form(self) -> Form:
        """Return the form for a new run as it is at first: without imported data somebody has to name files."""
        form = run_form.default(self.mode)
        if form.seed is None and not bootstrap.market_path(self.data_dir).exists():
            form = form.changed("data", "")
        return form

    # What is looked at

    @work(exclusive=True, group="run")
    async def open_run(self, run_id: int | None, or_make: tuple[str, ...] = ()) -> None:
        """Look at run `run_id` in every screen; None is the newest that is wanted, else the one that is made."""
        try:
            chosen = run_id if run_id is not None else await self._newest()
            if chosen is None:
                self.look_at(None)
                if or_make:
                    self.launch(or_make)
                return
            story = await self.feed.story(chosen)
        except StonksError as error:
            self.look_at(self.scope)
            self.say(error.message, error.hint)
            return
        scope = Scope(mode=self.mode, story=story)
        self.look_at(scope.at(len(scope.days) - 1))
        self.read_day()

    @work(exclusive=True, group="day")
    async def read_day(self) -> None:
        """Read the positions of the day that is looked at."""
        scope = self.scope
        if scope is None or scope.snapshot is None or scope.has_positions:
            return
        try:
            day = await self.feed.day(scope.run_id, scope.snapshot.on)
        except StonksError as error:
            self.say(error.message, error.hint)
            return
        if day is not None and self.scope is scope:
            self.look_at(replace(scope, day=day))

    def look_at(self, scope: Scope | None, news: str = "") -> None:
        """Show `scope` in the screen that is up; the others follow when they come up."""
        self.scope, self.news = scope, news
        screen = self.run_screen()
        if screen is not None:
            screen.look(scope, self.progress, news)

    def run_screen(self) -> RunScreen | None:
        """Return the screen of the run that is up, below any dialog."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, RunScreen)), None)

    def go_to_day(self, place: int) -> None:
        """Look at the day at `place`, or the one nearest to it."""
        if self.scope is None or not self.scope.days:
            return
        scope = self.scope.at(place)
        if scope.place != self.scope.place:
            self.look_at(scope)
            self.read_day()

    async def _newest(self) -> int | None:
        runs = await self.feed.runs()
        return next((r.run_id for r in runs if self._wanted(r)), None)

    # What screens ask

    def on_command_asked(self, event: CommandAsked) -> None:
        """A command that belongs to no screen."""
        event.stop()
        if event.name.startswith("screen_"):
            self.show_screen(event.name.removeprefix("screen_"))
            return
        do: Callable[[str], None] = getattr(self, f"do_{event.name}")
        do(event.argument)

    def on_day_asked(self, event: DayAsked) -> None:
        """A screen's cursor went to a day."""
        self.go_to_day(event.place)

    def on_run_asked(self, event: RunAsked) -> None:
        """A run was chosen."""
        self.open_run(event.run_id)
        if event.shows:
            self.show_screen("overview")

    def on_decisions_asked(self, event: DecisionsAsked) -> None:
        """A screen leads to decisions."""
        screen = self.get_screen("decisions", DecisionsScreen)
        screen.open(event.where, event.decision_id)
        self.show_screen("decisions")

    def on_said(self, event: Said) -> None:
        """Something is to be told."""
        self.notify(event.words, severity=event.severity, timeout=5, markup=False)

    def on_list_changed(self, event: ListChanged) -> None:
        """A list has another filter or order."""
        self.kept = self.kept.with_list(event.name, wanted=event.wanted, order=event.order)
        ui_state.save(self.data_dir, self.kept)

    def on_export_asked(self, event: ExportAsked) -> None:
        """Write a list beside the databases."""
        run = self.scope.run_id if self.scope else 0
        target = self.data_dir / "exports" / f"run-{run}-{event.name}.csv"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(event.text, encoding="utf-8")
        except OSError as error:
            self.say(f"{target} cannot be written: {error.strerror}")
            return
        self.notify(f"{event.rows:,} rows are in {target}", timeout=8, markup=False)

    def on_launch_asked(self, event: LaunchAsked) -> None:
        """A backtest was asked for."""
        self.launch(event.arguments)

    def on_cancel_asked(self, _: CancelAsked) -> None:
        """The backtest that is made is not wanted any more."""
        if self.launches.cancel():
            self.notify("cancelling: what the run had come to is kept", timeout=3, markup=False)

    @work(group="launch")
    async def launch(self, arguments: tuple[str, ...]) -> None:
        """Make a run in a process of its own, and look at it when it is there."""
        if self.launches.is_busy:
            self.say("a run is being made already", "x on screen 5 cancels it")
            return
        ended = await self.launches.run(arguments, self.progressed)
        self.progressed(None)
        if ended.run_id is not None and ended.ended is RunStatus.COMPLETED:
            self.open_run(ended.run_id)
        else:
            self.look_at(self.scope)
        self.say(ended.problem or run_progress.farewell(ended), ended.hint, is_bad=bool(ended.problem))

    def progressed(self, progress: RunProgress | None) -> None:
        """Tell the screens how far the run is that is being made."""
        self.progress = progress
        self.look_at(self.scope)

    # Commands

    def show_screen(self, name: str) -> None:
        """Bring a screen up, with what is looked at now."""
        current = self.run_screen()
        while not isinstance(self.screen, RunScreen):
            self.pop_screen()
        if current is not None and name != current.NAME:
            self._before = current.NAME
            self.switch_screen(name)
        self.kept = replace(self.kept, screen=name)
        ui_state.save(self.data_dir, self.kept)
        screen = self.get_screen(name, RunScreen)
        self.call_after_refresh(screen.look, self.scope, self.progress, self.news)

    def do_last_screen(self, _: str) -> None:
        """-"""
        self.show_screen(self._before)

    def do_previous_day(self, _: str) -> None:
        """["""
        self._step(-1)

    def do_next_day(self, _: str) -> None:
        """]"""
        self._step(1)

    def do_previous_month(self, _: str) -> None:
        """{"""
        self._step(-_MONTH)

    def do_next_month(self, _: str) -> None:
        """}"""
        self._step(_MONTH)

    def do_first_day(self, _: str) -> None:
        """<"""
        self.go_to_day(0)

    def do_last_day(self, _: str) -> None:
        """>"""
        self._step(1_000_000)

    def _step(self, days: int) -> None:
        if self.scope is not None:
            self.go_to_day(self.scope.place + days)

    def do_day(self, text: str) -> None:
        """:day 2024-03-29"""
        try:
            on = date.fromisoformat(text)
        except ValueError:
            self.say(f"'{text}' is no day", "write it like 2024-03-29")
            return
        if self.scope is not None and self.scope.days:
            self.go_to_day(self.scope.on(on).place)

    def do_why(self, text: str) -> None:
        """:why TSLA"""
        screen = self.get_screen("decisions", DecisionsScreen)
        screen.open(None, None)
        screen.wanted = text.upper()
        self.show_screen("decisions")

    def do_open_run(self, text: str) -> None:
        """:bt 7"""
        if text.isdigit():
            self.open_run(int(text))
        else:
            self.say(f"'{text}' is no run", "5 lists them with their numbers")

    def do_theme(self, text: str) -> None:
        """:theme light"""
        if text not in themes.NAMES:
            self.say(f"there is no theme '{text}'", f"there are {', '.join(themes.NAMES)}")
            return
        self.theme = themes.textual_name(text)
        self.kept = replace(self.kept, theme=text)
        ui_state.save(self.data_dir, self.kept)

    def do_needs_you(self, _: str) -> None:
        """."""
        self.show_screen("overview")
        self.call_after_refresh(self.get_screen("overview", OverviewScreen).do_needs_you)

    def do_help(self, _: str) -> None:
        """?"""
        current = self.run_screen()
        if current is not None:
            self.push_screen(TextDialog("Help", key_help.lines(current.NAME)))

    def do_diagnostics(self, _: str) -> None:
        """D"""
        versions = {"stonks": __version__, "Python": sys.version.split()[0], "Textual": textual.__version__}
        places = {"data": str(self.data_dir), "settings": str(ui_state.path(self.data_dir))}
        terminal = {"size": f"{self.size.width}x{self.size.height}", "TERM": os.environ.get("TERM", "")}
        self.push_screen(TextDialog("Diagnostics", diagnostics.lines(versions | terminal, places, self.scope)))

    def do_quit(self, _: str) -> None:
        """q"""
        self.call_later(self.action_leave)

    async def action_leave(self) -> None:
        """End the program. A run that is being made is cancelled, and keeps what it had come to."""
        await self.launches.close()
        self.exit(0)

    def say(self, words: str, hint: str = "", *, is_bad: bool = True) -> None:
        """Tell what went wrong and what to do, or what went well."""
        severity: Severity = "warning" if is_bad else "information"
        self.notify(f"{words}\n{hint}" if hint else words, severity=severity, timeout=6, markup=False)


def _has_books(listing: RunListing) -> bool:
    return listing.record is not None and listing.record.metrics is not None
