"""Date columns: which session dates or moments do these cells mean, and what had to be assumed?

Whatever can be told from distinct values is done once for each of them: a million bars have a few thousand dates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from engine.adapters.arrow_arrays import values_of
from engine.adapters.date_texts import parse_all

Micros = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NEW_YORK = ZoneInfo("America/New_York")
_DAY = 86_400_000_000
_EPOCH_DIGITS = ((1e17, 1_000, "nanoseconds"), (1e14, 1, "microseconds"), (1e11, 1_000, "milliseconds"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """A column of times: `micros` since 1970, on the wall clock where `aware` is False, else UTC.

    `date_only` marks cells without a time of day, `empty` those without anything, `bad` those that are no time.
    `how` says what was understood.
    """

    micros: Micros
    aware: Mask
    date_only: Mask
    empty: Mask
    bad: Mask
    how: str


def moments(column: Any, *, date_format: str | None = None) -> Moments:
    """Return what the column's cells mean, without any time zone added."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _temporal(column)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _numeric(column, date_format)
    return _textual(column.cast(pa.string()), date_format)


def of_texts(texts: Sequence[str], *, date_format: str | None = None) -> Moments:
    """Return what `texts` mean, all of them read alike; an empty one is no time."""
    parsed, how = parse_all(texts, date_format)
    micros = np.zeros(len(parsed), np.int64)
    aware, date_only, empty, bad = np.zeros((4, len(parsed)), np.bool_)
    for i, value in enumerate(parsed):
        if value is None or isinstance(value, str):
            (bad if value is None else empty)[i] = True
        elif isinstance(value, datetime):
            micros[i] = _since_1970(value if value.tzinfo else value.replace(tzinfo=UTC))
            aware[i] = value.tzinfo is not None
        else:
            micros[i] = _since_1970(datetime.combine(value, time(), UTC))
            date_only[i] = True
    return Moments(micros=micros, aware=aware, date_only=date_only, empty=empty, bad=bad, how=how)


