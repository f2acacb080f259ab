"""Chart frame: where on the screen does each value of a series stand, and what is written around it?

Both kinds of chart use it, so two of them under one another, with labels of one width, share their days.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stonks_tui.view_models.text import Line, Mood, Span, cells, clipped, line, padded

_LEAST_COLUMNS = 20
"""Narrower charts have no labels."""
_LEAST_ROWS = 4
"""Lower charts have no line of days."""
_STEPS = (1.0, 2.0, 2.5, 5.0)


def _with_cents(value: float) -> str:
    return f"{value:,.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSeries:
    """What a chart shows. `values` are finite and in order of time; `baseline` is dotted where it is in sight.

    `first_label` and `last_label` stand under the ends; `label_of` says what an index is, for the cursor.
    """

    values: Sequence[float]
    first_label: str = ""
    last_label: str = ""
    written: Callable[[float], str] = _with_cents
    label_of: Callable[[int], str] | None = None
    baseline: float | None = None
    mood: Mood = Mood.ACCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartFrame:
    """`count` values on `plot_columns` x `plot_rows`, right of `axis` columns; `has_days` is a line under them."""

    count: int
    axis: int
    plot_columns: int
    plot_rows: int
    has_days: bool

    def dot_of(self, index: int) -> int:
        """Return the dot column, of two in each column, where value `index` stands."""
        if self.count < 2:
            return 0
        last = 2 * self.plot_columns - 1
        return (2 * index * last + self.count - 1) // (2 * (self.count - 1))

    def column_of(self, index: int) -> int:
        """Return the column of the chart's lines where value `index` stands."""
        return self.axis + self.dot_of(index) // 2

    def place_of(self, column: int) -> int:
        """Return the index of the value at or nearest to `column` of the chart's lines; -1 without values."""
        if self.count < 2:
            return self.count - 1
        wanted = max(0, min(column - self.axis, self.plot_columns - 1))
        near = round((2 * wanted + 0.5) * (self.count - 1) / (2 * self.plot_columns - 1))
        around = [index for index in (near, near - 1, near + 1) if 0 <= index < self.count]
        return min(around, key=lambda index: abs(self.column_of(index) - self.axis - wanted))


def frame(series: ChartSeries, *, columns: int, rows: int, label_columns: int | None = None) -> ChartFrame:
    """Return how a chart of `series` is laid out; `label_columns` makes the labels of several as wide."""
    has_days = rows >= _LEAST_ROWS
    plot_rows = rows - has_days
    axis = 0
    if columns >= _LEAST_COLUMNS and series.values:
        wanted = label_columns if label_columns is not None else _label_width(series, plot_rows)
        axis = wanted + 1 if wanted + 1 <= columns // 2 else 0
    return ChartFrame(
        count=len(series.values), axis=axis, plot_columns=columns - axis, plot_rows=plot_rows, has_days=has_days
    )


def share(value: float, low: float, high: float) -> float:
    """Return where `value` is between `low` (0) and `high` (1), for any finite numbers; 0.5 where these are equal."""
    if low == high:
        return 0.5
    if math.isinf(high - low):
        value, low, high = value / 4, low / 4, high / 4
    return (value - low) / (high - low)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return the round numbers from `low` to `high`, as many as there can be but not above `most`; perhaps none."""
    span = high - low
    if span == 0:
        return [low]
    if most < 1 or math.isinf(span) or span / most == 0:
        return []
    magnitude = 10.0 ** math.floor(math.log10(span / most))
    for step in (magnitude * factor * step for factor in (1, 10, 100) for step in _STEPS):
        if step == 0 or not all(map(math.isfinite, (step, low / step, high / step))):
            continue
        first, last = math.ceil(low / step), math.floor(high / step)
        if last - first < most:
            return [step * place for place in range(first, last + 1)]
    return []


def labels(
    series: ChartSeries, low: float, high: float, plot_rows: int, row_of: Callable[[float], int]
) -> dict[int, str]:
    """Return what stands left of which row, as `row_of` says of a value; each text once."""
    found: dict[int, str] = {}
    for value in ticks(low, high, (plot_rows + 1) // 2) or [high]:
        text = series.written(value + 0.0)
        if text not in found.values():
            found[row_of(value)] = text
    return found


def left_of(row: int, texts: dict[int, str], axis: int) -> Line:
    """Return what stands left of the plot in `row`."""
    if not axis:
        return ()
    text = texts.get(row)
    if text is None or cells(text) > axis - 1:
        return line(" " * (axis - 1), ("│", Mood.DIM))
    return (*padded(line((text, Mood.DIM)), axis - 1, right=True), Span("┤", Mood.DIM))


def days(series: ChartSeries, laid: ChartFrame, cursor: int | None) -> Line:
    """Return the line under the plot: both ends, and what the cursor is on."""
    room = laid.plot_columns
    taken: list[tuple[int, Line]] = []
    if cursor is not None and laid.count:
        text = f"▲ {series.label_of(cursor)}" if series.label_of else "▲"
        at = laid.column_of(cursor) - laid.axis
        if at + cells(text) > room and series.label_of:
            text = f"{series.label_of(cursor)} ▲"
            at += 1 - cells(text)
        taken.append((max(0, at), clipped(line((text, Mood.STRONG)), room)))
    ends = [(0, series.first_label), (room - cells(series.last_label), series.last_label)]
    for at, text in ends:
        if text and at >= 0 and all(_apart(at, cells(text), *other) for other in taken):
            taken.append((at, clipped(line((text, Mood.DIM)), room)))
    found: Line = line(" " * laid.axis)
    for at, spans in sorted(taken):
        found = (*padded(found, laid.axis + at), *spans)
    return padded(found, laid.axis + room)


def _apart(at: int, columns: int, other: int, spans: Line) -> bool:
    """Is at least one blank between two texts?"""
    return at + columns < other or other + sum(cells(span.text) for span in spans) < at


def _label_width(series: ChartSeries, plot_rows: int) -> int:
    """Return what the widest label needs, in a chart of the values' own range and in one that starts at zero."""
    low, high = min(series.values), max(series.values)
    both = ((low, high), (min(low, 0.0), max(high, 0.0)))
    most = (plot_rows + 1) // 2
    return max(cells(series.written(value + 0.0)) for ends in both for value in ticks(*ends, most) or [ends[1]])
