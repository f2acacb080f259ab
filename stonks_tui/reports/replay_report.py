"""Replay report: did the journal come out alike, and if not, where did it first come out otherwise?"""

from collections.abc import Iterator
from typing import Any

from engine.replay import Difference
from stonks_tui.account_replay import AccountReplay
from stonks_tui.reports.numbers import plural

_AROUND = 60
"""Letters shown around the first one that differs."""


def lines(found: AccountReplay) -> Iterator[str]:
    """Yield how it went, in words."""
    counted = f"{plural(found.turns, 'turn')}, {plural(found.decisions, 'decision')}, {plural(found.orders, 'order')}"
    yield f"from turn {found.first}, {found.since:%Y-%m-%d %H:%M:%S} UTC: {counted} came out alike"
    if found.forgotten:
        yield f"{plural(found.forgotten, 'turn')} left out: prices among them have been forgotten"
    if found.difference is not None:
        yield from _difference(found.difference)
    elif found.is_state_alike:
        yield "the state at the end is the one that is kept"
    else:
        yield "the state at the end is NOT the one that is kept, although every turn came out alike"


def as_plain(found: AccountReplay) -> dict[str, Any]:
    """Return it for JSON; the texts of a difference in full."""
    d = found.difference
    return {
        "alike": found.is_alike,
        "first_turn": found.first,
        "since": found.since.isoformat(),
        "turns": found.turns,
        "decisions": found.decisions,
        "orders": found.orders,
        "forgotten": found.forgotten,
        "state_alike": found.is_state_alike,
        "difference": d and {"turn": d.seq, "at": d.at.isoformat(), "event": d.event, "kept": d.kept, "now": d.now},
    }


def _difference(d: Difference) -> Iterator[str]:
    yield f"turn {d.seq}, {d.at:%Y-%m-%d %H:%M:%S} UTC, comes out otherwise"
    yield f"  event  {_cut(d.event, 0)}"
    alike = zip(d.kept, d.now, strict=False)
    place = next((i for i, (a, b) in enumerate(alike) if a != b), min(len(d.kept), len(d.now)))
    yield f"  kept   {_cut(d.kept, place)}"
    yield f"  now    {_cut(d.now, place)}"
    yield "  stonks replay --json shows them in full"


def _cut(text: str, place: int) -> str:
    begin, end = max(0, place - _AROUND), place + 2 * _AROUND
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
