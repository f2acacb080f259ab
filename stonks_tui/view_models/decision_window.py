"""Decision window: which of very many decisions have been read, and is there more on either side?"""

from dataclasses import dataclass, replace

from engine.model.decisions import Decision
from engine.ports import DecisionPage


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionWindow:
    """Decisions that follow one another, newest first.

    `top` is the place of the first; `older` where the page below begins, None at the run's first decision. `has_newer`
    says that there may be others above. `waiting` is how many have been made since, of those that fit.
    """

    decisions: tuple[Decision, ...] = ()
    top: int | None = None
    older: int | None = None
    has_newer: bool = False
    waiting: int = 0

    def with_older(self, page: DecisionPage) -> "DecisionWindow":
        """Return the window with the page below it."""
        return replace(self, decisions=(*self.decisions, *page.decisions), older=page.next)

    def with_newer(self, page: DecisionPage) -> "DecisionWindow":
        """Return the window with the page above it, which comes oldest first."""
        if not page.decisions:
            return replace(self, has_newer=False)
        decisions = (*reversed(page.decisions), *self.decisions)
        return replace(self, decisions=decisions, top=page.last, has_newer=page.next is not None)

    def with_waiting(self, count: int) -> "DecisionWindow":
        """Return the window, above which so many wait."""
        return replace(self, waiting=count)

    def has_beyond(self, step: int) -> bool:
        """Is there more in the database below the window (1), or above it (-1)?"""
        return self.older is not None if step > 0 else self.has_newer

    def place_of(self, decision_id: str) -> int | None:
        """Return at which row a decision stands, from 0."""
        return next((place for place, d in enumerate(self.decisions) if d.decision_id == decision_id), None)


def newest(page: DecisionPage) -> DecisionWindow:
    """Return the window over the first page, newest first."""
    return DecisionWindow(decisions=page.decisions, top=page.first, older=page.next)


def around(page: DecisionPage) -> DecisionWindow:
    """Return the window that begins with a decision somewhere in the middle: `page` is newest first."""
    return replace(newest(page), has_newer=True)


def oldest(page: DecisionPage) -> DecisionWindow:
    """Return the window over the last page: `page` is oldest first."""
    return DecisionWindow(
        decisions=tuple(reversed(page.decisions)), top=page.last, older=None, has_newer=page.next is not None
    )
