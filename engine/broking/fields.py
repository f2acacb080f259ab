"""Fields: what does a message say under a name, and what is wrong with it?"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from engine.errors import BadInput
from engine.model.money import Money, from_text

_Word = TypeVar("_Word", bound=StrEnum)
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
"""A NUL, and half of a pair that stands alone, which JSON can say and no coding can."""


class Fields:
    """The fields of a message. Each raises BadInput naming it when it lacks or is not what it should be."""

    def __init__(self, said: Any, **known: str) -> None:
        if not isinstance(said, dict):
            raise BadInput("a report is no JSON object")
        self._said = {**known, **said}

    def optional(self, name: str, read: Callable[[str], Any]) -> Any:
        """Return what `read` makes of it, None when it is null, empty or not there."""
        return None if self._said.get(name) in (None, "") else read(name)

    def words(self, name: str) -> str:
        """Return a text of any length; what no book could keep of it becomes question marks."""
        value = self._said.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return _UNKEPT.sub("?", value)

    def text(self, name: str) -> str:
        """Return a text that is not empty, and that every book can keep."""
        value = self._said.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 1_000 or _UNKEPT.search(value):
            raise self._wrong(name, "a text of 1 to 1000 letters")
        return value

    def word(self, name: str, words: type[_Word]) -> _Word:
        """Return one of `words`."""
        try:
            return words(self.text(name))
        except ValueError:
            raise self._wrong(name, f"one of {', '.join(words)}") from None

    def count(self, name: str, *, least: int = 0) -> int:
        """Return a whole number, `least` or more, that every reader of JSON can hold."""
        value = self._said.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**53:
            raise self._wrong(name, f"a whole number, {least} or more")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._said.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def moment(self, name: str) -> datetime:
        """Return a moment in UTC."""
        try:
            at = datetime.fromisoformat(self.text(name))
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise self._wrong(name, "a moment with its offset, such as 2026-01-05T14:45:00Z")

    def money(self, name: str) -> Money:
        """Return an amount, 0 or more."""
        try:
            amount = from_text(self.text(name))
        except (ValueError, ArithmeticError):
            amount = -1
        if not 0 <= amount < 2**53:
            raise self._wrong(name, 'dollars in a text with at most four decimals, such as "101.25"')
        return amount

    def ratio(self, name: str) -> Fraction:
        """Return a fraction above 0."""
        try:
            ratio = Fraction(self.text(name))
        except (ValueError, ZeroDivisionError):
            ratio = Fraction(0)
        if ratio <= 0:
            raise self._wrong(name, "new shares for an old one, such as 2 or 1/10")
        return ratio

    def rows(self, name: str) -> list[Any]:
        """Return a list of anything."""
        value = self._said.get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def counts(self, name: str) -> dict[str, int]:
        """Return whole numbers by name, below 0 too."""
        value = self._said.get(name)
        if not isinstance(value, dict) or any(map(_UNKEPT.search, value)):
            raise self._wrong(name, "an object of whole numbers by ticker")
        return {one: Fields(value).signed(one) for one in value}

    def signed(self, name: str) -> int:
        """Return a whole number, below 0 too."""
        value = self._said.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        return value

    def _wrong(self, name: str, should: str) -> BadInput:
        if name not in self._said:
            return BadInput(f"{name} lacks: it is {should}")
        return BadInput(f"{name} is {json.dumps(self._said[name])[:60]}: it is {should}")
