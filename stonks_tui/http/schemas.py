"""Schemas: how are amounts, moments and fractions written, and what does a word that was done answer?"""

import math
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from engine.model.audit import Answered
from engine.model.money import to_decimal
from stonks_tui.reports.answer_report import shown_in_part


def _decimal(value: Any) -> Any:
    return f"{to_decimal(value):.4f}" if isinstance(value, int) and not isinstance(value, bool) else value


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_text(value: Any) -> Any:
    """Let through what is written as a moment: seconds since 1970 are none."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        raise ValueError("a moment with its zone, such as 2026-03-02T14:30:00Z")
    return value


def _is_date(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date such as 2026-03-02")
    return value


def _utc(value: datetime) -> datetime:
    """Return it in UTC; what is further away than any account is at the end of the years that are known."""
    try:
        return min(max(value.astimezone(UTC), _FIRST), _LAST)
    except OverflowError:
        return _FIRST if value.year < 2000 else _LAST


_DATE, _MOMENT = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Dollars = Annotated[
    str,
    BeforeValidator(_decimal),
    Field(description="dollars, exact, with four places", pattern=r"^-?[0-9]+\.[0-9]{4}$", examples=["1234.5600"]),
]
Number = Annotated[float | None, BeforeValidator(_finite)]
Fraction = Annotated[float, Field(description="a fraction: 0.05 is 5 %", examples=[0.05])]
Moment = Annotated[datetime, AfterValidator(_utc), Field(examples=["2026-03-02T14:30:00Z"])]
MomentSaid = Annotated[AwareDatetime, BeforeValidator(_is_text), AfterValidator(_utc)]
DateSaid = Annotated[date, BeforeValidator(_is_date)]
LAST_PLACE = 2**31 - 1
"""No row of an account has a higher number: PostgreSQL counts them in 32 bits."""
Cursor = Annotated[int, Field(ge=1, le=LAST_PLACE, description="next_cursor of the page before")]
Ticker = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,9}$"), Field(examples=["TSLA"])]
Note = Annotated[str, Field(default="", max_length=500, description="why; it is kept with the word")]
Confirm = Annotated[
    str, Field(max_length=200, description="what has to be typed when it is meant, as the answer 409 says")
]


class Said(BaseModel):
    """What comes in: names that nobody knows are refused, so that nothing is lost by a slip."""

    model_config = ConfigDict(extra="forbid", strict=False)


class Told(BaseModel):
    """What goes out; made of the engine's own values by their names."""

    model_config = ConfigDict(from_attributes=True)


class Noted(Said):
    """A word that may say why."""

    note: Note = ""


class Answer(Told):
    """What a word has done: in words, and what it changed, by name, as it was and as it is.

    Addresses are shown only in part.
    """

    done: bool
    words: str
    before: dict[str, str]
    after: dict[str, str]

    @classmethod
    def of(cls, answered: Answered) -> "Answer":
        """Return it for JSON."""
        return cls(
            done=answered.done,
            words=answered.words,
            before=shown_in_part(answered.before),
            after=shown_in_part(answered.after),
        )


def shown(text: str) -> str:
    """Return `text` with a space for each letter that commands a terminal or is none."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
