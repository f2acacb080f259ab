"""Diagnostics: what belongs into a report of a fault?"""

from collections.abc import Mapping

from engine.model.views import Alive
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.text import Line, Mood, line


def lines(
    versions: Mapping[str, str], places: Mapping[str, str], screens: Mapping[str, str], scope: Scope | None
) -> tuple[Line, ...]:
    """Return versions, paths, what the screens cost, how the engine keeps up, and what is looked at."""
    found = [*_section("Versions", versions), *_section("Places", places)]
    if screens:
        found += _section("Screens, in the last minute", screens)
    if scope is not None and scope.story.alive is not None:
        found += _section("Engine", _engine(scope.story.alive))
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


def _engine(alive: Alive) -> Mapping[str, str]:
    beat = alive.heartbeat
    return {
        "process": f"{beat.pid}, epoch {beat.epoch}",
        "last turn": f"{alive.turn:,}",
        "heard of": f"{alive.seconds:.1f} s ago" if not alive.is_lost else "no more",
        "last look": f"{beat.lag_seconds:.2f} s late",
        "watched": f"{beat.protected * 100:.0f} % of what is held",
        "doing": beat.doing,
    }


def _section(title: str, values: Mapping[str, str]) -> list[Line]:
    longest = max(map(len, values), default=0)
    rows = [line((f"  {name:<{longest}}  ", Mood.DIM), value) for name, value in values.items()]
    return [line((title, Mood.STRONG)), *rows, line()]
