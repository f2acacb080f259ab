"""Numbers: how are amounts, fractions and names written for people?"""

import math
from collections.abc import Sequence

from engine.model.money import Money, usd


def money(amount: Money | None, *, signed: bool = False) -> str:
    """Return dollars and cents, or a dash."""
    return "–" if amount is None else usd(amount, signed=signed)


def percent(fraction: float | None, *, places: int = 2, signed: bool = False) -> str:
    """Return a fraction as percent, or a dash."""
    if fraction is None:
        return "–"
    if math.isinf(fraction):
        return "∞"
    return f"{fraction * 100:{'+' if signed else ''}.{places}f} %"


def ratio(value: float | None, *, places: int = 2) -> str:
    """Return a plain number, ∞, or a dash."""
    if value is None:
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{places}f}"


def measured(value: float | None, unit: str) -> str:
    """Return a verdict's value in its unit."""
    if value is None:
        return "–"
    if unit == "pct":
        return percent(value)
    if unit == "usd":
        return f"${value:,.2f}"
    if unit == "seconds":
        return _duration(value)
    if unit in {"count", "bars", "sessions"}:
        word = "" if unit == "count" else f" {unit.removesuffix('s') if value == 1 else unit}"
        return f"{value:,.0f}{word}"
    if unit == "minutes":
        return f"{value:,.0f} min"
    return f"{value:.4f}"


def unit_words(value: float | int | str | bool, unit: str) -> str:
    """Return the unit of a setting; of a fraction what it comes to, `= 5 %`: 0.05 alone could be taken for per cent."""
    if unit == "pct" and isinstance(value, float | int):
        return f"= {value * 100:.6g} %"
    return unit


def _duration(seconds: float) -> str:
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    if seconds < 120:
        return f"{sign}{seconds:,.0f} s"
    if seconds < 7_200:
        return f"{sign}{seconds / 60:,.0f} min"
    return f"{sign}{seconds / 3_600:,.1f} h"


def plural(count: int, word: str) -> str:
    """Return `3 trades`, `1 trade`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def fitting(
    rows: Sequence[tuple[str, ...]],
    *,
    width: int,
    droppable: Sequence[int],
    right: frozenset[int] = frozenset(),
    indent: str = "  ",
) -> list[str]:
    """Return `rows` as aligned lines; while they are wider than `width`, the columns of `droppable` go, in order."""
    kept = list(range(len(rows[0]))) if rows else []
    for column in (None, *droppable):
        if column is not None:
            kept.remove(column)
        lines = table(
            [tuple(row[i] for i in kept) for row in rows],
            right=frozenset(place for place, i in enumerate(kept) if i in right),
            indent=indent,
        )
        if all(len(line) <= width for line in lines):
            break
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` as lines at most `width` wide, broken between words; all but the first are indented."""
    import textwrap

    return textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def table(rows: Sequence[tuple[str, ...]], *, right: frozenset[int] = frozenset(), indent: str = "  ") -> list[str]:
    """Return `rows` as aligned lines; the columns in `right` are right-aligned. The first row is the heading."""
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
