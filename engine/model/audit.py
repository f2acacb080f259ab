"""Audit: what did a person ask of the engine, from where, and what did it change?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Word(StrEnum):
    """What a person may say to a running engine. `STOP` ends its process; all others are for the account."""

    STATUS = "status"
    PAUSE = "pause"
    RESUME = "resume"
    HALT = "halt"
    TIER = "tier"
    BREAKER = "breaker"
    CLEAR = "clear"
    RESERVE = "reserve"
    CLOSE = "close"
    CLOSE_ALL = "close-all"
    SET = "set"
    NOTIFY = "notify"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A word as it comes through the door: `arguments` by name, said by `who` (a user's name) at `origin` (a program).

    Which arguments a word takes: `tier` name; `breaker` note; `clear` breaker (its id); `reserve` amount (signed, in
    dollars) and note; `close` ticker; `pause`, `halt` note; `set` settings by their names; the others none.
    """

    word: Word
    arguments: Mapping[str, str] = field(default_factory=dict)
    who: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What comes back: was it done, what is to be said of it, and what it changed, by name; or the status, by name."""

    done: bool
    words: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_standby(self) -> bool:
        """Does it come from an engine that stands by, and does nothing?"""
        return self.after.items() >= OF_STANDBY.items()


OF_STANDBY: Mapping[str, str] = {"trading": "standby"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """A word that was taken, kept with the turn that it made. `before` and `after` name only what changed."""

    at: datetime
    asked: Asked
    done: bool
    words: str
    before: Mapping[str, str]
    after: Mapping[str, str]
