"""Report: how is what a check came to told to a person, and to a program?"""

from collections.abc import Iterator, Sequence
from typing import Any

from stonks_tui.broker_check.findings import Finding, Outcome
from stonks_tui.broker_check.kit import NOT_TRIED

_LETTERS = 300
"""So much of a message is shown to a person; `--json` has all of it."""


def lines(finding: Finding) -> Iterator[str]:
    """Yield what is printed of one check: nothing of one that was not tried, which the summary counts."""
    if finding.why == NOT_TRIED:
        return
    yield f"{finding.number:<4}{finding.outcome:<8}{finding.name:<14}{finding.sentence}"
    if finding.why:
        yield f"    {finding.why}"
    for line in finding.exchange:
        yield f"      {line if len(line) <= _LETTERS else f'{line[:_LETTERS]}…'}"


def summary(found: Sequence[Finding], left: str) -> str:
    """Return all of it in a sentence; `left` is what stays behind, in words."""
    counts = {outcome: sum(finding.outcome is outcome for finding in found) for outcome in Outcome}
    said = f"{counts[Outcome.PASS]} passed, {counts[Outcome.FAIL]} failed, {counts[Outcome.SKIPPED]} skipped"
    return f"{said}; {left}" if left else said


def as_plain(found: Sequence[Finding], left: str) -> dict[str, Any]:
    """Return the same as JSON has it: `left` is empty when nothing stays behind."""
    return {
        "checks": [
            {
                "number": finding.number,
                "name": finding.name,
                "sentence": finding.sentence,
                "outcome": finding.outcome,
                "why": finding.why,
                "exchange": list(finding.exchange),
            }
            for finding in found
        ],
        "left": left,
    }
