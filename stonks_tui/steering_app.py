"""Steering app: how does a person's key become a word to the engine? By the ladder of danger.

What lowers the risk is said at once. What raises it, or is hard to reverse, is rehearsed and asked about first, and is
said only when the account still stands as it was shown. The answer is the engine's.
"""

import time
from collections.abc import Callable
from typing import Any

from engine.errors import BadInput, StonksError, Unavailable
from engine.model.audit import Answered, Asked, Word
from engine.model.views import Alive
from stonks_tui.app import StonksApp
from stonks_tui.background import background
from stonks_tui.live_feed import LiveFeed
from stonks_tui.screens.docked_box import DockedBox
from stonks_tui.screens.positions import PositionsScreen
from stonks_tui.screens.question import Clock, QuestionBox, SheetBox
from stonks_tui.standing_feed import StandingFeed
from stonks_tui.steering import Steering
from stonks_tui.view_models import acting, sheets, steering, taking_back
from stonks_tui.view_models.acting import Hand
from stonks_tui.view_models.breakers import BreakerSheet
from stonks_tui.view_models.command import DEMO, ENGINE, Command
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.sheets import Choice, ReserveSheet, Sheet, TierSheet
from stonks_tui.view_models.standing import Standing
from stonks_tui.view_models.steering import Question
from stonks_tui.view_models.taking_back import WITHIN_SECONDS

UNLOCKED_SECONDS = 600.0
_ORIGIN = "screens"
_LOOKS_AT_THE_LOCK_EVERY = 1.0


