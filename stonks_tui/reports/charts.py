"""Charts: equity and drawdown drawn with characters."""

import re
from collections.abc import Sequence
from datetime import date

from engine.model.money import dollars
from engine.model.portfolio import PortfolioSnapshot

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def equity(snapshots: Sequence[PortfolioSnapshot], *, width: int, colour: bool, height: int = 13) -> list[str]:
    """Return the curve of total value over time."""
    values = [dollars(s.total_value) for s in snapshots]
    return _line("Equity, $", snapshots, values, width, height, colour, "green")


def drawdown(snapshots: Sequence[PortfolioSnapshot], *, width: int, colour: bool, height: int = 8) -> list[str]:
    """Return the fall from the peak over time, in percent."""
    values = [-100 * s.current_drawdown for s in snapshots]
    return _line("Drawdown, %", snapshots, values, width, height, colour, "red")


def _line(
    title: str,
    snapshots: Sequence[PortfolioSnapshot],
    values: Sequence[float],
    width: int,
    height: int,
    colour: bool,
    ink: str,
) -> list[str]:
    if len(values) < 2:
        return []
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    points = _thinned(values, 2 * width)
    plotext.plot(points, [values[i] for i in points], marker="braille", color=ink if colour else None)
    ticks = _ticks(len(values), 5)
    plotext.xticks(ticks, [_label(snapshots[i].on) for i in ticks])
    plotext.title(title)
    text = plotext.build()
    lines = text.splitlines()
    return lines if colour else [_ANSI.sub("", line).rstrip() for line in lines]


def _thinned(values: Sequence[float], columns: int) -> list[int]:
    """Return the indices of the lowest and highest value of each column, so that no extreme is lost."""
    if len(values) <= 2 * columns:
        return list(range(len(values)))
    kept = {0, len(values) - 1}
    for c in range(columns):
        chunk = range(c * len(values) // columns, (c + 1) * len(values) // columns)
        kept |= {min(chunk, key=values.__getitem__), max(chunk, key=values.__getitem__)}
    return sorted(kept)


def _ticks(count: int, wanted: int) -> list[int]:
    return sorted({round(i * (count - 1) / (wanted - 1)) for i in range(wanted)})


def _label(on: date) -> str:
    return on.isoformat()
