"""Live app: the screens of an account that trades, beside its engine or far from it.

It looks at what the engine has kept, and says what a person wants by way of the engine's door.
"""

import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from textual import work

from engine.errors import StonksError, Unavailable
from engine.model.audit import Answered, Asked, Word
from engine.model.portfolio import RiskTierName
from engine.model.runs import LIVE_RUN
from stonks_tui.app import StonksApp
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_feed import LiveFeed
from stonks_tui.requests import Outcome
from stonks_tui.steering import Pace, Steering
from stonks_tui.view_models.scope import Scope

DETACH, STOP, HUNG_UP = 10, 11, 12
"""What it is left with: let the engine go on without the terminal, end it, or the terminal is gone."""
_FOLLOW = "follow"
_FOLLOWS_EVERY = 0.5
_UNLOCKED_SECONDS = 600.0
_ORIGIN = "screens"
_STANDBY = "STANDBY (another engine leads)"


class LiveApp(StonksApp):
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
        super().__init__(feed, run_id=LIVE_RUN, **how)
        self._live = feed
        self._steering = steering
        self._pace = pace
        self._engine = engine
        self._early = early
        self._attached = engine is None
        self._unlocked_until = 0.0
        self._seen: tuple[object, ...] = ()

    def on_ready(self) -> None:
        """Begin to follow the account."""
        if signal.SIGTERM in self._early:
            self.call_later(self.action_leave)
        elif signal.SIGHUP in self._early:
            self.call_later(self.hung_up)
        self.follow()
        self.set_interval(_FOLLOWS_EVERY, self._follow_on)

    def begin(self) -> None:
        """See `StonksApp.begin`: an account that the engine is just making is followed once it is there."""
        if self._engine is None:
            super().begin()

    def _follow_on(self) -> None:
        """Follow, unless that is still being done: of an account that takes long to read nothing would be seen."""
        if not any(worker.group == _FOLLOW and not worker.is_finished for worker in self.workers):
            self.follow()

    @work(exclusive=True, group=_FOLLOW)
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
            story = await self._live.story(LIVE_RUN)
            day = await self._live.day(LIVE_RUN, story.days[-1].on) if story.days else None
        except StonksError as error:
            self.look_at(scope, error.message)
            return
        fault = self._engine.error if self._engine else None
        if fault is not None and story.alive is not None:  # it did not live to say so itself
            story = replace(story, alive=replace(story.alive, seconds=math.inf))
        alive = story.alive
        beat = alive.heartbeat if alive else None
        seen = (alive and (alive.turn, alive.is_lost), beat and (beat.doing, beat.protected, beat.troubles, beat.at))
        if seen == self._seen or self.scope is not scope:
            return
        self._seen = seen
        news = "; ".join(beat.troubles) if beat and beat.troubles and not (alive and alive.is_lost) else ""
        if fault is not None:
            news = f"the engine broke: {str(fault) or type(fault).__name__}"
        elif alive and not alive.is_lost and self._engine is not None and alive.heartbeat.pid != os.getpid():
            news = _STANDBY
        self.look_at(scope.follow(story, day), news or self._frozen())

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

    # What makes less of the risk happens at once; what makes more of it is asked about.

    def do_pause(self, _: str) -> None:
        """p"""
        self.tell(Word.PAUSE)

    def do_resume(self, _: str) -> None:
        """P"""
        self._ask_first("y", "make entries again? y: ", Word.RESUME, {})

    def do_halt(self, _: str) -> None:
        """:halt"""
        self._ask_first("halt", "nothing leaves then, not even a stop; type halt: ", Word.HALT, {})

    def do_close(self, text: str) -> None:
        """:close TSLA"""
        ticker = text.upper()
        self._ask_first(ticker.lower(), f"sell all of {ticker}? type {ticker}: ", Word.CLOSE, {"ticker": ticker})

    def do_tier(self, text: str) -> None:
        """:tier conservative"""
        order = [tier.value for tier in RiskTierName]
        now = self.scope.snapshot.risk_tier.value if self.scope and self.scope.snapshot else order[0]
        if text in order and order.index(text) > order.index(now):
            self._ask_first("y", f"from {now} up to {text}? y: ", Word.TIER, {"name": text})
        else:
            self.tell(Word.TIER, {"name": text})

    def do_unlock(self, _: str) -> None:
        """A"""
        if not self._attached:
            self.say("this terminal has the engine in it: it is never locked", is_bad=False)
        elif self._is_locked():
            self._unlocked_until = time.monotonic() + _UNLOCKED_SECONDS
            self.say("unlocked for ten minutes; A locks again", is_bad=False)
        else:
            self._unlocked_until = 0.0
            self.say("locked", is_bad=False)

    def _is_locked(self) -> bool:
        return self._attached and time.monotonic() >= self._unlocked_until

    def _ask_first(self, wanted: str, question: str, word: Word, arguments: Mapping[str, str]) -> None:
        screen = self.run_screen()
        if screen is None:
            return
        if self._is_locked():
            self.say("this terminal only looks on", "A lets it steer for ten minutes; p always acts")
            return

        def answered(text: str) -> None:
            if text.lower() == wanted:
                self.tell(word, arguments)
            else:
                self.say("nothing was done", is_bad=False)

        screen.prompt(question, "", answered)

    @work(group="tell")
    async def tell(self, word: Word, arguments: Mapping[str, str] | None = None) -> None:
        """Say it to the engine, and show what it answers."""
        try:
            answer = await self._steering.ask(Asked(word=word, arguments=arguments or {}, origin=_ORIGIN))
        except Unavailable as error:
            answer = Answered(done=False, words=f"{error.message}; {error.hint}")
        self.say(answer.words, is_bad=not answer.done)
        self.follow()

    # The clock of a demo

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
            self.say("only a demo has a clock that can be stopped")
        return self._pace

    # Leaving

    def do_quit(self, _: str) -> Outcome:
        """q: a demo ends with its terminal; of an account somebody has to say what becomes of the engine."""
        screen = self.run_screen()
        is_alone = self._engine is None or not self._engine.is_alive
        if is_alone or self._pace is not None or screen is None:
            return self.action_leave()
        screen.prompt("d: detach, it trades on · s: stop the engine · Enter: stay: ", "", self._leave_by)
        return None

    def _leave_by(self, text: str) -> None:
        match text.lower():
            case "d":
                self.call_later(self.leave_with, DETACH)
            case "s":
                self.call_later(self.leave_with, STOP)
            case _:
                self.say("still here", is_bad=False)

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
