"""Calendar: on which days does the New York exchange trade, and from when to when?

`exchange_calendars` knows; it takes most of a second to import, so its answer is kept as a small file where a cache
directory is given. A cache that cannot be read or written is only slower, never an error.
"""

import contextlib
import itertools
import json
import os
import warnings
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from engine.errors import BadInput
from engine.model.sessions import Session, SessionTable

FIRST = date(1960, 1, 4)
LAST = date(2040, 12, 31)
_PAD = timedelta(days=15)  # a recommendation lives to the session after; no holiday is longer


def xnys(start: date, end: date, *, cache_dir: Path | None = None) -> SessionTable:
    """Return the sessions from 15 days before `start` to 15 days after `end`. Raises BadInput outside 1960..2040."""
    if not FIRST <= start <= end <= LAST:
        raise BadInput(
            f"the exchange calendar reaches from {FIRST} to {LAST}, and {start} to {end} was asked for",
            hint="look at the dates of the file: a wrong date format may have been assumed (--date-format)",
        )
    first, last = date(start.year - 1, 12, 1), date(end.year + 1, 1, 31)  # whole years: one file serves many ranges
    rows = _cached(first, last, cache_dir)
    low, high = (start - _PAD).toordinal(), (end + _PAD).toordinal()
    return SessionTable.of(_session(row) for row in rows if low <= row[0] <= high)


Row = tuple[int, int, int]
"""A session as its date's ordinal, and open and close in seconds since 1970."""


def _session(row: Row) -> Session:
    on, open_at, close_at = row
    return Session(
        on=date.fromordinal(on),
        open_at=datetime.fromtimestamp(open_at, UTC),
        close_at=datetime.fromtimestamp(close_at, UTC),
    )


def _cached(first: date, last: date, cache_dir: Path | None) -> list[Row]:
    if cache_dir is None:
        return _computed(first, last)
    path = cache_dir / f"xnys-{version('exchange-calendars')}-{first.year}-{last.year}.json"
    rows = _load(path, first, last)
    if rows is None:
        rows = _computed(first, last)
        _store(path, rows)
    return rows


def _load(path: Path, first: date, last: date) -> list[Row] | None:
    """Return the rows of a cache file, or None when it is missing or not what was written."""
    try:
        rows = [(int(on), int(a), int(b)) for on, a, b in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return None
    inside = rows and first.toordinal() <= rows[0][0] and rows[-1][0] <= last.toordinal()
    rising = all(r[0] < s[0] for r, s in itertools.pairwise(rows))
    return rows if inside and rising and all(a < b for _, a, b in rows) else None


def _store(path: Path, rows: list[Row]) -> None:
    """Write the cache beside its place and switch, so that a reader never sees half of it."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(rows, separators=(",", ":")))
        beside.replace(path)


def _computed(first: date, last: date) -> list[Row]:
    import exchange_calendars

    with warnings.catch_warnings():  # the library's own, about pandas to come: nothing that a user could act on
        warnings.simplefilter("ignore", DeprecationWarning)
        schedule = exchange_calendars.get_calendar("XNYS", start=first.isoformat(), end=last.isoformat()).schedule
    opens = schedule["open"].astype("datetime64[s, UTC]").astype("int64")
    closes = schedule["close"].astype("datetime64[s, UTC]").astype("int64")
    return [(day.date().toordinal(), int(a), int(b)) for day, a, b in zip(schedule.index, opens, closes, strict=True)]
