"""Prompt: a line at the bottom in which a person types a command or a filter."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from stonks_tui.widgets.typed_line import TypedLine

Answer = Callable[[str], Awaitable[None] | None]
"""What is done with the text that was entered."""


class Prompt(TypedLine):
    """One line over the footer. Enter answers, Esc leaves without an answer; Up brings what was typed before.

    Its keys have priority, so that what is typed after them goes where they lead.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "enter", show=False, priority=True),
        Binding("escape", "leave", show=False, priority=True),
        Binding("backspace", "erase", show=False, priority=True),
        Binding("up", "recall(1)", show=False, priority=True),
        Binding("down", "recall(-1)", show=False, priority=True),
    ]

    def __init__(self, ended: Callable[[], None], *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, compact=True, select_on_focus=False)
        self._ended = ended
        self._answer: Answer | None = None
        self._sign = ""
        self._history: dict[str, list[str]] = {}
        self._back = 0

    def begin(self, sign: str, text: str, answer: Answer) -> None:
        """Take the keys; `sign` stands before the text and tells what it is for."""
        self._answer, self._sign, self._back = answer, sign, 0
        self.value = f"{sign}{text}"
        self.cursor_position = len(self.value)
        self.screen.set_focus(self)

    async def action_enter(self) -> None:
        """Enter answers."""
        await self.typed_so_far()
        answer, text = self._answer, self.value.removeprefix(self._sign).strip()
        if text:
            self._history.setdefault(self._sign, []).append(text)
        self._end()
        outcome = answer(text) if answer is not None else None
        if outcome is not None:
            await outcome

    def action_leave(self) -> None:
        """Esc leaves without an answer."""
        self._end()

    async def action_erase(self) -> None:
        """Backspace erases a letter; where there is none it leaves."""
        await self.typed_so_far()
        if len(self.value) > len(self._sign):
            self.action_delete_left()
        else:
            self._end()

    async def action_recall(self, step: int) -> None:
        """Up and down bring what was typed before."""
        await self.typed_so_far()
        self._recall(step)

    def _recall(self, step: int) -> None:
        typed = self._history.get(self._sign, [])
        self._back = max(0, min(self._back + step, len(typed)))
        self.value = self._sign + (typed[-self._back] if self._back else "")
        self.cursor_position = len(self.value)

    def _end(self) -> None:
        self._answer = None
        self._ended()
