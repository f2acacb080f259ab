"""Docked box: what has the keys at the bottom of a screen for a while?

It lies over the last lines: nothing behind it is laid out or painted anew, and what happens there goes on. While it is
up, keys are its own.
"""

from abc import abstractmethod
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models.text import Line
from stonks_tui.widgets.lines import Lines
from stonks_tui.widgets.prompt import Prompt

_PAUSE = "p"
_TOASTS, _ABOVE = "ToastRack", "-above"
"""Where Textual shows what is told, by its own name, and how stonks.tcss moves it."""
_EDGES, _SIDES = 2, 4
"""Lines and columns that the border takes."""


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
        await self.typed_so_far()
        await self._box.entered(self.value.strip())

    def action_leave(self) -> None:
        """Esc leaves without an answer."""
        self._box.left()

    async def action_erase(self) -> None:
        """Backspace erases a letter."""
        await self.typed_so_far()
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
        """Take the keys. What is told while it is up stands at the top: it would cover how to answer."""
        self.screen.query(_TOASTS).add_class(_ABOVE)
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
        if not any(isinstance(box, DockedBox) and not box.is_closed for box in screen.query("DockedBox")):
            screen.query(_TOASTS).remove_class(_ABOVE)
        if isinstance(screen, RunScreen):
            screen.turn_to(screen.turned())
        self.remove()
