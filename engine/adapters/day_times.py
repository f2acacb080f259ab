"""Day times: which moments do a column of dates and a column of times of day mean together?"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from engine.adapters.arrow_arrays import values_of
from engine.adapters.date_columns import Micros, Moments

_SECOND = 1_000_000
_SHAPES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")


def joined(dates: Moments, times: Any) -> Moments:
    """Return `dates` with the times of day of the column `times`; as they are when they have times already.

    Times are read as 09:30, 9:30:00 AM, 930 and 93000. A column in which every time is midnight says nothing.
    """
    there = ~(dates.empty | dates.bad)
    if not dates.date_only[there].all():
        return dates
    micros = _micros(times)
    if not micros.any():
        return dates
    return replace(
        dates,
        micros=dates.micros + np.maximum(micros, 0),
        date_only=np.zeros_like(dates.date_only),
        bad=dates.bad | (there & (micros < 0)),
        how=f"{dates.how}, with the time of day beside them",
    )


def _micros(column: Any) -> Micros:
    """Return microseconds since midnight, -1 where a cell is no time."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if pa.types.is_time(column.type):
        column = column.cast(pa.time64("us"), safe=False)
        values, empty = values_of(column)
        return np.where(empty, -1, values).astype(np.int64)
    coded = pc.dictionary_encode(column.cast(pa.string()))
    indices, empty = values_of(coded.indices)
    meant = np.array([*map(_of_text, coded.dictionary.to_pylist()), -1], np.int64)
    return meant[np.where(empty, -1, indices)]


def _of_text(text: str) -> int:
    bare = text.strip().upper()
    if bare.isdigit():  # 930 is 09:30, 93000 is 09:30:00
        bare = bare.zfill(6 if len(bare) > 4 else 4)
        bare = ":".join(bare[i : i + 2] for i in range(0, len(bare), 2))
    for shape in _SHAPES:
        try:
            at = datetime.strptime(bare, shape)  # noqa: DTZ007
        except ValueError:
            continue
        return ((at.hour * 60 + at.minute) * 60 + at.second) * _SECOND + at.microsecond
    return -1
