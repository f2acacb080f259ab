"""Live books: what of a turn is kept in the books, and may it be kept at all? The same answer for every store."""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from engine.decision import effects, events
from engine.errors import BrokenInvariant
from engine.live_ports import Checkpoint, Turn
from engine.model.live import Heartbeat, JournalEntry, LiveMetrics
from engine.model.runs import RunBooks
from storage.moments import to_micros
from storage.soundness import check_numbers

_BOOKS: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    effects.RecordDecision: ("decisions", attrgetter("decision")),
    effects.RecordTrade: ("trades", attrgetter("trade")),
    effects.RecordStopChange: ("stop_changes", attrgetter("change")),
    effects.RecordReserveEntry: ("reserve_entries", attrgetter("entry")),
    effects.RecordTierChange: ("tier_changes", attrgetter("change")),
    effects.RecordBreaker: ("breakers", attrgetter("event")),
    effects.RecordCashFlow: ("flows", attrgetter("flow")),
    effects.RecordSplit: ("splits", attrgetter("split")),
    effects.RecordSnapshot: ("snapshots", attrgetter("snapshot")),
    effects.RecordNotice: ("notices", attrgetter("notice")),
}
_OF_A_LOOK = {events.PricesSeen.__name__, events.EntriesDue.__name__}


def books_of(turn: Turn) -> RunBooks:
    """Return what `turn` adds to the books, each in its order; of a breaker only the last that is said of it.

    Raises BrokenInvariant for a number that is none, and for decisions kept as columns: only a backtest makes those.
    """
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for record in turn.records:
        if type(record) not in _BOOKS:
            raise BrokenInvariant(f"turn {turn.entry.seq}: {type(record).__name__} is not for a live account")
        book, value_of = _BOOKS[type(record)]
        found[book].append(value_of(record))
    found["breakers"] = list({breaker.breaker_id: breaker for breaker in found["breakers"]}.values())
    books = RunBooks(
        executions=(turn.execution,) if turn.execution else (),
        **{book: tuple(values) for book, values in found.items()},
    )
    check_numbers(books, f"turn {turn.entry.seq}")
    return books


def require_next(turn: Turn, last_seq: int, last_errand: int) -> None:
    """Raise BrokenInvariant unless `turn` follows the turn `last_seq`, and its errands the errand `last_errand`.

    The looks before it come first, and have to be looks.
    """
    for number, entry in enumerate((*turn.looks, turn.entry), start=last_seq + 1):
        if entry.seq != number:
            raise BrokenInvariant(f"turn {entry.seq} does not follow turn {number - 1}, the last one that is kept")
        if entry is not turn.entry and not is_mere_look(entry):
            raise BrokenInvariant(f"turn {entry.seq} is kept with turn {turn.entry.seq}, but something came of it")
    for number, errand in enumerate(turn.errands, start=last_errand + 1):
        if errand.errand_id != number:
            raise BrokenInvariant(f"turn {turn.entry.seq}: errand {errand.errand_id} stands where {number} is due")


def without_looks_until(turn: Turn, seq: int) -> Turn:
    """Return `turn` without the looks up to the turn `seq`, which were kept before."""
    return replace(turn, looks=tuple(look for look in turn.looks if look.seq > seq))


def is_mere_look(entry: JournalEntry) -> bool:
    """Is it a turn in which prices were seen, or entries were due, and nothing came of it?"""
    if entry.effects != "[]":
        return False
    try:
        event = json.loads(entry.event)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("is") in _OF_A_LOOK


def checkpoint_of(turn: Turn, settings: str) -> Checkpoint | None:
    """Return the checkpoint before `turn`, if it brings one; `settings` are those that held before it.

    In the first turn of an account they are the ones that it brings: it was decided by them.
    """
    if not turn.checkpoint:
        return None
    entry = turn.entry
    return Checkpoint(seq=entry.seq, at=entry.at, state=turn.checkpoint, settings=settings or turn.settings)


def require_sound(told: Heartbeat | LiveMetrics) -> None:
    """Raise BrokenInvariant when a number in `told` is none, BadInput when one of its moments has no time zone."""
    to_micros(told.at)
    if isinstance(told, Heartbeat):
        for at in (told.started_at, told.next_at, told.prices_at):
            if at is not None:
                to_micros(at)
        numbers = {"lag_seconds": told.lag_seconds, "protected": told.protected}
    else:
        numbers = {"heat": told.heat, "drawdown": told.drawdown, "protected": told.protected}
    for name, number in numbers.items():
        if math.isnan(number):
            raise BrokenInvariant(f"what was measured at {told.at:%Y-%m-%d %H:%M} UTC has no number as its {name}")
