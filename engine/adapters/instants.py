"""Instants: which moments do a column's cells mean, once it is settled in which time zone they were written?"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from engine.adapters import date_columns
from engine.adapters.input_options import InputOptions
from engine.errors import BadInput

_HOUR = 3_600_000_000


class DateAlone(Enum):
    """Which moment of its day, in New York, a date without a time stands for: hours after midnight, and in words."""

    AFTER_CLOSE = (16, "after that day's close (16:00 New York)")
    START = (0, "the start of that day in New York")
    END = (24, "the end of that day in New York")

    @property
    def hours(self) -> int:
        """Hours after midnight."""
        return self.value[0]

    @property
    def words(self) -> str:
        """The same for people."""
        return self.value[1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instants:
    """Moments in UTC, as microseconds since 1970; `naive` marks those whose zone nobody told.

    `dates` marks those that were written without a time of day.
    """

    micros: npt.NDArray[np.int64]
    empty: npt.NDArray[np.bool_]
    bad: npt.NDArray[np.bool_]
    naive: npt.NDArray[np.bool_]
    dates: npt.NDArray[np.bool_]
    how: str

    def values(self) -> list[datetime | None]:
        """Return them as aware datetimes, None where there is none."""
        epoch, microsecond = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
        moments = [epoch + microsecond * at for at in self.micros.tolist()]
        absent = self.empty | self.bad
        if not absent.any():
            return moments
        return [None if gone else at for at, gone in zip(moments, absent.tolist(), strict=True)]


def instants(
    column: Any, options: InputOptions, *, what: str, where: str, alone: DateAlone = DateAlone.AFTER_CLOSE
) -> Instants:
    """Return the moments of a column; a date alone means what `alone` says.

    Raises BadInput when no row at all tells its zone and `options.timezone` does not either.
    """
    found = resolved(date_columns.moments(column, date_format=options.date_format), options, what=what, alone=alone)
    if found.naive.any() and found.naive.sum() == (~(found.empty | found.bad)).sum():
        raise BadInput(
            f"{where}: {what} has no time zone, so nobody can tell whether a row was known before the open",
            hint="--timezone America/New_York (or UTC, or where it was written) says which is meant",
        )
    return found


def resolved(
    found: date_columns.Moments, options: InputOptions, *, what: str, alone: DateAlone = DateAlone.AFTER_CLOSE
) -> Instants:
    """Return `found` in UTC where its zone is known, by itself or from `options.timezone`."""
    there = ~(found.empty | found.bad)
    dates = there & found.date_only
    naive = there & ~found.aware & ~dates
    micros = np.where(there, found.micros, 0)
    notes = [f"{what}: {found.how}"]
    if dates.any():
        micros[dates] = date_columns.to_utc(found.micros[dates] + alone.hours * _HOUR, date_columns.NEW_YORK)
        notes.append(f"a date alone means {alone.words}")
    if naive.any() and options.timezone:
        micros = np.where(naive, date_columns.to_utc(micros, zone_of(options.timezone)), micros)
        notes.append(f"read as {options.timezone}")
        naive = np.zeros_like(naive)
    return Instants(micros=micros, empty=found.empty, bad=found.bad, naive=naive, dates=dates, how=", ".join(notes))


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone called `name`. Raises BadInput when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"--timezone {name}: no such time zone", hint="for example America/New_York, or UTC") from error
