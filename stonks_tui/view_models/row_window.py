"""Row window: which rows of a long list are on the screen, and which one is chosen?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stonks_tui.view_models.tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWindow:
    """`cursor` is the place of the chosen row, `top` that of the first one on the screen."""

    cursor: int = 0
    top: int = 0

    def at(self, cursor: int, *, count: int, height: int) -> "RowWindow":
        """Return the window with the cursor there, scrolled no further than is needed to see it."""
        place = max(0, min(cursor, count - 1))
        lowest = max(0, min(self.top, count - height))
        return RowWindow(cursor=place, top=max(place - height + 1, min(lowest, place), 0))

    def sees(self, place: int, height: int) -> bool:
        """Is the row at `place` on the screen?"""
        return self.top <= place < self.top + height

    def carried(self, old: Sequence[Row], new: Mapping[str, int], *, height: int) -> "RowWindow":
        """Return the window over other rows, whose places by key are `new`.

        The cursor stays on its row, or at its place when the row is gone. A window at the top stays there; elsewhere
        the first of its rows that is still there keeps its line. A cursor that was seen stays in sight.
        """
        cursor = new.get(old[self.cursor].key, self.cursor) if self.cursor < len(old) else self.cursor
        top = self.top
        if top:
            seen = ((place, new.get(old[place].key)) for place in range(top, min(top + height, len(old))))
            top = next((max(0, there - (place - top)) for place, there in seen if there is not None), top)
        count = len(new)
        moved = RowWindow(cursor=max(0, min(cursor, count - 1)), top=max(0, min(top, count - height)))
        if self.sees(self.cursor, height):
            return moved.at(moved.cursor, count=count, height=height)
        return moved
