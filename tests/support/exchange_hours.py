"""Exchange hours: whether a session is on while a real engine is tested does not hang on the hour of the test.

The calendar that an account's directory keeps as files is changed; whoever trades there reads it as the exchange's.
"""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from engine.adapters import clock

Rows = list[list[int]]
_AROUND = timedelta(days=3)
"""No tests last so long, so no open and no close comes in their midst."""


def shut(data_dir: Path) -> None:
    """Have no session today, nor on the days around it."""
    _change(data_dir, lambda rows: rows)


def open_since(data_dir: Path, opened: timedelta) -> None:
    """Have a session on, opened so long ago. It closes in three hours; before and after it there is none for days."""
    now = clock.now().replace(microsecond=0)
    hours = [int(at.timestamp()) for at in (now - opened, now + timedelta(hours=3))]
    _change(data_dir, lambda rows: sorted([*rows, [now.date().toordinal(), *hours]]))


def days_before(data_dir: Path, count: int) -> list[date]:
    """Return the last `count` days before these on which the exchange was open."""
    low, _ = _these_days()
    _, rows = _calendars(data_dir)[0]
    return [date.fromordinal(row[0]) for row in rows if row[0] < low][-count:]


def _change(data_dir: Path, change: Callable[[Rows], Rows]) -> None:
    low, high = _these_days()
    for path, rows in _calendars(data_dir):
        path.write_text(json.dumps(change([row for row in rows if not low <= row[0] <= high])), encoding="utf-8")


def _these_days() -> tuple[int, int]:
    now = clock.now().date()
    return (now - _AROUND).toordinal(), (now + _AROUND).toordinal()


def _calendars(data_dir: Path) -> list[tuple[Path, Rows]]:
    """Return the files in which these days are, with what they say."""
    low, high = _these_days()
    read = [(path, json.loads(path.read_bytes())) for path in sorted((data_dir / "cache").glob("xnys-*.json"))]
    found = [(path, rows) for path, rows in read if rows[0][0] < low and high < rows[-1][0]]
    assert found, "the calendar of these years is not there"
    return found
