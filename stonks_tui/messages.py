"""Messages: what does a screen ask of the app? It never reaches into it."""

from typing import Literal

from textual.message import Message

from engine.model.views import DecisionFilter

Severity = Literal["information", "warning", "error"]


class CommandAsked(Message):
    """A command that is not the screen's own; `argument` is what followed its word after `:`."""

    def __init__(self, name: str, argument: str = "") -> None:
        super().__init__()
        self.name = name
        self.argument = argument


class RunAsked(Message):
    """Look at that run, in every screen; `shows` says to go to the first of them."""

    def __init__(self, run_id: int, *, shows: bool = True) -> None:
        super().__init__()
        self.run_id = run_id
        self.shows = shows


class DecisionsAsked(Message):
    """Go to the screen of decisions: those that fit, and perhaps one of them opened."""

    def __init__(self, where: DecisionFilter | None = None, decision_id: str | None = None) -> None:
        super().__init__()
        self.where = where
        self.decision_id = decision_id


class LaunchAsked(Message):
    """Run this `stonks` command as a backtest in a process of its own."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        super().__init__()
        self.arguments = arguments


class CancelAsked(Message):
    """Cancel the backtest that is being made."""


class ListChanged(Message):
    """The list `name` has another filter or order: worth keeping."""

    def __init__(self, name: str, wanted: str, order: str) -> None:
        super().__init__()
        self.name = name
        self.wanted = wanted
        self.order = order


class ExportAsked(Message):
    """Write `text`, the list `name`, to a file."""

    def __init__(self, name: str, text: str, rows: int) -> None:
        super().__init__()
        self.name = name
        self.text = text
        self.rows = rows


class Said(Message):
    """Tell the person."""

    def __init__(self, words: str, severity: Severity = "information") -> None:
        super().__init__()
        self.words = words
        self.severity = severity
