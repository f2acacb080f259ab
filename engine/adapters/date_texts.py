"""Date texts: which day or moment does a person mean by `01/02/2014` or `3-Jan-14 16:00`?"""

import re
from collections.abc import Sequence
from datetime import date, datetime

from engine.errors import BadInput

Parsed = date | datetime | str | None
"""A date, a moment (with or without zone), `""` for an empty cell, None for what is neither."""

_EMPTY = frozenset({"", "nan", "nat", "null", "none", "na", "n/a", "<na>"})
_NUMERIC = re.compile(r"^(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+(.+))?$")
_DATES = ("%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%b %d %Y")
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H:%M:%S.%f")
_EXAMPLE = "for example --date-format %d/%m/%Y"


def parse_all(texts: Sequence[str], date_format: str | None) -> tuple[list[Parsed], str]:
    """Return what each text means and, in words, how the texts were read.

    Whether 01/02/2014 is in January or in February is decided by all of the texts together: a day above 12 shows it;
    when none does, slashes and hyphens are read as month first, dots as day first, and the words say so.
    """
    bare = [text.strip().strip("'\"") for text in texts]
    if date_format:
        return [_by_format(text, date_format) for text in bare], f"dates as {date_format}"
    matches = [_NUMERIC.match(text) for text in bare]
    numeric = [m for m in matches if m]
    if not numeric:
        return [_by_shape(text) for text in bare], "dates"
    day_first, how = _order(numeric)
    return [_by_order(m, day_first) if m else _by_shape(text) for m, text in zip(matches, bare, strict=True)], how


def _order(numeric: Sequence[re.Match[str]]) -> tuple[bool, str]:
    """Return whether the day comes first, and how that is known."""
    first = any(int(m[1]) > 12 for m in numeric)
    second = any(int(m[3]) > 12 for m in numeric)
    if first and not second:
        return True, "dates with the day first"
    if second:
        return False, "dates with the month first (US)"
    day_first = numeric[0][2] == "."
    order = "day first" if day_first else "month first (US)"
    return day_first, f"dates ASSUMED to have the {order}: none has a day above 12 ({_EXAMPLE})"


def _by_order(match: re.Match[str], day_first: bool) -> Parsed:
    day, month = (match[1], match[3]) if day_first else (match[3], match[1])
    year = int(match[4]) if len(match[4]) == 4 else _century(int(match[4]))
    try:
        on = date(year, int(month), int(day))
    except ValueError:
        return None
    return on if match[5] is None else _with_time(on, match[5])


def _century(year: int) -> int:
    return year + (2000 if year < 70 else 1900)


def _with_time(on: date, text: str) -> Parsed:
    for shape in _TIMES:
        try:
            return datetime.combine(on, datetime.strptime(text.strip().upper(), shape).time())  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _by_shape(text: str) -> Parsed:
    """Return what ISO 8601 and the usual shapes with a month's name make of `text`."""
    if text.casefold() in _EMPTY:
        return ""
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(re.sub(r" ?(UTC|GMT)$", "+00:00", text))
    except ValueError:
        pass
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _by_format(text: str, date_format: str) -> Parsed:
    if text.casefold() in _EMPTY:
        return ""
    try:
        read = datetime.strptime(text, date_format)  # noqa: DTZ007
    except ValueError as error:
        if "bad directive" in str(error) or "stray %" in str(error):
            raise BadInput(f"--date-format {date_format}: {error}", hint=_EXAMPLE) from error
        return None
    return read if any(code in date_format for code in ("%H", "%I", "%c", "%X", "%s")) else read.date()
