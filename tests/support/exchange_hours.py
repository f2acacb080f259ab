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


def _change(data_dir: Path, change: Callable[[Rows], Rows]) -> None:
    now, changed = clock.now().date(), 0
    low, high = (now - _AROUND).toordinal(), (now + _AROUND).toordinal()
    for path in (data_dir / "cache").glob("xnys-*.json"):
        rows: Rows = json.loads(path.read_bytes())
        if rows[0][0] < low and high < rows[-1][0]:
            path.write_text(json.dumps(change([row for row in rows if not low <= row[0] <= high])), encoding="utf-8")
            changed += 1
    assert changed, "the calendar of these years is not there"


def days_before(data_dir: Path, count: int) -> list[date]:
    """Return the last `count` days before these on which the exchange was open."""
    low = (clock.now().date() - _AROUND).toordinal()
    for path in (data_dir / "cache").glob("xnys-*.json"):
        rows: Rows = json.loads(path.read_bytes())
        if rows[0][0] < low < rows[-1][0]:
            return [date.fromordinal(row[0]) for row in rows if row[0] < low][-count:]
    raise AssertionError("the calendar of these years is not there")
