"""Refresh pace: when may a screen be painted again of which only prices have changed?

What happens is shown at once. Prices always change, and each look at them costs a part of a core and bytes to the
terminal: so many of both as the budgets of the screens allow (docs/terminal.md), however many rows there are.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

CORE = 0.01
"""The part of a core that a screen may take that nobody touches."""
BYTES_A_SECOND = 500
LONGEST = 5.0
"""So many seconds late prices are at most, whatever they cost."""
_REMEMBERED = 3
"""Of so many refreshes the cheapest counts: what a person did meanwhile is not a cost of prices."""


class Spent(NamedTuple):
    """What the screens have cost since they began: seconds of a core, and bytes written."""

    core: float = 0.0
    written: int = 0


class RefreshPace:
    """Spaces refreshes by what they cost. `now` are seconds that only go forward, `spent` is what was spent so far."""

    def __init__(self, spent: Callable[[], Spent], now: Callable[[], float]) -> None:
        self._spent = spent
        self._now = now
        self._before: Spent | None = None
        self._due_at = 0.0
        self._costs: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def is_due(self) -> bool:
        """Has the last refresh been paid for?"""
        return self._now() >= self._due_at

    def refreshed(self) -> None:
        """A refresh begins: what is spent until the next one is its cost."""
        spent, before = self._spent(), self._before
        if before is not None:
            core, written = spent.core - before.core, spent.written - before.written
            self._costs.append(max(core / CORE, written / BYTES_A_SECOND))
        self._before = spent
        self._due_at = self._now() + min(min(self._costs, default=0.0), LONGEST)
