"""Question: a box in which a person answers a question, or chooses from a sheet."""

import math
from collections.abc import Awaitable, Callable

from engine.errors import StonksError
from stonks_tui.screens.docked_box import DockedBox
from stonks_tui.view_models.sheets import Choice, Sheet
from stonks_tui.view_models.standing import Standing
from stonks_tui.view_models.steering import YES, Question
from stonks_tui.view_models.text import Line

ANSWER_SECONDS = 15.0
"""How long a question waits: what it shows grows old."""
_TICK, _RENEWED_EVERY = 0.2, 1.0

Clock = Callable[[], float]
"""Seconds that only go forward."""


class QuestionBox(DockedBox):
    """Asks, for 15 s. `answered` is called with whether it is meant, and why not in words."""

    def __init__(self, question: Question, answered: Callable[[bool, str], None], *, now: Clock) -> None:
        super().__init__(question.title, types=question.consent != YES)
        self.question = question
        self._answered = answered
        self._now = now
        self._until = now() + ANSWER_SECONDS

    def on_mount(self) -> None:
        """Begin to count."""
        self._count()
        self.set_interval(_TICK, self._count)

    def body(self, columns: int, _: str) -> tuple[Line, ...]:
        """See `DockedBox`."""
        return self.question.lines(columns)

    def how(self) -> tuple[Line, ...]:
        """See `DockedBox`."""
        return (self.question.answers(),)

    async def pressed(self, key: str) -> None:
        """`y` means it, where that is enough."""
        if key == YES and not self.types:
            self._end(is_meant=True)

    async def entered(self, text: str) -> None:
        """Enter is on Cancel, unless the word was typed."""
        wanted = self.question.consent
        if self.types and text.casefold() == wanted.casefold():
            self._end(is_meant=True)
        else:
            self._end(why=f"that was not {wanted}: nothing was done" if text else "nothing was done")

    def left(self) -> None:
        """See `DockedBox`."""
        self._end(why="nothing was done")

    def _count(self) -> None:
        left = self._until - self._now()
        if left <= 0:
            self._end(why=f"nobody answered within {ANSWER_SECONDS:.0f} s: nothing was done")
            return
        words = f"{math.ceil(left)} s · Esc cancels"
        if self.border_subtitle != words:
            self.border_subtitle = words

    def _end(self, *, is_meant: bool = False, why: str = "") -> None:
        if self.is_closed:  # a key came after the answer
            return
        is_late = is_meant and self._now() >= self._until
        self.close()
        self._answered(is_meant and not is_late, why or "it came too late: nothing was done")


class SheetBox(DockedBox):
    """Shows a sheet; `chosen` is called with what was chosen from it, `unchosen` when nothing was.

    `renew` tells how the account stands now.
    """

    def __init__(
        self,
        sheet: Sheet,
        chosen: Callable[[Choice], Awaitable[None]],
        renew: Callable[[], Awaitable[Standing]] | None = None,
        *,
        unchosen: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(sheet.title, types=sheet.types)
        self.sheet = sheet
        self._chosen = chosen
        self._renew = renew
        self._unchosen = unchosen
        self.border_subtitle = sheet.keys

    def on_mount(self) -> None:
        """Keep it fresh."""
        if self._renew is not None:
            self.set_interval(_RENEWED_EVERY, self._renewed)

    def body(self, columns: int, typed: str) -> tuple[Line, ...]:
        """See `DockedBox`."""
        return self.sheet.lines(columns, typed)

    async def pressed(self, key: str) -> None:
        """See `Sheet.pressed`."""
        await self._became(self.sheet.pressed(key))

    async def entered(self, text: str) -> None:
        """See `Sheet.entered`; where nothing is chosen a line that is typed stays."""
        choice = self.sheet.entered(text)
        if choice is not None:
            self.close()
            await self._chosen(choice)
        elif not text:
            self.left()

    def left(self) -> None:
        """See `DockedBox`."""
        self.close()
        self._unchosen()

    async def _became(self, found: "Sheet | Choice | None") -> None:
        if found is None:
            return
        if isinstance(found, Choice):
            self.close()
            await self._chosen(found)
        else:
            self._show(found)

    def _show(self, sheet: Sheet) -> None:
        self.sheet = sheet
        if self.border_subtitle != sheet.keys:
            self.border_subtitle = sheet.keys
        self.paint()

    def _renewed(self) -> None:
        self.run_worker(self._read(), exclusive=True, group="renew")

    async def _read(self) -> None:
        assert self._renew is not None
        try:
            standing = await self._renew()
        except StonksError as error:
            self.border_subtitle = f"✗ {error.message}"
            return
        if not self.is_closed:
            self._show(self.sheet.renewed(standing))
