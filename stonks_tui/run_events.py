"""Run events: what does a backtest say of itself, line by line, to a program that started it?

`stonks backtest run --progress json` and `stonks demo --progress json` write one of these a line, as JSON and nothing
else, to standard output: `reading` (perhaps more than once), `begun`, `progress` …, `keeping`, `ended`; or at any place
`refused`, which ends it too. Imports nothing heavy: the terminal app reads these at its start.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.model.money import Money, from_text, to_decimal
from engine.model.runs import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Prices and recommendations are being read or made up; `what` says which now."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The run has its number and begins. `start` and `end` are its first and its last session."""

    run_id: int
    sessions: int
    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """`done` of `total` sessions are over, the last of them `on`; `seconds` since the first began."""

    on: date
    done: int
    total: int
    decisions: int
    equity: Money
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """All sessions are over, and what was decided is being written down."""

    decisions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is kept: completed, failed (`error` says why) or cancelled."""

    run_id: int
    status: RunStatus
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The command ended without a run to show for it. `exit_code` is 2 for bad input, 130 for an interruption."""

    message: str
    hint: str = ""
    exit_code: int = 1


RunEvent = Reading | Begun | Progressed | Keeping | Ended | Refused

_WORDS: Mapping[str, type[RunEvent]] = {
    "reading": Reading,
    "begun": Begun,
    "progress": Progressed,
    "keeping": Keeping,
    "ended": Ended,
    "refused": Refused,
}
_NAMES = {kind: word for word, kind in _WORDS.items()}


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _number(value: object) -> float:
    return value if isinstance(value, float) else float(_whole(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "on": date.fromisoformat,
    "start": date.fromisoformat,
    "end": date.fromisoformat,
    "equity": lambda text: from_text(_text(text)),
    "status": RunStatus,
    "seconds": _number,
    "what": _text,
    "error": _text,
    "message": _text,
    "hint": _text,
}
"""How a field is read; all others are whole numbers."""


def to_json(event: RunEvent) -> str:
    """Return `event` as one line of JSON, without its line end; amounts are dollars as exact decimal text."""
    fields = {name: _plain(name, getattr(event, name)) for name in event.__dataclass_fields__}
    return json.dumps({"event": _NAMES[type(event)], **fields}, allow_nan=False)


def from_json(line: str | bytes) -> RunEvent | None:
    """Return the event that `line` tells, or None for a line that is not one of ours."""
    try:
        told = json.loads(line)
        kind: Callable[..., RunEvent] = _WORDS[told.pop("event")]
        return kind(**{name: _READERS.get(name, _whole)(value) for name, value in told.items()})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _plain(name: str, value: object) -> object:
    if name == "equity" and isinstance(value, int):
        return str(to_decimal(value))
    return value.isoformat() if isinstance(value, date) else value
