"""Dialogs: what stands over a screen for a moment? Help, diagnostics, a question."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from stonks_tui.requests import Ask, DoCommand
from stonks_tui.view_models import acting
from stonks_tui.view_models.text import Line
from stonks_tui.widgets.lines import Lines
from stonks_tui.widgets.panel import Panel


class TextDialog(ModalScreen[None]):
    """Lines to read, until a key closes them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", show=False, priority=True),
        Binding("p", "pause", show=False, priority=True),
    ]

    def __init__(self, title: str, lines: Sequence[Line], ask: Ask) -> None:
        super().__init__()
        self._ask = ask
        self._title = title
        self._text = Lines(lines, can_focus=True)
        self._count = len(lines)

    def compose(self) -> ComposeResult:
        """Put the lines into a pane."""
        yield Panel(self._title, self._text, id="dialog")

    def on_mount(self) -> None:
        """Take as much room as the lines need."""
        panel = self.query_one(Panel)
        panel.normal()
        panel.styles.height = self._count + 2
        panel.border_subtitle = "? Esc close"
        self._text.focus()

    def action_pause(self) -> None:
        """p: what stops entries does so from anywhere."""
        self._ask(DoCommand(name=acting.ALWAYS_ACTS))
