"""PostgreSQL source moments: what does a moment mean that somebody else keeps in a column of his own kind?

A `timestamptz` is one. A `timestamp` has no zone: it is read as UTC. A number counts from 1970: seconds, milli-, micro-
or nanoseconds, told by its size. A `date` alone stands for an hour of that day in New York. Text has to name its zone.
"""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from zoneinfo import ZoneInfo

from storage.moments import from_micros
from storage.postgres_sources_names import Role

FOREVER = datetime(9000, 1, 1, tzinfo=UTC)
"""What is good until `infinity` is good until then."""
_NEW_YORK = ZoneInfo("America/New_York")
_HOURS = {Role.MOMENT: 16, Role.START: 0, Role.END: 24}
"""What a date alone means: after the close of that day, its beginning, its end."""
_SCALES = ((11, 0), (14, 3), (17, 6), (20, 9))
"""A number of fewer than so many digits counts in units of which one second has 10 to the power of so many."""


class Keeping(StrEnum):
    """How moments are kept in a column."""

    ZONED = "timestamptz"
    NAIVE = "timestamp"
    DATE = "date"
    NUMBER = "number"
    TEXT = "text"


_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})


def keeping(type_name: str) -> Keeping:
    """Return how a column of the type `type_name` (`pg_type.typname`) keeps moments."""
    if type_name in _NUMBERS:
        return Keeping.NUMBER
    return Keeping(type_name) if type_name in set(Keeping) - {Keeping.NUMBER} else Keeping.TEXT


def between(column: str, kept: Keeping, low: str, high: str) -> str:
    """Return the condition that a moment in `column` lies in `[low, high]`, two expressions of timestamptz.

    Of kinds that are less exact than a moment it may let a little more through. An index of the column can be used.
    """
    if kept is Keeping.ZONED:
        return f"{column} BETWEEN {low} AND {high}"
    low, high = f"(({low}) AT TIME ZONE 'UTC')", f"(({high}) AT TIME ZONE 'UTC')"
    if kept is Keeping.NAIVE:
        return f"{column} BETWEEN {low} AND {high}"
    if kept is Keeping.DATE:
        return f"{column} BETWEEN {low}::date - 1 AND {high}::date + 1"
    if kept is Keeping.TEXT:
        earliest, latest = f"({low} - interval '1 day')", f"({high} + interval '2 days')"
        return f"""{column} COLLATE "C" BETWEEN to_char({earliest}, 'YYYY-MM-DD') AND to_char({latest}, 'YYYY-MM-DD')"""
    return f"({' OR '.join(_counted(column, low, high, digits, power) for digits, power in _SCALES)})"


def _counted(column: str, low: str, high: str, digits: int, power: int) -> str:
    most = 10**digits - 1 if digits < 20 else 2**63 - 1
    first, last = (
        f"least(floor(extract(epoch FROM {at})::numeric * 1e{power}) + {more}, {most})::bigint"
        for at, more in ((low, 0), (high, 1))
    )
    return f"{column} BETWEEN {first} AND {last}"


def moment(text: str, kept: Keeping, role: Role) -> datetime:
    """Return the moment that `text` says, which a column of this kind gave. Raises ValueError when it says none."""
    if text in ("infinity", "-infinity"):
        if text == "infinity":
            return FOREVER
        raise ValueError("it was never")
    if kept is Keeping.NUMBER:
        return _of_number(text)
    if kept is Keeping.DATE:
        return _in_utc(datetime.combine(date.fromisoformat(text), time(), _NEW_YORK), hours=_HOURS[role])
    at = datetime.fromisoformat(text.strip())
    if at.tzinfo is None and kept is Keeping.NAIVE:
        at = at.replace(tzinfo=UTC)
    if at.tzinfo is None:
        raise ValueError("it has no time zone")
    return _in_utc(at)


def day(text: str, kept: Keeping) -> date:
    """Return the day that `text` says; of a moment the day in UTC. Raises ValueError when it says none."""
    if kept is Keeping.DATE:
        return date.fromisoformat(text)
    if kept is Keeping.TEXT and len(text.strip()) == 10:
        return date.fromisoformat(text.strip())
    return moment(text, kept, Role.START).date()


def _of_number(text: str) -> datetime:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("it is no number") from None
    if not number.is_finite():
        raise ValueError("it is no number")
    power = next((power for digits, power in _SCALES if abs(number) < 10**digits), None)
    if power is None:
        raise ValueError("it is beyond any moment")
    return from_micros(math.floor(number.scaleb(6 - power)))


def _in_utc(at: datetime, *, hours: int = 0) -> datetime:
    """Return `at` in UTC, so many hours on the wall's clock later."""
    try:
        return (at + timedelta(hours=hours)).astimezone(UTC)
    except OverflowError:
        raise ValueError("it is beyond any moment") from None
