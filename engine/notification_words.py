"""Notification words: how are fractions, times and moments said to people?"""

from datetime import datetime
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


def percent(value: float | None, *, signed: bool = False) -> str:
    """Return a fraction 0..1 in words: `2.12 %`."""
    if value is None:
        return "unknown"
    return f"{100 * value:+.2f} %" if signed else f"{100 * value:.2f} %"


def lasted(seconds: float | None) -> str:
    """Return a time that passed in words: `95 s`, `12 min`, `3.5 h`."""
    if seconds is None:
        return "some time"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def when(at: datetime) -> str:
    """Return a moment as people say it where the exchange is: `Fri 27 Nov 10:40 New York`."""
    return f"{at.astimezone(NEW_YORK):%a %d %b %H:%M} New York"