class SteeringApp(StonksApp):
    """The app of an account with an engine, reached by `steering`. One that is `attached` begins locked.

    `now` are seconds that only go forward.
    """

    def __init__(
        self, feed: LiveFeed, steering: Steering, *, attached: bool, now: Clock = time.monotonic, **how: Any
    ) -> None:
        super().__init__(feed, **how)
        self._steering = steering
        self._standing = StandingFeed(feed.data_dir)
        self._attached = attached
        self._now = now
        self._unlocked_until = -1.0
        self._last: tuple[float, Asked, Answered] | None = None
        self._told_at: Scope | None = None
        self._was_locked = attached

    def on_ready(self) -> None:
        """Show it when the terminal locks itself."""
        self.set_interval(_LOOKS_AT_THE_LOCK_EVERY, self._watch_lock)

    def _watch_lock(self) -> None:
        if self.is_locked() is not self._was_locked:
            self._was_locked = self.is_locked()
            if (screen := self.run_screen()) is not None:
                screen.keys_changed()

    # What cannot be done now

    def refusal(self, command: Command, argument: str) -> str | None:
        """See `StonksApp.refusal`."""
        if command.place not in (ENGINE, DEMO):
            return None
        hand = Hand(
            is_attached=self._attached,
            is_locked=self.is_locked(),
            is_offline=self.is_offline(),
            is_fresh=self.scope is not self._told_at,
            alive=self._alive(),
            has_position=bool(self._ticker_under_cursor()),
            nothing_back=self._nothing_back(),
            has_clock=self.has_clock(),
        )
        return acting.refusal(command, argument, hand)

    def is_locked(self) -> bool:
        """May this terminal only look on?"""
        return self._attached and self._now() >= self._unlocked_until

    def is_offline(self) -> bool:
        """Is there no engine, as far as its account shows?"""
        alive = self._alive()
        return alive is not None and alive.is_lost

    def has_clock(self) -> bool:
        """Can the clock be stopped?"""
        return False

    def _alive(self) -> Alive | None:
        return self.scope.story.alive if self.scope is not None else None

    def _nothing_back(self) -> str:
        """Return why nothing is taken back, empty when something is."""
        if self._last is None or self._now() - self._last[0] > WITHIN_SECONDS:
            return f"nothing was done here within the last {WITHIN_SECONDS:.0f} s"
        found = taking_back.opposite(*self._last[1:])
        return found if isinstance(found, str) else ""

    # The keys

    def do_pause(self, _: str) -> None:
        """p: always, at once"""
        self.tell(Asked(word=Word.PAUSE, origin=_ORIGIN))

    async def do_resume(self, _: str) -> None:
        """P"""
        await self.propose(Asked(word=Word.RESUME))

    async def do_halt(self, _: str) -> None:
        """:halt"""
        await self.propose(Asked(word=Word.HALT))

    async def do_stop(self, _: str) -> None:
        """:stop"""
        await self.propose(Asked(word=Word.STOP))

    async def do_close(self, text: str) -> None:
        """x, :close TSLA, :close all"""
        if text.casefold() == "all":
            await self.propose(Asked(word=Word.CLOSE_ALL))
            return
        ticker = text.upper() or self._ticker_under_cursor()
        if ticker:
            await self.propose(Asked(word=Word.CLOSE, arguments={"ticker": ticker}))
        else:
            self.say(acting.NO_POSITION)

    async def do_tier(self, text: str) -> None:
        """t, :tier conservative"""
        if text:
            await self.propose(Asked(word=Word.TIER, arguments={"name": text.casefold()}))
        else:
            await self._open(lambda standing: TierSheet(standing=standing, wanted=standing.tier))

    async def do_breakers(self, _: str) -> None:
        """b"""
        await self._open(lambda standing: BreakerSheet(standing=standing))

    async def do_reserve(self, text: str) -> None:
        """r, :reserve -250"""
        if not text:
            await self._open(lambda standing: ReserveSheet(standing=standing))
            return
        try:
            amount = sheets.plain_amount(text)
        except ValueError:
            self.say(f"'{text}' is no amount", "dollars, such as :reserve 500 or :reserve -250.50")
            return
        await self.propose(Asked(word=Word.RESERVE, arguments={"amount": amount}))

    async def do_set(self, text: str) -> None:
        """:set max_open_positions 8"""
        from stonks_tui import setting_words  # it knows a large part of the engine

        try:
            asked = setting_words.asked(text)
        except BadInput as error:
            self.say(error.message, error.hint)
        else:
            await self.propose(asked)

    async def do_take_back(self, _: str) -> None:
        """u"""
        found = taking_back.opposite(*self._last[1:]) if self._last is not None else self._nothing_back()
        if isinstance(found, str):
            self.say(found)
            return
        self.say(found.words, is_bad=False)
        await self.propose(found.asked)

    def do_unlock(self, _: str) -> None:
        """A"""
        if self.is_locked():
            self._unlocked_until = self._now() + UNLOCKED_SECONDS
            self.say("unlocked for ten minutes; A locks again", is_bad=False)
        else:
            self._unlocked_until = -1.0
            self.say("locked", is_bad=False)
        self._watch_lock()

    # From a key to a word

    async def propose(self, asked: Asked) -> None:
        """Say `asked` to the engine: at once where the risk becomes less, else when a person means it."""
        if self.is_locked():
            self.say(acting.LOCKED)
            return
        asked = Asked(word=asked.word, arguments=asked.arguments, origin=_ORIGIN)
        try:
            standing, rehearsal = await self._standing.rehearsed(asked)
        except StonksError as error:
            if asked.word is Word.STOP:  # it may be stopped before its first turn, and because nothing can be read
                await self._ask(steering.stopping(asked))
            else:
                self.say(error.message, error.hint)
            return
        if rehearsal.refused:
            self.say(rehearsal.refused)
        elif asked.word is not Word.STOP and not rehearsal.changes:
            self.say(steering.unchanged(asked, standing), is_bad=False)
        elif steering.needs_asking(asked, standing, rehearsal):
            await self._ask(steering.question(asked, standing, rehearsal))
        else:
            self.tell(asked)

    async def _ask(self, question: Question) -> None:
        def answered(is_meant: bool, why: str) -> None:
            if is_meant:
                self.tell_if_unmoved(question)
            else:
                self.say(why, is_bad=False)

        await self.put(QuestionBox(question, answered, now=self._now))

    async def _open(self, sheet: Callable[[Standing], Sheet]) -> None:
        try:
            standing = await self._standing.now()
        except StonksError as error:
            self.say(error.message, error.hint)
            return
        await self.put(SheetBox(sheet(standing), self.chosen, self._standing.now))

    async def chosen(self, choice: Choice) -> None:
        """Do what was chosen from a sheet."""
        if isinstance(choice, Asked):
            await self.propose(choice)

    async def put(self, box: DockedBox) -> None:
        """Dock `box` at the bottom of the screen that is up, in place of another one."""
        screen = self.run_screen()
        if screen is None or screen is not self.screen:
            return
        for other in screen.query("DockedBox"):
            if isinstance(other, DockedBox):
                other.close()  # it is not waited for: it may be its own key that asks for this
        await screen.mount(box)

    @background(group="tell")
    async def tell_if_unmoved(self, question: Question) -> None:
        """Say what a question was about, unless the account stands otherwise than was shown."""
        try:
            now = steering.basis(question.asked, await self._standing.now()) if question.basis else {}
        except StonksError as error:
            self.say(f"nothing was done: {error.message}", error.hint)
            return
        if moved := steering.moved(question.basis, now):
            self.say(f"nothing was done: {moved}", "look again, and ask again if it is still meant")
        elif self.is_locked():
            self.say(f"nothing was done: {acting.LOCKED_MEANWHILE}")
        else:
            await self.obey(question.asked)

    @background(group="tell")
    async def tell(self, asked: Asked) -> None:
        """Say it to the engine, and show what it answers."""
        await self.obey(asked)

    async def obey(self, asked: Asked) -> None:
        """Say it to the engine, show what it answers, and remember it for `u`."""
        self._told_at = self.scope
        try:
            answer = await self._steering.ask(asked)
        except Unavailable as error:
            answer = Answered(done=False, words=f"{error.message}; {error.hint}" if error.hint else error.message)
        self._told_at = self.scope
        self._last = (self._now(), asked, answer) if answer.done else None
        back = taking_back.opposite(asked, answer)
        hint = "" if isinstance(back, str) else f"u takes it back within {WITHIN_SECONDS:.0f} s"
        self.say(answer.words, hint, is_bad=not answer.done)
        self.follow()

    def follow(self) -> object:
        """Show what has become of the account."""

    def _ticker_under_cursor(self) -> str:
        screen = self.run_screen()
        if not isinstance(screen, PositionsScreen) or screen.shows_trades or self.scope is None:
            return ""
        day, key = self.scope.snapshot, screen.table().row_key
        return next((p.ticker for p in day.positions if p.decision_id == key), "") if day else ""
