"""Answer report: what did the engine answer to a word, and what did that change?"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.model.audit import Answered
from engine.settings import shown
from stonks_tui.reports.numbers import table


def lines(answered: Answered) -> Iterator[str]:
    """Yield the answer in words, then what changed, as it was and as it is."""
    yield answered.words
    yield from table([(f"  {name}", change) for name, change in changes(answered.before, answered.after)], indent="")


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each thing that changed, and `was → is`; a dash where there is nothing.

    Addresses are shown only in part.
    """
    for name in {**before, **after}:
        setting = name.removeprefix("setting.")
        was, now = (shown(setting, values.get(name, "")) for values in (before, after))
        yield name.replace(".", " ", 1), f"{was or '–'} → {now or '–'}"


def as_plain(answered: Answered) -> dict[str, Any]:
    """Return it for JSON."""
    return {
        "done": answered.done,
        "words": answered.words,
        "before": shown_in_part(answered.before),
        "after": shown_in_part(answered.after),
    }


def shown_in_part(values: Mapping[str, str]) -> dict[str, str]:
    """Return `values` by name; of addresses only so much as knows them again."""
    return {name: shown(name.removeprefix("setting."), text) for name, text in values.items()}
