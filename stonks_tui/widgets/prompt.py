"""Prompt: a line at the bottom in which a person types a command or a filter."""

from collections.abc import Callable

from textual import events
from textual.message import Message
from textual.widgets import Input

Answer = Callable[[str], None]
"""What is done with the text that was entered."""


class Prompt(Input):
    """One line over the footer. Enter answers, Esc leaves without an answer; Up brings what was typed before."""

    class Ended(Message):
        """The line was entered or left."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, compact=True, select_on_focus=False)
        self._answer: Answer | None = None
        self._sign = ""
        self._history: dict[str, list[str]] = {}
        self._back = 0

    def begin(self, sign: str, text: str, answer: Answer) -> None:
        """Take the keys; `sign` stands before the text and tells what it is for."""
        self._answer, self._sign, self._back = answer, sign, 0
        self.value = f"{sign}{text}"
        self.cursor_position = len(self.value)
        self.focus()

    def on_key(self, event: events.Key) -> None:
        """Esc leaves; so does deleting the sign. Tab stays: the line has the keys until it is left."""
        if event.key == "escape" or (event.key == "backspace" and len(self.value) <= len(self._sign)):
            event.stop()
            event.prevent_default()
            self._end()
        elif event.key in {"tab", "shift+tab"}:
            event.stop()
            event.prevent_default()
        elif event.key in {"up", "down"}:
            event.stop()
            self._recall(1 if event.key == "up" else -1)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter answers."""
        event.stop()
        answer, text = self._answer, self.value.removeprefix(self._sign).strip()
        if text:
            self._history.setdefault(self._sign, []).append(text)
        self._end()
        if answer is not None:
            answer(text)

    def _recall(self, step: int) -> None:
        typed = self._history.get(self._sign, [])
        self._back = max(0, min(self._back + step, len(typed)))
        self.value = self._sign + (typed[-self._back] if self._back else "")
        self.cursor_position = len(self.value)

    def _end(self) -> None:
        self._answer = None
        self.post_message(self.Ended())