def session_days(found: Moments) -> tuple[npt.NDArray[np.int32], str]:
    """Return the New York date of each cell as days since 1970, and how a time of day was read.

    A moment at exactly midnight UTC stands for that date: no exchange trades then, and many files stamp days so.
    """
    local = found.micros.copy()
    timed = found.aware & (found.micros % _DAY != 0)
    how = ""
    if timed.any():
        local[timed] = to_wall(found.micros[timed], NEW_YORK)
        how = "moments were mapped to their New York date"
    elif found.aware.any():
        how = "midnight UTC was read as that day's session"
    elif (local % _DAY != 0).any():
        how = "the time of day was left out (no time zone: the date as written)"
    return (local // _DAY).astype(np.int32), how


def to_wall(micros: Micros, zone: tzinfo) -> Micros:
    """Return what a clock in `zone` shows at these UTC moments, as microseconds since 1970."""
    return micros + _offsets(micros, lambda hour: hour.astimezone(zone).utcoffset())


def to_utc(wall: Micros, zone: tzinfo) -> Micros:
    """Return the UTC moments at which a clock in `zone` shows `wall`; an hour that repeats means its first pass."""
    return wall - _offsets(wall, lambda hour: zone.utcoffset(hour.replace(tzinfo=None)))


def _offsets(micros: Micros, offset_at: Callable[[datetime], timedelta | None]) -> Micros:
    """Return the offset of each moment, asked for once for each hour that occurs: zones change on whole hours."""
    if not len(micros):
        return micros
    hours = micros // (_DAY // 24)
    first = int(hours.min())
    places = np.subtract(hours, first, out=hours)
    occurs = np.zeros(int(places.max()) + 1, np.bool_)
    occurs[places] = True
    offsets = np.zeros(len(occurs), np.int64)
    for place in np.flatnonzero(occurs).tolist():
        offsets[place] = _in_micros(offset_at(datetime.fromtimestamp((first + place) * 3600, UTC)))
    return offsets[places]


def _in_micros(offset: timedelta | None) -> int:
    return 0 if offset is None else offset // timedelta(microseconds=1)


def _made(micros: Micros, *, aware: bool, date_only: bool, empty: Mask, how: str) -> Moments:
    n = len(micros)
    return Moments(
        micros=micros,
        aware=np.full(n, aware),
        date_only=np.full(n, date_only),
        empty=empty,
        bad=np.zeros(n, np.bool_),
        how=how,
    )


def _temporal(column: Any) -> Moments:
    import pyarrow as pa

    empty = _nulls(column)
    aware = pa.types.is_timestamp(column.type) and column.type.tz is not None
    micros = _ints(column.cast(pa.timestamp("us", tz="UTC" if aware else None), safe=False))
    if pa.types.is_date(column.type):
        return _made(micros, aware=False, date_only=True, empty=empty, how="dates")
    if aware:
        return _made(micros, aware=True, date_only=False, empty=empty, how="moments with a time zone")
    written = _made(micros, aware=False, date_only=False, empty=empty, how="times without a time zone")
    if (micros % _DAY == 0).all():
        return _made(micros, aware=False, date_only=True, empty=empty, how="dates")
    return written


def _numeric(column: Any, date_format: str | None) -> Moments:
    import pyarrow as pa

    empty = _nulls(column)
    values = np.where(empty, 0.0, values_of(column.cast(pa.float64(), safe=False))[0])
    present = values[~empty]
    if date_format or (len(present) and ((present >= 19000101) & (present <= 21001231)).all()):
        texts = pa.array([str(int(v)) for v in np.unique(values)], pa.string())
        decoded = _textual(texts.take(pa.array(np.searchsorted(np.unique(values), values))), date_format)
        return Moments(
            micros=decoded.micros,
            aware=decoded.aware,
            date_only=decoded.date_only,
            empty=empty,
            bad=decoded.bad & ~empty,
            how=decoded.how,
        )
    exact = _ints(column)
    size = float(np.abs(present).max()) if len(present) else 0.0
    for least, divisor, unit in _EPOCH_DIGITS:
        if size >= least:
            micros = exact // divisor if unit == "nanoseconds" else exact * divisor
            return _made(micros, aware=True, date_only=False, empty=empty, how=f"{unit} since 1970 (UTC)")
    seconds = np.rint(values * 1_000_000).astype(np.int64)
    made = _made(seconds, aware=True, date_only=False, empty=empty, how="seconds since 1970 (UTC)")
    return Moments(
        micros=made.micros,
        aware=made.aware,
        date_only=made.date_only,
        empty=empty,
        bad=~empty & (np.abs(values) < 10_000_000),  # April 1970: row numbers and Excel days, not seconds
        how=made.how,
    )


def _textual(column: Any, date_format: str | None) -> Moments:
    from pyarrow import compute as pc

    coded = pc.dictionary_encode(column)
    indices, nulls = values_of(coded.indices)
    codes = np.where(nulls, -1, indices).astype(np.int64)
    distinct = of_texts([str(text) for text in coded.dictionary.to_pylist()], date_format=date_format)
    return Moments(
        micros=np.append(distinct.micros, 0)[codes],  # the last entry is null
        aware=np.append(distinct.aware, False)[codes],
        date_only=np.append(distinct.date_only, False)[codes],
        empty=np.append(distinct.empty, True)[codes],
        bad=np.append(distinct.bad, False)[codes],
        how=distinct.how,
    )


def _since_1970(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _nulls(column: Any) -> Mask:
    values, empty = values_of(column)
    return empty | np.isnan(values) if values.dtype.kind == "f" else empty


def _ints(column: Any) -> Micros:
    import pyarrow as pa

    values, empty = values_of(column.cast(pa.int64(), safe=False))
    return np.where(empty, 0, values) if empty.any() else values
