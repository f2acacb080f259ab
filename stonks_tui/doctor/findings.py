"""Findings: what does the doctor say of one thing, how bad is it, and what does the shell hear of all of it?

A section is a name and its checks. Each check answers once, also when all is well, so the list is always the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stonks_tui.doctor.circumstances import Circumstances

CHECK_FAILED = "check-failed"
"""The name of a finding about a check that broke: a bug of ours."""


class Level(StrEnum):
    """How bad it is, from nothing at all to something that costs money."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAULT = "fault"


LEVELS = tuple(Level)
_EXIT_CODES = {Level.OK: 0, Level.NOTE: 0, Level.WARNING: 3, Level.FAULT: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a check found: `words` with the numbers in them, and the `cure`, a command where there is one."""

    level: Level
    words: str
    cure: str = ""


Check = Callable[[Circumstances], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What is looked at together. `checks` go by their names, which stay what they are: scripts know them."""

    name: str
    checks: Mapping[str, Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer, and the section and the name of the check that gave it."""

    section: str
    name: str
    level: Level
    words: str
    cure: str = ""


def ok(words: str) -> Answer:
    """Return that all is well."""
    return Answer(level=Level.OK, words=words)


def note(words: str, cure: str = "") -> Answer:
    """Return what is good to know, and wrong at most for some."""
    return Answer(level=Level.NOTE, words=words, cure=cure)


def warning(words: str, cure: str) -> Answer:
    """Return what makes the engine do less than it could."""
    return Answer(level=Level.WARNING, words=words, cure=cure)


def fault(words: str, cure: str) -> Answer:
    """Return what keeps the engine from its work, or puts at risk what it has."""
    return Answer(level=Level.FAULT, words=words, cure=cure)


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level among `findings`, ok of none."""
    return max((f.level for f in findings), key=LEVELS.index, default=Level.OK)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 0 when nothing is wrong (notes are not), 3 with warnings, 1 with faults (`stonks doctor --help`)."""
    return _EXIT_CODES[worst(findings)]
