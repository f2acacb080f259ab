"""Column widths: what is the widest cell in each column of very many rows?"""

import re
from collections.abc import Sequence

from stonks_tui.view_models.tables import Column, Row, TableLayout, TableView, layout
from stonks_tui.view_models.text import Line, width

_NARROW = re.compile("[\x20-\u02ff\u2010-\u20cf\u2100-\u2319\u2500-\u25fc\u2800-\u28ff]*")
"""Letters that take one column each: for them, a text is as wide as it is long."""


class WidestCells:
    """The widest cell seen in each column. It only ever grows, so columns do not wobble as pages come."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._cells: list[Line] = [()] * len(columns)
        self._widths = [0] * len(columns)

    def add(self, rows: Sequence[Row]) -> None:
        """Take `rows` into account; 10,000 of them take some 30 ms."""
        narrow = _NARROW.fullmatch
        for place, column in enumerate(self._columns):
            if column.grows:
                continue
            widest = self._widths[place]
            for row in rows:
                spans = row.cells[place]
                if len(spans) == 1 and (text := spans[0][0]) and (text.isascii() or narrow(text)):
                    taken = len(text)
                else:
                    taken = width(spans)
                if taken > widest:
                    widest, self._cells[place] = taken, spans
            self._widths[place] = widest

    def layout(self, columns: int) -> TableLayout:
        """Return how the table fits into `columns`, as `tables.layout` says of all its rows."""
        stand_in = Row(key="", cells=tuple(self._cells))
        return layout(TableView(columns=self._columns, rows=(stand_in,)), columns)
