"""Clock: what time is it? The one place that asks."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def passed_seconds() -> float:
    """Return the seconds that have passed since some beginning: whoever sets the clock does not change them."""
    return time.monotonic()
