"""Line chart: how is a curve drawn with braille dots so that no spike is lost?"""

from collections.abc import Iterable, Sequence

from stonks_tui.view_models.chart_frame import ChartFrame, ChartSeries, days, frame, labels, left_of, share
from stonks_tui.view_models.text import Line, Mood, Span

CURSOR = "┆"
_BASELINE = "┄"
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of a cell's left and right dots, from the top."""


def draw(
    series: ChartSeries, *, columns: int, rows: int, cursor: int | None = None, label_columns: int | None = None
) -> tuple[Line, ...]:
    """Return the curve on exactly `rows` lines of exactly `columns`; `cursor` is the index of a value.

    Its highest value is on the top row, its lowest on the bottom one of the plot.
    """
    if columns < 1 or rows < 1:
        return ((),) * max(0, rows)
    laid = frame(series, columns=columns, rows=rows, label_columns=label_columns)
    if not series.values:
        return ((Span(" " * columns),),) * rows
    low, high = min(series.values), max(series.values)

    def row_of(value: float) -> int:
        return _dot_row(value, low, high, laid.plot_rows) // 4

    texts = labels(series, low, high, laid.plot_rows, row_of)
    cells = _cells(_ranges(series.values, laid, low, high), laid)
    marked = laid.column_of(cursor) - laid.axis if cursor is not None else None
    dotted = None
    if series.baseline is not None and low <= series.baseline <= high:
        dotted = row_of(series.baseline)
    lines = [
        (*left_of(row, texts, laid.axis), *_row(cells[row], series.mood, marked, row == dotted))
        for row in range(laid.plot_rows)
    ]
    if laid.has_days:
        lines.append(days(series, laid, cursor))
    return tuple(lines)


def joined_spans(pieces: Iterable[tuple[str, Mood]]) -> Line:
    """Return letters with moods as a line with one span for neighbours of one mood."""
    found: list[Span] = []
    for text, mood in pieces:
        if found and found[-1].mood is mood:
            found[-1] = Span(found[-1].text + text, mood)
        else:
            found.append(Span(text, mood))
    return tuple(found)


def _dot_row(value: float, low: float, high: float, plot_rows: int) -> int:
    """Return the row of dots, four in each row, from the top."""
    return max(0, min(4 * plot_rows - 1, round((1 - share(value, low, high)) * (4 * plot_rows - 1))))


def _ranges(values: Sequence[float], laid: ChartFrame, low: float, high: float) -> list[tuple[int, int]]:
    """Return for each column of dots the highest and lowest dot (as rows from the top) of its values.

    Columns between two values get the straight line; neighbours are lengthened until they touch.
    """
    known: dict[int, list[float]] = {}
    for index, value in enumerate(values):
        known.setdefault(laid.dot_of(index), []).append(value)
    ends = {
        dot: (_dot_row(max(found), low, high, laid.plot_rows), _dot_row(min(found), low, high, laid.plot_rows))
        for dot, found in known.items()
    }
    ranges = [ends[0]]
    at = 0
    for dot in sorted(ends)[1:]:
        start, end = _dot_row(known[at][-1], low, high, laid.plot_rows), ends[dot]
        goal = _dot_row(known[dot][0], low, high, laid.plot_rows)
        for between in range(at + 1, dot):
            row = start + round((goal - start) * (between - at) / (dot - at))
            ranges.append((row, row))
        ranges.append(end)
        at = dot
    return _touching(ranges)


def _touching(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found = ranges[:1]
    for top, bottom in ranges[1:]:
        last_top, last_bottom = found[-1]
        found.append((min(top, last_bottom + 1), max(bottom, last_top - 1)))
    return found


def _cells(ranges: list[tuple[int, int]], laid: ChartFrame) -> list[list[int]]:
    """Return the dots of each cell as bits."""
    cells = [[0] * laid.plot_columns for _ in range(laid.plot_rows)]
    for dot, (top, bottom) in enumerate(ranges):
        for row in range(top, bottom + 1):
            cells[row // 4][dot // 2] |= _DOTS[dot % 2][row % 4]
    return cells


def _row(cells: list[int], mood: Mood, marked: int | None, is_dotted: bool) -> Line:
    def piece(column: int, bits: int) -> tuple[str, Mood]:
        if bits:
            return chr(_BRAILLE + bits), Mood.STRONG if column == marked else mood
        if column == marked:
            return CURSOR, Mood.STRONG
        return (_BASELINE, Mood.DIM) if is_dotted else (" ", Mood.PLAIN)

    return joined_spans(piece(column, bits) for column, bits in enumerate(cells))
