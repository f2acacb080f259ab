"""Side by side: how do figures of several runs fit a line, without one of them being cut?"""

from collections.abc import Sequence
from dataclasses import dataclass

from stonks_tui.reports.numbers import table, wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing of every run: `values` as text, and `changes` against the first run's (the first of them is '')."""

    label: str
    values: tuple[str, ...]
    changes: tuple[str, ...] = ()


def lines(heads: Sequence[str], rows: Sequence[Row], *, width: int) -> list[str]:
    """Return `rows` as a table at most `width` wide, `heads` being what each run is called.

    While it is too wide, first the changes go, then the runs stand in several tables below each other; where not even
    one run fits beside its label, each label has lines of its own.
    """
    columns = range(len(heads))
    if any(row.changes for row in rows):
        whole = _table(heads, rows, columns, changes=True)
        if _fits(whole, width):
            return whole
    for at_once in range(len(heads), 0, -1):
        groups = [columns[i : i + at_once] for i in range(0, len(heads), at_once)]
        tables = [_table(heads, rows, group, changes=False) for group in groups]
        if all(_fits(lines, width) for lines in tables):
            return [line for i, lines in enumerate(tables) for line in ([""] if i else []) + lines]
    return _listed(heads, rows, width)


def _fits(lines: Sequence[str], width: int) -> bool:
    return all(len(line) <= width for line in lines)


def _table(heads: Sequence[str], rows: Sequence[Row], columns: Sequence[int], *, changes: bool) -> list[str]:
    heading, *body = [("", list(heads), [f"vs {heads[0]}"] * len(heads))] + [
        (row.label, list(row.values), list(row.changes)) for row in rows
    ]
    cells = []
    for label, values, changed in (heading, *body):
        line = [label]
        for i in columns:
            line.append(values[i])
            if changes and i:
                line.append(changed[i])
        cells.append(tuple(line))
    return table(cells, right=frozenset(range(1, len(cells[0]))))


def _listed(heads: Sequence[str], rows: Sequence[Row], width: int) -> list[str]:
    found = []
    for row in rows:
        found.append(f"  {row.label}")
        for head, value in zip(heads, row.values, strict=True):
            found += [f"    {line}" for line in wrapped(f"{head}: {value}", width - 4)]
    return found
