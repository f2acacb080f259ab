"""Performance windows: how much of a run do the charts show?"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from engine.model.live import LiveMetrics
from stonks_tui.view_models.scope import Scope


class Window(StrEnum):
    """How much of a run the charts show. A day is shown within itself, of an account that trades."""

    DAY = "1d"
    WEEK = "7d"
    MONTH = "30d"
    YEAR = "1y"
    ALL = "all"

    @property
    def days(self) -> int | None:
        """Its calendar days, None for all there are."""
        return {Window.DAY: 1, Window.WEEK: 7, Window.MONTH: 30, Window.YEAR: 365}.get(self)

    def next(self, scope: Scope) -> "Window":
        """Return the next larger one of those that `scope` has; after all comes the smallest."""
        every = offered(scope)
        return every[(every.index(self) + 1) % len(every)] if self in every else every[0]


def offered(scope: Scope) -> tuple[Window, ...]:
    """Return the windows there are: of a day only where something was measured within it."""
    return tuple(window for window in Window if window is not Window.DAY or within_today(scope))


def title(window: Window, scope: Scope) -> str:
    """Return all windows that `scope` has, the one that is shown in brackets."""
    return " ".join(f"[{w.value}]" if w is window else w.value for w in offered(scope))


def within(scope: Scope, window: Window) -> range:
    """Return the places of the days that the charts show.

    Windows lie end to end, back from the run's last day, and it is the one that the cursor is in: so a step of the
    cursor moves its mark and not the curve. The earliest begins with the run.
    """
    days = [day.on for day in scope.days]
    if window.days is None or not days:
        return range(len(days))
    back = (days[-1] - days[scope.place]).days // window.days
    first = max(days[-1] - timedelta(days=(back + 1) * window.days - 1), days[0])
    last = first + timedelta(days=window.days - 1)
    return range(bisect_left(days, first), bisect_right(days, last))


def within_today(scope: Scope) -> Sequence[LiveMetrics]:
    """Return what was measured within the day that goes on, nothing when another day is looked at."""
    alive, day = scope.story.alive, scope.snapshot
    if alive is None or day is None or not scope.is_now:
        return ()
    found = tuple(m for m in alive.lately if m.at.date() == day.on)
    return found if len(found) > 1 else ()
