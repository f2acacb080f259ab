"""Charts: equity and drawdown drawn with characters, under one another on the same days."""

import math
import re
from collections.abc import Sequence

from engine.model.money import dollars
from engine.model.portfolio import PortfolioSnapshot

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LABEL = 9
"""Room for the scale's labels, the same in both charts, so that their days stand under one another."""


def equity(snapshots: Sequence[PortfolioSnapshot], *, width: int, colour: bool, height: int = 13) -> list[str]:
    """Return the curve of total value over time; nothing when it never moved."""
    values = [dollars(s.total_value) for s in snapshots]
    return _line("Equity, $", snapshots, values, width, height, "green" if colour else None)


def drawdown(snapshots: Sequence[PortfolioSnapshot], *, width: int, colour: bool, height: int = 8) -> list[str]:
    """Return the fall from the peak over time, in percent; nothing when there was none."""
    values = [-100 * s.current_drawdown for s in snapshots]
    return _line("Drawdown, %", snapshots, values, width, height, "red" if colour else None)


def scale(low: float, high: float, most: int) -> list[float]:
    """Return round numbers from at or below `low` to at or above `high`, `most` + 2 of them at the most."""
    rough = (high - low) / max(1, most - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(magnitude * m for m in (1, 2, 2.5, 5, 10) if magnitude * m >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * i for i in range(first, last + 1)]


def labels(ticks: Sequence[float]) -> list[str]:
    """Return `ticks` as text, all with the places that their step needs."""
    step = ticks[1] - ticks[0]
    places = next((p for p in range(6) if math.isclose(round(step, p), step, rel_tol=1e-6)), 6)
    return [f"{tick + 0.0:,.{places}f}".rjust(_LABEL) for tick in ticks]


def _line(
    title: str,
    snapshots: Sequence[PortfolioSnapshot],
    values: Sequence[float],
    width: int,
    height: int,
    ink: str | None,
) -> list[str]:
    if len(values) < 2 or min(values) == max(values):
        return []
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(width, height)
    points = _thinned(values, 2 * width)
    plotext.plot(points, [values[i] for i in points], marker="braille", color=ink)
    on_scale = scale(min(values), max(values), max(2, height // 3))
    plotext.ylim(on_scale[0], on_scale[-1])
    plotext.yticks(on_scale, labels(on_scale))
    days = _ticks(len(values), max(2, min(5, (width - _LABEL) // 15)))
    plotext.xticks(days, [snapshots[i].on.isoformat() for i in days])
    plotext.title(title)
    lines = plotext.build().splitlines()
    return lines if ink else [_ANSI.sub("", line).rstrip() for line in lines]


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
