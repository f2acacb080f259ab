"""Filter tabs: which filters has a person kept, and how many rows does each let through?"""

from collections.abc import Mapping, Sequence

from stonks_tui.view_models.text import Line, Mood, Span, clipped, line

EVERYTHING = "all"
"""What the tab without a filter is called."""


def bar(tabs: Sequence[str], wanted: str, counts: Mapping[str, int], columns: int) -> Line:
    """Return the tabs in a line, the one that is looked at in brackets; those before it go where there is no room."""
    every = ["", *tabs, *([] if not wanted or wanted in tabs else [wanted])]
    parts = [_tab(tab, tab == wanted, counts.get(tab), is_kept=not tab or tab in tabs) for tab in every]
    first, last = 0, every.index(wanted)
    while first < last and sum(len(part.text) for part in parts[first : last + 1]) + 2 > columns:
        first += 1
    before = line(("‹ ", Mood.DIM)) if first else ()
    return clipped((*before, *parts[first:]), columns)


def beside(tabs: Sequence[str], wanted: str, step: int) -> str:
    """Return the tab `step` further on from `wanted`, round and round; the first is the one without a filter."""
    every = ["", *tabs]
    if wanted not in every:
        return every[-1] if step < 0 else every[0]
    return every[(every.index(wanted) + step) % len(every)]


def _tab(tab: str, is_current: bool, count: int | None, *, is_kept: bool) -> Span:
    number = "" if count is None else f" {count:,}"
    text = f"{tab or EVERYTHING}{number}{'' if is_kept else ' (v keeps it)'}"
    return Span(f"[{text}]", Mood.STRONG) if is_current else Span(f" {text} ", Mood.DIM)
