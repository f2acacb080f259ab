"""Live app: the screens of an account that trades, beside its engine or far from it.

It looks at what the engine has kept, and says what a person wants by way of the engine's door.
"""

import asyncio
import gc
import math
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from engine.adapters import clock
from engine.errors import StonksError
from engine.model.audit import Asked, Word
from engine.model.runs import LIVE_RUN
from stonks_tui.background import background
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_feed import Change, LiveFeed
from stonks_tui.refresh_pace import RefreshPace, Spent
from stonks_tui.requests import Outcome
from stonks_tui.screens.question import SheetBox
from stonks_tui.steering import Pace, Steering
from stonks_tui.steering_app import SteeringApp
from stonks_tui.view_models import acting, engine_words
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.sheets import Choice, LeaveSheet, Leaving

DETACH, STOP, HUNG_UP = 10, 11, 12
"""What it is left with: let the engine go on without the terminal, end it, or the terminal is gone."""
_FOLLOW = "follow"
_FOLLOWS_EVERY = 0.5


class LiveApp(SteeringApp):
    """Shows the live account of `feed`. `pace` is the clock of a demo, `engine` the one in this process, if any.

    `early` are signals that came before the app could hear them.
    """

    def __init__(
        self,
        feed: LiveFeed,
        steering: Steering,
        *,
        pace: Pace | None = None,
        engine: EngineThread | None = None,
        early: Sequence[int] = (),
        **how: Any,
    ) -> None:
        super().__init__(feed, steering, attached=engine is None, run_id=LIVE_RUN, **how)
        self._live = feed
        self._pace = pace
        self._engine = engine
        self._early = early
        self._seen: tuple[object, ...] = ()
        self._unread_since: datetime | None = None
        self._prices = RefreshPace(self._spent, time.monotonic)

    def on_ready(self) -> None:
        """Begin to follow the account."""
        if signal.SIGTERM in self._early:
            self.call_later(self.action_leave)
        elif signal.SIGHUP in self._early:
            self.call_later(self.hung_up)
        if self._engine is not None:
            gc.freeze()  # each look of the collector through the screens would hold up the engine too
            asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, self.call_later, self._stay_awake)
        self.follow()
        self.set_interval(_FOLLOWS_EVERY, self._follow_on)

    def _spent(self) -> Spent:
        """Return what the screens have cost so far; what an engine in this process costs is not theirs."""
        return Spent(time.process_time() if self._engine is None else time.thread_time(), self.written)

    def _stay_awake(self) -> None:
        self.say("this terminal has the engine in it: asleep it would watch nothing", "q, d lets it go on without it")

    def begin(self) -> None:
        """See `StonksApp.begin`: an account that the engine is just making is followed once it is there."""
        if self._engine is None:
            super().begin()

    def _follow_on(self) -> None:
        """Follow, unless that is still being done: of an account that takes long to read nothing would be seen."""
        if not any(worker.group == _FOLLOW and not worker.is_finished for worker in self.workers):
            self.follow()

    @background(group=_FOLLOW, exclusive=True)
    async def follow(self) -> None:
        """Show what has become of the account, if it is looked at and anything has."""
        scope = self.scope
        if self._is_over():
            self.call_later(self.leave_with, STOP)
            return
        if scope is None:
            if self._engine is None or await self._has_account():
                self.open_run(LIVE_RUN)
            return
        if scope.run_id != LIVE_RUN or self.is_leaving:
            return
        try:
            if await self._live.change() is Change.PRICES and not self._prices.is_due:
                return
            story = await self._live.story(LIVE_RUN)
            day = await self._live.day(LIVE_RUN, story.days[-1].on) if story.days else None
        except StonksError as error:
            if self.scope is scope:
                self._tell_unread(scope, error)
            return
        self._unread_since = None
        fault = self._engine.error if self._engine else None
        if fault is not None and story.alive is not None:  # it did not live to say so itself
            story = replace(story, alive=replace(story.alive, seconds=math.inf))
        alive = story.alive
        beat = alive.heartbeat if alive else None
        silent = int(alive.seconds) if alive and alive.is_stale else alive and alive.is_lost
        seen = (alive and (alive.turn, silent), beat and (beat.doing, beat.protected, beat.troubles, beat.at))
        if seen == self._seen or self.scope is not scope:
            return
        self._seen = seen
        self._prices.refreshed()
        news = "; ".join(beat.troubles) if beat and beat.troubles and not (alive and alive.is_lost) else ""
        if fault is not None:
            news = f"the engine broke: {str(fault) or type(fault).__name__}"
        elif alive and not alive.is_lost and self._engine is not None and alive.heartbeat.pid != os.getpid():
            news = engine_words.STANDBY
        self.look_at(scope.follow(story, day), news or self._frozen())

    def _tell_unread(self, scope: Scope, error: StonksError) -> None:
        """Say what is missing and since when, beside what was last read."""
        self._seen = ()
        self._unread_since = self._unread_since or clock.now()
        words = engine_words.unread(self._unread_since, error.message)
        if (alive := scope.story.alive) is not None:
            beat = replace(alive.heartbeat, troubles=(words,))
            scope = replace(scope, story=replace(scope.story, alive=replace(alive, heartbeat=beat)))
        self.look_at(scope, words)

    async def _has_account(self) -> bool:
        try:
            await self._live.story(LIVE_RUN)
        except StonksError:
            return False
        return True

    def _is_over(self) -> bool:
        """Was the engine of this process told to end by somebody else, or did it break before it had an account?

        A demo stays up: its days are over some time.
        """
        if self._engine is None or self._engine.is_alive or self.is_leaving:
            return False
        return self.scope is None if self._engine.error is not None else self._pace is None

    def _frozen(self) -> str:
        return "FROZEN" if self._pace is not None and self._pace.is_frozen() else ""

    def is_offline(self) -> bool:
        """See `SteeringApp.is_offline`: what the account says may be of the engine before this one."""
        return not self._engine.is_alive if self._engine is not None else super().is_offline()

    def do_send_test(self, _: str) -> None:
        """t on the screen of notifications: nothing of the account changes, so nothing is rehearsed."""
        self.tell(Asked(word=Word.NOTIFY, origin="screens"))

    # The clock of a demo

    def has_clock(self) -> bool:
        """See `SteeringApp.has_clock`."""
        return self._pace is not None

    def do_freeze(self, _: str) -> None:
        """f"""
        if (pace := self._paced()) is not None:
            if pace.is_frozen():
                pace.go_on()
            else:
                pace.freeze()
            self.look_at(self.scope, self._frozen())

    def do_one_look(self, _: str) -> None:
        """l"""
        if (pace := self._paced()) is not None:
            pace.one_look()
            self.look_at(self.scope, self._frozen())

    def do_speed(self, text: str) -> None:
        """:speed 20"""
        if (pace := self._paced()) is None:
            return
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if seconds > 0:
            pace.set_day_seconds(seconds)
            self.say(f"a trading day takes {seconds:g} s", is_bad=False)
        else:
            self.say(f"'{text}' is no number of seconds", "such as :speed 20")

    def _paced(self) -> Pace | None:
        if self._pace is None:
            self.say(acting.NO_CLOCK)
        return self._pace

    # Leaving

    def do_quit(self, _: str) -> Outcome:
        """q: a demo ends with its terminal; of an account somebody has to say what becomes of the engine."""
        is_alone = self._engine is None or not self._engine.is_alive
        if is_alone or self._pace is not None:
            return self.action_leave()
        return self.put(SheetBox(LeaveSheet(), self.chosen, unchosen=lambda: self.say("still here", is_bad=False)))

    async def chosen(self, choice: Choice) -> None:
        """See `SteeringApp.chosen`."""
        if choice is Leaving.DETACH:
            self.call_later(self.leave_with, DETACH)
        elif choice is Leaving.STOP:
            await self.do_stop("")
        else:
            await super().chosen(choice)

    async def obey(self, asked: Asked) -> None:
        """See `SteeringApp.obey`: the engine of this process ends with its screens."""
        if asked.word is Word.STOP and self._engine is not None:
            self.call_later(self.leave_with, STOP)
        else:
            await super().obey(asked)

    async def hung_up(self) -> None:
        """See `StonksApp.hung_up`: the engine is not to end with its terminal, unless it is ending already."""
        if not self.is_leaving:
            await self.leave_with(HUNG_UP)

    async def leave_with(self, code: int) -> None:
        """End the app; `code` says what is to become of the engine."""
        await self.action_leave()
        self.exit(code)

    def look_at(self, scope: Scope | None, news: str = "") -> None:
        """See `RunApp.look_at`."""
        super().look_at(scope, news or self._frozen())
