"""Clock: what time is it? The one place that asks; what no two may share is drawn here too."""

import time
from datetime import UTC, datetime
from uuid import uuid4


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def passed_seconds() -> float:
    """Return the seconds that have passed since some beginning: whoever sets the clock does not change them."""
    return time.monotonic()


def new_account_id() -> str:
    """Return an id that no other account has: 32 letters of a hexadecimal number."""
    return uuid4().hex
