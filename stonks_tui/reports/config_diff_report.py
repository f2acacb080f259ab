"""Configuration diff report: what is said that an account does not have, and what has it changed?"""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.settings import Settings, as_mapping
from stonks_tui.config_differences import as_plain as difference_as_plain
from stonks_tui.config_differences import words, written
from stonks_tui.configuration import Difference
from stonks_tui.reports.numbers import table


def lines(
    differences: Sequence[Difference], fixed: Sequence[str], settings: Settings, *, reveal: bool
) -> Iterator[str]:
    """Yield what is said otherwise than the account has it, then what is not at its default."""
    yield "said otherwise than the account has it:"
    yield from wanted_lines(differences)
    yield from (f"  {words_of_it}; that cannot be changed" for words_of_it in fixed)
    if not differences and not fixed:
        yield "  nothing"
    yield "not at the default:"
    rows = [
        (name, f"{_shown(name, value, reveal)} (default {_shown(name, default, reveal)})")
        for name, value, default in _changed(settings)
    ]
    yield from table(rows)
    if not rows:
        yield "  nothing"


def wanted_lines(differences: Sequence[Difference]) -> Iterator[str]:
    """Yield a line for each of `differences`."""
    return (f"  {words(difference)}" for difference in differences)


def as_plain(
    differences: Sequence[Difference], fixed: Sequence[str], settings: Settings, *, reveal: bool
) -> dict[str, Any]:
    """Return it for JSON."""
    return {
        "said": [difference_as_plain(difference, reveal=reveal) for difference in differences],
        "fixed": list(fixed),
        "changed": {
            name: {"value": _plain(name, value, reveal), "default": default}
            for name, value, default in _changed(settings)
        },
    }


def _changed(settings: Settings) -> Iterator[tuple[str, Any, Any]]:
    defaults = as_mapping(Settings())
    return ((name, value, defaults[name]) for name, value in as_mapping(settings).items() if value != defaults[name])


def _shown(name: str, value: Any, reveal: bool) -> str:
    text = str(value) if reveal and isinstance(value, str) else written(name, value)
    return text or "–"


def _plain(name: str, value: Any, reveal: bool) -> Any:
    return _shown(name, value, reveal) if isinstance(value, str) and value else value
