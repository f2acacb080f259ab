"""Audit report: who told the engine what, and what came of it?"""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.model.audit import AuditEvent
from engine.settings import shown
from stonks_tui.reports.answer_report import changes, shown_in_part
from stonks_tui.reports.numbers import wrapped


def lines(events: Sequence[AuditEvent], *, width: int) -> Iterator[str]:
    """Yield each word with who said it, from where, and what it changed; no line is wider than `width` if it can be."""
    if not events:
        yield "nobody has told the engine anything yet"
    for event in events:
        asked = event.asked
        said = " ".join([asked.word.value, *(f"{name}={shown(name, text)}" for name, text in asked.arguments.items())])
        refused = "" if event.done else "refused: "
        source = f"{asked.who or 'somebody'}, {asked.origin or 'unknown'}"
        yield from wrapped(f"{event.at:%Y-%m-%d %H:%M:%S} UTC  {said}  ({source})  {refused}{event.words}", width)
        for name, change in changes(event.before, event.after):
            yield from wrapped(f"    {name}: {change}", width)


def as_plain(event: AuditEvent) -> dict[str, Any]:
    """Return it for JSON."""
    return {
        "at": event.at.isoformat(),
        "word": event.asked.word.value,
        "arguments": {name: shown(name, text) for name, text in event.asked.arguments.items()},
        "who": event.asked.who,
        "origin": event.asked.origin,
        "done": event.done,
        "words": event.words,
        "before": shown_in_part(event.before),
        "after": shown_in_part(event.after),
    }
