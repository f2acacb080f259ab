"""Bar chart: how are gains and losses drawn up and down from zero, and a share of a limit from left to right?"""

import math
from dataclasses import dataclass

from stonks_tui.view_models.chart_frame import ChartFrame, ChartSeries, days, frame, labels, left_of, share
from stonks_tui.view_models.line_chart import CURSOR, joined_spans
from stonks_tui.view_models.text import Line, Mood, Span

_UP = (" ", "▁", "▄", "█")
_DOWN = (" ", "▔", "▀", "█")
"""Bars end at a sliver, a half or a whole: there are no finer letters for those that hang."""
_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_NEAR_LIMIT = 0.9
"""From this part of a limit on, a gauge warns."""


def bars(
    series: ChartSeries, *, columns: int, rows: int, cursor: int | None = None, label_columns: int | None = None
) -> tuple[Line, ...]:
    """Return bars from zero on exactly `rows` lines of exactly `columns`: each column's best up, its worst down.

    The days stand where `line_chart.draw` has them. Gains and losses have moods of their own.
    """
    if columns < 1 or rows < 1:
        return ((),) * max(0, rows)
    laid = frame(series, columns=columns, rows=rows, label_columns=label_columns)
    if not series.values:
        return ((Span(" " * columns),),) * rows
    scale = _scale(min(0.0, *series.values), max(0.0, *series.values), laid.plot_rows)
    texts = labels(series, scale.low, scale.high, laid.plot_rows, scale.row_of)
    extremes = _extremes(series, laid)
    marked = laid.column_of(cursor) - laid.axis if cursor is not None else None
    lines = []
    for row in range(laid.plot_rows):
        pieces = (scale.piece(worst, best, row) for worst, best in extremes)
        spans = joined_spans(
            (CURSOR, Mood.STRONG) if column == marked and letter == " " else (letter, mood)
            for column, (letter, mood) in enumerate(pieces)
        )
        lines.append((*left_of(row, texts, laid.axis), *spans))
    if laid.has_days:
        lines.append(days(series, laid, cursor))
    return tuple(lines)


def gauge(fraction: float, columns: int, limit_fraction: float | None = None) -> Line:
    """Return a bar of exactly `columns`, filled to `fraction` (0..1), with a mark at its limit.

    Something above nothing shows, and only all is full. It warns near the limit.
    """
    caps = columns >= 4
    room = max(0, columns - 2 * caps)
    filled = max(0.0, min(1.0, fraction))
    eighths = min(int(filled * room * 8), room * 8 - (filled < 1)) if room else 0
    eighths = max(eighths, 1) if filled > 0 and room else eighths
    letters = ["█"] * (eighths // 8) + [_EIGHTHS[eighths % 8]] * (eighths % 8 > 0)
    letters += ["░"] * (room - len(letters))
    moods = [Mood.DIM if letter == "░" else _gauge_mood(fraction, limit_fraction) for letter in letters]
    if limit_fraction is not None and room:
        mark = min(room - 1, max(0, int(limit_fraction * room)))
        letters[mark], moods[mark] = "│", Mood.STRONG
    pieces = list(zip(letters, moods, strict=True))
    if caps:
        pieces = [("▕", Mood.DIM), *pieces, ("▏", Mood.DIM)]
    return joined_spans(pieces)


def _gauge_mood(fraction: float, limit: float | None) -> Mood:
    if limit is None or fraction < _NEAR_LIMIT * limit:
        return Mood.ACCENT
    return Mood.LOSS if fraction > limit else Mood.WARN


def _extremes(series: ChartSeries, laid: ChartFrame) -> list[tuple[float, float]]:
    """Return the lowest and highest value of each column; one without values has those of the nearest."""
    known: dict[int, tuple[float, float]] = {}
    for index, value in enumerate(series.values):
        column = laid.column_of(index)
        worst, best = known.get(column, (value, value))
        known[column] = (min(worst, value), max(best, value))
    places = range(laid.axis, laid.axis + laid.plot_columns)
    return [known.get(c) or known[laid.column_of(laid.place_of(c))] for c in places]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Zero is under the first `above` rows; a row is `unit` high, on both sides."""

    low: float
    high: float
    rows: int
    above: int
    unit: float

    def row_of(self, value: float) -> int:
        """Return the row of a label."""
        place = int(abs(value) / self.unit - 1e-9)
        row = self.above - 1 - place if value >= 0 else self.above + place
        return max(0, min(row, self.rows - 1))

    def piece(self, worst: float, best: float, row: int) -> tuple[str, Mood]:
        """Return what a column with these extremes has in `row`."""
        if self.rows == 1 and self.low < 0 < self.high:
            if worst == best == 0:
                return " ", Mood.PLAIN
            return ("▀", Mood.GAIN) if best > -worst else ("▄", Mood.LOSS)
        if row < self.above:
            letter = _part(_UP, max(best, 0.0) / self.unit, self.above - 1 - row)
            return letter, Mood.GAIN if letter != " " else Mood.PLAIN
        letter = _part(_DOWN, max(-worst, 0.0) / self.unit, row - self.above)
        return letter, Mood.LOSS if letter != " " else Mood.PLAIN


def _scale(low: float, high: float, rows: int) -> _Scale:
    """Return the scale: each side has rows as it needs them, but at least one when it has anything."""
    above = rows if low >= 0 else 0
    if low < 0 < high:
        above = max(1, min(rows - 1, round((1 - share(0.0, low, high)) * rows)))
    unit = max(high / max(above, 1), -low / max(rows - above, 1), math.ulp(0.0))
    return _Scale(low=low, high=high, rows=rows, above=above, unit=unit)


def _part(letters: tuple[str, ...], length: float, place: int) -> str:
    """Return how much of the cell `place` away from zero a bar of `length` cells fills."""
    rest = length - place
    if rest <= 0:
        return letters[0]
    return letters[3] if rest >= 0.75 else letters[2] if rest >= 0.25 else letters[1]
