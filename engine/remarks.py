"""Remarks: what do parts around an engine say is wrong, each in its own words?

A broker behind a queue, the copy of what is decided that other programs read: whoever has something to say is heard for
as long as it lasts. What it answers is known already, so that nobody is held up by asking.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Said = Callable[[], str]
"""Answers what is wrong, in words; with nothing while all is well."""


class Remarks:
    """What those say who were added by `of`. `executes` is who executes orders, empty when that is in this process."""

    def __init__(self) -> None:
        self.executes = ""
        self._heard: dict[Said, str] = {}

    @contextmanager
    def of(self, said: Said) -> Iterator[None]:
        """Hear `said` for as long as this lasts."""
        self._heard[said] = ""
        try:
            yield
        finally:
            del self._heard[said]

    @property
    def troubles(self) -> tuple[str, ...]:
        """What was wrong when it was asked last, in words."""
        return tuple(words for words in self._heard.values() if words)

    def changes(self) -> list[tuple[str, bool]]:
        """Ask everybody. Return what has begun since it was asked last, and what is over (True)."""
        before, self._heard = self._heard, {said: said() for said in self._heard}
        began = [(words, False) for said, words in self._heard.items() if words and not before[said]]
        return began + [(words, True) for said, words in before.items() if words and not self._heard[said]]
