"""Findings: what became of a check?

A check that comes to its end has passed. `NotHeld` ends one that failed, `NotShown` one that could show nothing here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import StonksError


class Outcome(StrEnum):
    """What a check came to."""

    PASS = "PASS"
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"


class NotHeld(StonksError):
    """A guarantee is broken; the message says how."""


class NotShown(StonksError):
    """Whether the guarantee is kept cannot be seen here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check came to, and why. `exchange` is what was sent (->) and came back (<-), of a check that failed."""

    number: str
    name: str
    sentence: str
    outcome: Outcome
    why: str = ""
    exchange: tuple[str, ...] = ()


def exit_code(found: Sequence[Finding]) -> int:
    """Return 1 when something failed, or nothing could be shown, else 0."""
    has_failed = any(finding.outcome is Outcome.FAIL for finding in found)
    return int(has_failed or not any(finding.outcome is Outcome.PASS for finding in found))


def require(held: bool, otherwise: str) -> None:
    """Raise NotHeld, in the words of `otherwise`, unless `held`."""
    if not held:
        raise NotHeld(otherwise)
