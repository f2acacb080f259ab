"""Run app: which run and which day of it are looked at, and which run is being made?"""

import time
from collections.abc import Callable
from dataclasses import replace

from textual.notifications import SeverityLevel

from engine.errors import StonksError
from engine.model.runs import RunStatus
from engine.ports import RunListing
from stonks_tui.background import background
from stonks_tui.feeds import Feed
from stonks_tui.output.framed_app import FramedApp
from stonks_tui.requests import Severity
from stonks_tui.run_launch import RunLaunch
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models import run_progress
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.view_models.scope import Scope


def has_books(listing: RunListing) -> bool:
    """Is there something in the run to look at?"""
    return listing.record is not None and listing.record.metrics is not None


class RunApp(FramedApp[int]):
    """Holds the scope; the screen that is up is told of every change, the others when they come up."""

    def __init__(self, feed: Feed, *, mode: str, wanted: Callable[[RunListing], bool] | None) -> None:
        super().__init__()
        self.feed = feed
        self.mode = mode
        self.scope: Scope | None = None
        self.news = "reading …"
        self.progress: RunProgress | None = None
        self.launches = RunLaunch()
        self.is_leaving = False
        self._wanted = wanted or has_books
        self._told: dict[tuple[str, str], float] = {}

    @background(group="run", exclusive=True)
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

    @background(group="day", exclusive=True)
    async def read_day(self) -> None:
        """Read the positions of the day that is looked at."""
        scope = self.scope
        if scope is None or scope.snapshot is None or scope.has_positions:
            return
        try:
            day = await self.feed.day(scope.run_id, scope.snapshot.on)
        except StonksError as error:
            self.say(error.message, error.hint)
            if self.scope is scope:
                self.look_at(replace(scope, fault=(error.message, error.hint)), self.news)
            return
        if day is not None and self.scope is scope:
            self.look_at(replace(scope, day=day))

    def look_at(self, scope: Scope | None, news: str = "") -> None:
        """Show `scope` in the screen that is up; the others follow when they come up."""
        self.scope, self.news = scope, news
        screen = self.run_screen()
        if screen is not None and screen.is_mounted:  # one that only comes up is told when it is there
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

    @background(group="launch")
    async def launch(self, arguments: tuple[str, ...]) -> None:
        """Make a run in a process of its own, and look at it when it is there."""
        if self.launches.is_busy:
            self.say("a run is being made already", "x on screen 5 cancels it")
            return
        ended = await self.launches.run(arguments, self.progressed)
        if self.is_leaving:
            return
        self.progressed(None)
        hint, is_there = ended.hint, ended.run_id is not None and ended.ended is RunStatus.COMPLETED
        if is_there and not self._is_live():
            self.open_run(ended.run_id)
        else:
            self.look_at(self.scope)
        if is_there and self._is_live():  # who watches an account is not led away from it
            hint = f":bt {ended.run_id} opens it"
        self.say(ended.problem or run_progress.farewell(ended), hint, is_bad=bool(ended.problem))

    def _is_live(self) -> bool:
        return self.scope is not None and self.scope.story.alive is not None

    def progressed(self, progress: RunProgress | None) -> None:
        """Tell the screens how far the run is that is being made."""
        self.progress = progress
        self.look_at(self.scope)

    def say(self, words: str, hint: str = "", *, is_bad: bool = True) -> None:
        """Tell what went wrong and what to do, or what went well."""
        severity: Severity = "warning" if is_bad else "information"
        self.notify(f"{words}\n{hint}" if hint else words, severity=severity, timeout=6, markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """See `App.notify`: what stands there is not told again. A key that is held down would fill the screen."""
        now, seconds = time.monotonic(), self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self._told = {told: until for told, until in self._told.items() if until > now}
        if (message, severity) not in self._told:
            self._told[message, severity] = now + seconds
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def clear_notifications(self) -> None:
        """See `App.clear_notifications`."""
        self._told = {}
        super().clear_notifications()
