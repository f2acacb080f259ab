"""Moments: how is an aware datetime counted, so that it sorts and comes back exactly?"""

from datetime import UTC, date, datetime, timedelta

from engine.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
MICROS_PER_DAY = 86_400_000_000


def to_micros(at: datetime) -> int:
    """Return `at` as microseconds since 1970 (UTC). A naive moment raises BadInput."""
    if at.tzinfo is None:
        raise BadInput(f"a moment to be stored has no time zone: {at.isoformat()}")
    return (at - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC moment of `micros`."""
    return _EPOCH + timedelta(microseconds=micros)


def to_days(on: date) -> int:
    """Return `on` as days since 1970-01-01."""
    return on.toordinal() - _EPOCH_DAY


def from_days(days: int) -> date:
    """Return the date that lies `days` after 1970-01-01."""
    return date.fromordinal(days + _EPOCH_DAY)
