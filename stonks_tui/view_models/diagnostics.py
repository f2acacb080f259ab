"""Diagnostics: what belongs into a report of a fault?"""

from collections.abc import Mapping

from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, line


def lines(versions: Mapping[str, str], places: Mapping[str, str], scope: Scope | None) -> tuple[Line, ...]:
    """Return versions, paths, and what is looked at."""
    found = [*_section("Versions", versions), *_section("Places", places)]
    if scope is not None:
        record = scope.record
        looked = {"run": f"{scope.run_id}, {scope.story.state}", "days": f"{len(scope.days):,}"}
        if record is not None:
            looked |= {
                "fingerprint": record.fingerprint or "–",
                "made by version": record.code_version,
                "engine": f"{record.seconds:.2f} s",
            }
        found += _section("Looked at", looked)
    return tuple(found)


def _section(title: str, values: Mapping[str, str]) -> list[Line]:
    longest = max(map(len, values), default=0)
    rows = [line((f"  {name:<{longest}}  ", Mood.DIM), value) for name, value in values.items()]
    return [line((title, Mood.STRONG)), *rows, line()]
