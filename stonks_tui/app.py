"""App: the terminal program. It holds what is looked at, and brings screens and the rows behind them together."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine.errors import StonksError
from engine.ports import RunListing
from stonks_tui import all_screens, bootstrap, diagnosis, exporting, quick_escape, ui_state, whole_strips
from stonks_tui.feeds import Feed
from stonks_tui.requests import (
    CancelLaunch,
    DoCommand,
    Export,
    KeepList,
    Launch,
    OpenRun,
    Outcome,
    Request,
    Say,
    ShowDecisions,
)
from stonks_tui.run_app import RunApp
from stonks_tui.screens.backtest import BacktestScreen
from stonks_tui.screens.decisions import DecisionsScreen
from stonks_tui.screens.dialogs import TextDialog
from stonks_tui.screens.overview import OverviewScreen
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.screens_ahead import ScreensAhead
from stonks_tui.view_models import key_help, needs, run_form
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.commands import SCREENS
from stonks_tui.view_models.day_steps import STEPS
from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.key_help import Focus
from stonks_tui.view_models.run_form import Form
from stonks_tui.view_models.theme_names import NAMES
from stonks_tui.widgets import output_filters, themes
from stonks_tui.widgets.row_table import RowTable


class StonksApp(RunApp):
    """Shows the runs that `feed` knows, in `mode` (DEMO or BACKTEST). Ends with an exit code."""

    CSS_PATH = "stonks.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", show=False, priority=True)]
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
        super().__init__(feed, mode=mode, wanted=wanted)
        self.data_dir = data_dir
        self.kept = ui_state.load(data_dir)
        self.is_told_to_end = False
        self._run_id = run_id
        self._launch = launch
        self._asks = asks
        self._first_screen = screen or self.kept.screen
        self._before = "overview"
        self._need = -1
        self.ahead = ScreensAhead(self, [screen.name for screen in SCREENS])
        self._theme = theme or self.kept.theme
        output_filters.install(self, colour=colour, ascii_only=ascii_only)
        quick_escape.install()
        whole_strips.install()

    async def on_mount(self) -> None:
        """Put the screens up and begin to read."""
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.textual_name(self._theme)
        for screen in all_screens.made(
            self.feed, self.asked, kept=self._list_of, data_dir=self.data_dir, new_form=self.new_form
        ):
            screen.above = self.refusal
            self.install_screen(screen, screen.NAME)
        loop = asyncio.get_running_loop()  # so that the terminal is left as it was found
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_end)
        loop.add_signal_handler(signal.SIGHUP, self.call_later, self.hung_up)
        names = {screen.name for screen in SCREENS}
        await self.push_screen(self._first_screen if self._first_screen in names else "overview")
        self.call_after_refresh(self.begin)
        if not self.is_headless:
            self.run_worker(self.ahead.make_ready(), description="")

    def _list_of(self, name: str) -> KeptList:
        return self.kept.list_of(name)

    def begin(self) -> None:
        """Look at the run that was asked for, else at the newest that is wanted; if there is none, make it."""
        self.open_run(self._run_id, or_make=self._launch)
        if self._asks:
            self.get_screen("backtest", BacktestScreen).do_new_run()

    def refusal(self, _: Command, __: str) -> str | None:
        """Return why a command cannot act now, whatever screen it is given on, None if it can."""
        return None

    def new_form(self) -> Form:
        """Return the form for a new run as it is at first: without imported data somebody has to name files."""
        form = run_form.default(self.mode)
        if form.seed is None and not bootstrap.market_path(self.data_dir).exists():
            form = form.changed("data", "")
        return form

    # What screens ask

    def asked(self, request: Request) -> Outcome:
        """Do what a screen asks for."""
        match request:
            case DoCommand():
                return self._do(request.name, request.argument)
            case OpenRun():
                self.open_run(request.run_id)
                return self.show_screen("overview")
            case ShowDecisions():
                self.get_screen("decisions", DecisionsScreen).open(request.where, request.decision_id)
                return self.show_screen("decisions")
            case Launch():
                self.launch(request.arguments)
            case CancelLaunch():
                if self.launches.cancel():
                    self.notify("cancelling: what the run had come to is kept", timeout=3, markup=False)
            case KeepList():
                self.kept = self.kept.with_list(request.name, request.kept)
                if request.now:
                    ui_state.save(self.data_dir, self.kept)
            case Export():
                self._export(request)
            case Say():
                self.notify(request.words, severity=request.severity, timeout=5, markup=False)
        return None

    def _do(self, name: str, argument: str) -> Outcome:
        if name.startswith("screen_"):
            return self.show_screen(name.removeprefix("screen_"))
        if name in STEPS:
            self._step(STEPS[name])
            return None
        do: Callable[[str], Outcome] | None = getattr(self, f"do_{name}", None)
        if do is None:
            self.say("there is no engine here to be told so", "stonks run starts one, stonks attach shows one")
            return None
        return do(argument)

    def _export(self, export: Export) -> None:
        try:
            target = exporting.write(self.data_dir, self.scope.run_id if self.scope else 0, export)
        except StonksError as error:
            self.say(error.message)
        else:
            self.notify(f"{export.rows:,} rows are in {target}", timeout=8, markup=False)

    # Commands

    async def show_screen(self, name: str) -> None:
        """Bring a screen up, with what is looked at now."""
        while not isinstance(self.screen, RunScreen):
            self.pop_screen()
        if name != self.screen.NAME:
            self._before = self.screen.NAME
            await self.switch_screen(name)
        self.kept = replace(self.kept, screen=name)
        ui_state.save(self.data_dir, self.kept)
        self.get_screen(name, RunScreen).look(self.scope, self.progress, self.news)

    def do_last_screen(self, _: str) -> Outcome:
        """-"""
        return self.show_screen(self._before)

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

    def do_why(self, text: str) -> Outcome:
        """:why TSLA"""
        screen = self.get_screen("decisions", DecisionsScreen)
        screen.open(None, None)
        screen.wanted = text.upper()
        return self.show_screen("decisions")

    def do_open_run(self, text: str) -> None:
        """:bt 7"""
        if text.isdigit():
            self.open_run(int(text))
        else:
            self.say(f"'{text}' is no run", "5 lists them with their numbers")

    def do_theme(self, text: str) -> None:
        """:theme light"""
        if text not in NAMES:
            self.say(f"there is no theme '{text}'", f"there are {', '.join(NAMES)}")
            return
        self.theme = themes.textual_name(text)
        self.kept = replace(self.kept, theme=text)
        ui_state.save(self.data_dir, self.kept)

    async def do_needs_you(self, _: str) -> None:
        """.: to the next thing that needs a person, on the screen where something can be done about it."""
        found = needs.asking(self.scope) if self.scope is not None else ()
        if not found:
            await self.show_screen("overview")
            self.get_screen("overview", OverviewScreen).point_to("")
            self.say("nothing needs you", is_bad=False)
            return
        self._need = (self._need + 1) % len(found)
        need = found[self._need]
        await self.show_screen(need.screen)
        screen = self.run_screen()
        if screen is not None:
            screen.point_to(need.ticker)
        self.say(f"{self._need + 1} of {len(found)}: {need.words}", need.todo, is_bad=False)

    def do_help(self, _: str) -> Outcome:
        """?: what is typed ahead goes to it."""
        current = self.run_screen()
        if current is None:
            return None
        focus = Focus(title=current.turned().heading, is_list=bool(current.turned().query(RowTable)))
        found = key_help.lines(current.NAME, *self.places(), focus=focus)
        return self.push_screen(TextDialog("Help", found, self.asked))

    def places(self) -> tuple[str, ...]:
        """Return where commands come from because of what is looked at."""
        return self.scope.places if self.scope is not None else ()

    def do_diagnostics(self, _: str) -> Outcome:
        """D"""
        found = diagnosis.lines(self.data_dir, self.size, self.scope, self.meter.figures())
        return self.push_screen(TextDialog("Diagnostics", found, self.asked))

    def do_quit(self, _: str) -> Outcome:
        """q"""
        return self.action_leave()

    async def action_quit(self) -> None:
        """ctrl+q: what `q` does, wherever it is pressed."""
        while len(self.screen_stack) > 1 and not isinstance(self.screen, RunScreen):
            self.pop_screen()
        if (left := self.do_quit("")) is not None:
            await left

    def _told_to_end(self) -> None:
        self.is_told_to_end = True
        self.call_later(self.action_leave)

    async def hung_up(self) -> None:
        """See `FramedApp.hung_up`."""
        await self.action_leave()

    async def action_leave(self) -> None:
        """End the program. A run that is being made is cancelled, and keeps what it had come to."""
        self.is_leaving = True
        ui_state.save(self.data_dir, self.kept)
        await self.launches.close()
        await self.ahead.stop()
        self.workers.cancel_all()  # one that came back with rows would not find its screen any more
        self.exit(0)
