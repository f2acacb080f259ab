"""Provider words: what of a provider's answer may be told to a person, and when may it be asked again?"""

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime

WORDS = 200
"""So many letters of what a provider says are told."""
HIDDEN = "***"
_SHORTEST = 4
"""What is shorter would hide letters of plain words."""

IN_BETWEEN = frozenset({502, 504})
"""What stands before a service answers so when it has passed a request on, and heard nothing it could use."""


def told(text: str, hidden: Iterable[str]) -> str:
    """Return `text` of a provider as one line of WORDS letters at most, without any of `hidden`."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    for secret in sorted(hidden, key=len, reverse=True):  # the longest first: one may be a part of another
        if len(secret) >= _SHORTEST:
            line = line.replace(secret, HIDDEN)
    return line if len(line) <= WORDS else f"{line[: WORDS - 1]}…"


def retry_after_seconds(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for: a number of them, or a date. None: nothing usable."""
    if text is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", text):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo is not None else None
