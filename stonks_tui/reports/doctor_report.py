"""Doctor report: findings by section, each with what is to be done about it, and the same for JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

from stonks_tui.doctor.findings import LEVELS, Finding, Level, exit_code, worst
from stonks_tui.reports.numbers import plural

MARKS = {Level.OK: "✓", Level.NOTE: "·", Level.WARNING: "!", Level.FAULT: "✗"}
ASCII_MARKS = {Level.OK: "+", Level.NOTE: "-", Level.WARNING: "!", Level.FAULT: "x"}


def lines(findings: Sequence[Finding], *, width: int = 80, ascii_only: bool = False) -> Iterator[str]:
    """Yield them in at most `width` columns: a mark, the name and what was found; below it, indented, the cure."""
    marks = ASCII_MARKS if ascii_only else MARKS
    names = max((len(finding.name) for finding in findings), default=0)
    for section, found in groupby(findings, key=lambda finding: finding.section):
        yield section
        for finding in found:
            yield from _finding(finding, marks[finding.level], names, width, "->" if ascii_only else "→")
        yield ""
    yield _summary(findings)


def as_plain(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return them for JSON."""
    return {
        "worst": worst(findings).value,
        "exit_code": exit_code(findings),
        "findings": [
            {"section": f.section, "name": f.name, "level": f.level.value, "found": f.words, "cure": f.cure}
            for f in findings
        ],
    }


def _finding(finding: Finding, mark: str, names: int, width: int, arrow: str) -> Iterator[str]:
    first = f"  {mark} {finding.name.ljust(names)}  "
    yield from _wrapped(finding.words, first, " " * len(first), width)
    if finding.cure:
        yield from _wrapped(finding.cure, f"      {arrow} ", "         ", width)


def _wrapped(words: str, first: str, later: str, width: int) -> list[str]:
    """A path is not cut: whoever copies it needs all of it."""
    return wrap(
        words, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False, break_long_words=False
    )


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.level for finding in findings)
    wrong = [plural(counts[level], level.value) for level in reversed(LEVELS[2:]) if counts[level]]
    noted = f"{plural(counts[Level.NOTE], 'note')}, {plural(len(findings), 'check')}"
    return f"{' and '.join(wrong) if wrong else 'nothing is wrong'}; {noted}"
