"""Question: a box at the bottom of a screen, in which a person answers a question or chooses from a sheet.

It lies over the last lines: nothing behind it is laid out or painted anew, and what happens there goes on. While it is
up, keys are its own.
"""

import math
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from engine.errors import StonksError
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models.sheets import Choice, Sheet
from stonks_tui.view_models.standing import Standing
from stonks_tui.view_models.steering import YES, Question
from stonks_tui.view_models.text import Line
from stonks_tui.widgets.lines import Lines
from stonks_tui.widgets.prompt import Prompt

ANSWER_SECONDS = 15.0
"""How long a question waits: what it shows grows old."""
_TICK, _RENEWED_EVERY = 0.2, 1.0
_PAUSE = "p"
_EDGES, _SIDES = 2, 4
"""Lines and columns that the border takes."""

Clock = Callable[[], float]
"""Seconds that only go forward."""


class AnswerLine(Prompt):
    """Has the keys while its box is up: letters are typed, or, where nothing is, each one is a key of the box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pagedown", "turn(1)", show=False, priority=True),
        Binding("pageup", "turn(-1)", show=False, priority=True),
        Binding("tab", "key('tab')", show=False, priority=True),
        Binding("shift+tab", "key('shift+tab')", show=False, priority=True),
    ]

    def __init__(self, box: "DockedBox") -> None:
        super().__init__(lambda: None, id="answer")
        self._box = box

    async def on_key(self, event: events.Key) -> None:
        """A letter is a key of the box where nothing is typed."""
        if self._box.types:
            return
        event.stop()
        event.prevent_default()
        screen = self.screen
        if event.key == _PAUSE and isinstance(screen, RunScreen):  # it always acts
            self._box.left()
            await screen.action_command("pause")
        else:
            await self._box.pressed(event.key)

    async def action_key(self, key: str) -> None:
        """Tab."""
        await self._box.pressed(key)

    async def action_enter(self) -> None:
        """Enter answers."""
        await self._typed_so_far()
        await self._box.entered(self.value.strip())

    def action_leave(self) -> None:
        """Esc leaves without an answer."""
        self._box.left()

    async def action_erase(self) -> None:
        """Backspace erases a letter."""
        await self._typed_so_far()
        self.action_delete_left()

    async def action_recall(self, step: int) -> None:
        """Up and down."""
        await self._box.pressed("up" if step > 0 else "down")

    def action_turn(self, step: int) -> None:
        """PgUp and PgDn: what does not fit into the box."""
        self._box.turn(step)


class DockedBox(Vertical):
    """A box of lines with an answer below them. Subclasses say what is shown and what keys do."""

    def __init__(self, title: str, *, types: bool) -> None:
        super().__init__()
        self.types = types
        self.is_closed = False
        self.border_title = title.replace("[", r"\[")
        self._text = Lines()
        self._how = Lines()
        self._answer = AnswerLine(self)
        self.set_class(types, "-types")

    def compose(self) -> ComposeResult:
        """Lay out the lines and where the answer is typed."""
        yield self._text
        yield self._how
        yield self._answer

    def on_mount(self) -> None:
        """Take the keys."""
        self.paint()
        self.screen.set_focus(self._answer, False)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.paint()

    def on_descendant_blur(self) -> None:
        """A click went elsewhere: nothing is answered."""
        self.call_later(self._left_alone)

    def _left_alone(self) -> None:
        if self.is_attached and not self.is_closed and self.screen.focused not in (None, self._answer):
            self.close()

    @abstractmethod
    def body(self, columns: int, typed: str) -> tuple[Line, ...]:
        """Return what is shown."""

    def how(self) -> tuple[Line, ...]:
        """Return how to answer: always there, whatever else does not fit."""
        return ()

    @abstractmethod
    async def pressed(self, key: str) -> None:
        """A key."""

    @abstractmethod
    async def entered(self, text: str) -> None:
        """Enter, with what was typed."""

    def left(self) -> None:
        """Esc."""
        self.close()

    def paint(self) -> None:
        """Show the lines, in as much room as they need and there is."""
        columns, rows = self.app.size
        lines, how = self.body(columns - _SIDES, self._answer.value), self.how()
        below = len(how) + self.types
        room = max(1, min(len(lines), rows - _EDGES - below - 1))
        self._text.styles.height, self._how.styles.height = room, len(how)
        self.styles.height = room + below + _EDGES
        self._text.show(lines)
        self._how.show(how)

    def on_input_changed(self, _: Input.Changed) -> None:
        """Show what the letters make of it."""
        self.paint()

    def turn(self, step: int) -> None:
        """Scroll by most of the box."""
        self._text.action_scroll_page(step)

    def close(self) -> None:
        """Give the keys back, and go. Once is enough."""
        if self.is_closed:
            return
        self.is_closed, screen = True, self.screen
        if isinstance(screen, RunScreen):
            screen.turn_to(screen.turned())
        self.remove()


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
