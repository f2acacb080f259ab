"""Requests: what does a screen ask of the app? It never reaches into it.

They are handed over by a call, not through a queue of messages: keys that a person types ahead then act in their order.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from engine.model.views import DecisionFilter
from stonks_tui.view_models.kept_lists import KeptList

Severity = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoCommand:
    """A command that is not the screen's own; `argument` is what followed its word after `:`."""

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """Look at that run, in every screen, and go to the first of them."""

    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowDecisions:
    """Go to the screen of decisions: those that fit, and perhaps one of them opened."""

    where: DecisionFilter | None = None
    decision_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """Run this `stonks` command as a backtest in a process of its own."""

    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelLaunch:
    """Cancel the backtest that is being made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepList:
    """The list `name` stands otherwise: worth keeping, at the latest when the app ends; `now` when it is rare."""

    name: str
    kept: KeptList
    now: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Write `text`, the list `name`, to a file."""

    name: str
    text: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Tell the person."""

    words: str
    severity: Severity = "information"


Request = DoCommand | OpenRun | ShowDecisions | Launch | CancelLaunch | KeepList | Export | Say
Outcome = Awaitable[None] | None
"""What is to be waited for until a request is done: another screen must stand before it gets keys."""
Ask = Callable[[Request], Outcome]
"""How a screen asks."""
