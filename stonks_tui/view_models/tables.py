"""Tables: which columns does a list have, what stands in its rows, and what goes when there is no room?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

from stonks_tui.view_models.text import Line, cells, line, padded, width

_ONLY_GOOD_TO_HAVE = 3
GAP = 2
"""Blanks between two columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. Where there is no room, the highest `priority` goes first; priority 0 never goes.

    `key` names it in sorting and exports. One that `grows` takes what is left of the width; for its `least`
    columns those that are only good to have (priority 3 and more) go too.
    """

    key: str
    heading: str
    right: bool = False
    priority: int = 0
    grows: bool = False
    least: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a line for each column. `key` says what it is about and stays the same when the row changes."""

    key: str
    cells: tuple[Line, ...]

    def only(self, wanted: Sequence[bool]) -> "Row":
        """Return the row with the cells of the columns that are `wanted`."""
        return self if all(wanted) else Row(key=self.key, cells=tuple(compress(self.cells, wanted)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A list. `has_more` says that the database holds rows after these; `empty` is said when there is none."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    has_more: bool = False
    empty: tuple[str, ...] = ()

    def only(self, wanted: Sequence[bool]) -> "TableView":
        """Return the list with the columns that are `wanted`, one answer for each."""
        if all(wanted):
            return self
        rows = tuple(row.only(wanted) for row in self.rows)
        return replace(self, columns=tuple(compress(self.columns, wanted)), rows=rows)


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Which columns of a table are shown (their places) and how wide each is."""

    places: tuple[int, ...]
    widths: tuple[int, ...]

    def heading(self, view: TableView) -> Line:
        """Return the line above the rows."""
        return self._line([line(column.heading) for column in view.columns], view.columns)

    def row(self, view: TableView, row: Row) -> Line:
        """Return the line of `row`."""
        return self._line(row.cells, view.columns)

    def _line(self, found: Sequence[Line], columns: Sequence[Column]) -> Line:
        gap = line(" " * GAP)
        parts: list[Line] = []
        for place, room in zip(self.places, self.widths, strict=True):
            parts.append(padded(found[place], room, right=columns[place].right))
            parts.append(gap)
        return tuple(span for part in parts[:-1] for span in part)


def layout(view: TableView, columns: int) -> TableLayout:
    """Return how `view` fits into `columns`: whole columns go, by priority, so that no number is ever cut.

    A column that grows may be cut; it is text.
    """
    needed = [_needed(view, place) for place in range(len(view.columns))]
    places = list(range(len(view.columns)))
    while _total(needed, places) > columns:
        droppable = [place for place in places if view.columns[place].priority]
        if not droppable:
            break
        places.remove(max(droppable, key=lambda place: (view.columns[place].priority, place)))
    growing = next((place for place in places if view.columns[place].grows), None)
    spare = columns - _total(needed, places)
    while growing is not None and needed[growing] + spare < view.columns[growing].least:
        extra = [place for place in places if view.columns[place].priority >= _ONLY_GOOD_TO_HAVE]
        if not extra:
            break
        places.remove(max(extra, key=lambda place: (view.columns[place].priority, place)))
        spare = columns - _total(needed, places)
    if growing is not None:
        needed[growing] = max(needed[growing] + spare, 1)
    return TableLayout(tuple(places), tuple(needed[place] for place in places))


def _needed(view: TableView, place: int) -> int:
    column = view.columns[place]
    if column.grows:
        return max(cells(column.heading), 6)
    return max([cells(column.heading), *(width(row.cells[place]) for row in view.rows)])


def _total(needed: Sequence[int], places: Sequence[int]) -> int:
    return sum(needed[place] for place in places) + GAP * (len(places) - 1)
