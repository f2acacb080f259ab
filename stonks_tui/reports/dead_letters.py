"""Dead letters: what could engine and broker not use of what the other one wrote, as lines and for JSON?"""

from collections.abc import Iterator, Sequence
from typing import Any

from stonks_tui.broker_dead import DeadLetter
from storage import redis_keys

_SHOWN = 200
_DIRECTION = {redis_keys.BROKER_ORDERS: "job", redis_keys.BROKER_RESULTS: "answer"}


def lines(letters: Sequence[DeadLetter]) -> Iterator[str]:
    """Yield each with its reason, and what can be done about them."""
    if not letters:
        yield "no message was refused"
        return
    for dead in letters:
        yield line(dead)
    yield ""
    yield "stonks broker dead --again N has one looked at once more, --drop N forgets it"


def line(dead: DeadLetter) -> str:
    """Return one of them: its number, when and why it was refused, and how it begins."""
    at = f" {dead.at}" if dead.at else ""
    return f"{dead.number}{at} {_DIRECTION[dead.queue]} refused: {_one_line(dead.refused.reason)}\n  {_begins(dead)}"


def as_plain(dead: DeadLetter) -> dict[str, Any]:
    """Return it for JSON, the message whole."""
    return {
        "number": dead.number,
        "at": dead.at,
        "queue": dead.queue,
        "reason": dead.refused.reason,
        "message": dead.refused.message.encode(errors="surrogateescape").decode(errors="replace"),
    }


def _begins(dead: DeadLetter) -> str:
    text = _one_line(dead.refused.message)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _one_line(text: str) -> str:
    """Return `text` with what commands a terminal, or is no text, as a sequence of letters."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
