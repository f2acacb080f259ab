"""Machine: do Python, SQLite, the time zones and the clock hold what the engine relies on?"""

import ctypes
import platform
import sqlite3
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import StonksError
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok

PYTHON = (3, 11)
SQLITE_LEAST = (3, 35, 0)
SQLITE_SOUND = (3, 51, 3)
"""From this version on several processes may write one file in WAL mode: https://sqlite.org/wal.html#walresetbug."""
RELEASED_IN = 2026
"""No clock that is right says an earlier year."""
SLACK = timedelta(seconds=60)
"""So far the clock may have been corrected (engine/adapters/system_clock.py)."""
NEW_YORK = "America/New_York"

_SET_CLOCK = "set this machine's clock right: timedatectl set-ntp true"
_TIME_ERROR = 5
_TIMEX_BYTES = 512  # more than any kernel's struct timex


def python(_: Circumstances) -> Answer:
    """Is Python one that the program was written for?"""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        return fault(f"Python {found} is older than {'.'.join(map(str, PYTHON))}", "install a newer Python")
    return ok(f"Python {found} on {platform.system()} {platform.machine()}")


def sqlite(_: Circumstances) -> Answer:
    """Is SQLite new enough, and free of its known fault with several writers?"""
    return sqlite_of(sqlite3.sqlite_version_info)


def sqlite_of(version: tuple[int, ...]) -> Answer:
    """Return what is to be said of SQLite `version`."""
    found, sound = (".".join(map(str, v)) for v in (version, SQLITE_SOUND))
    if version < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        return fault(f"SQLite {found} is older than {least}", "use a Python that comes with a newer SQLite")
    if version < SQLITE_SOUND:
        return note(
            f"SQLite {found}: before {sound} two processes that write market.db at the same moment may, very rarely, "
            "damage it; stonks.db has one writer only",
            "let feeds and imports write market.db one after the other",
        )
    return ok(f"SQLite {found}")


def time_zones(_: Circumstances) -> Answer:
    """Is New York's time known?"""
    try:
        ZoneInfo(NEW_YORK)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        return fault(f"the time zone {NEW_YORK} cannot be loaded: {error}", "pip install tzdata")
    return ok(f"{NEW_YORK} is known")


def clock_year(c: Circumstances) -> Answer:
    """Is it at least the year in which the program was released?"""
    if c.now.year < RELEASED_IN:
        return fault(f"the clock says {c.now:%Y-%m-%d}, before this program was released ({RELEASED_IN})", _SET_CLOCK)
    return ok(f"{c.now:%Y-%m-%d %H:%M:%S} UTC")


def clock_behind(c: Circumstances) -> Answer:
    """Has time gone on since whatever was kept last?"""
    found: list[tuple[datetime, str]] = []
    with suppress(StonksError):
        if kept := c.account.newest_moment():
            found.append((kept, "stonks.db"))
    with suppress(StonksError):
        if kept := c.market.newest_import():
            found.append((kept, "market.db"))
    if not found:
        return ok("nothing was kept yet that it could contradict")
    newest, where = max(found)
    if newest > c.now + SLACK:
        return fault(
            f"the clock is behind: {where} has something of {newest:%Y-%m-%d %H:%M:%S} UTC, "
            f"{_length(newest - c.now)} ahead of now",
            _SET_CLOCK,
        )
    return ok(f"nothing that is kept is later than now; the newest is of {newest:%Y-%m-%d %H:%M} UTC")


def clock_synchronised(_: Circumstances) -> Answer:
    """Does the kernel say that something keeps the clock right?"""
    match _kernel_says_synchronised():
        case True:
            return ok("the kernel says that the clock is synchronised")
        case False:
            return note("the kernel says that nothing keeps the clock right", "timedatectl set-ntp true")
        case None:
            return note("whether something keeps the clock right cannot be told here")


def _kernel_says_synchronised() -> bool | None:
    """Ask adjtimex(2), which changes nothing when it is given no modes; None where there is none."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError, TypeError):
        return None
    said = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if said < 0 else said != _TIME_ERROR


def _length(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds < 7_200:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3_600:,.0f} h" if seconds < 172_800 else f"{seconds / 86_400:,.0f} days"


SECTION = Section(
    name="machine",
    checks={
        "python": python,
        "sqlite": sqlite,
        "time-zones": time_zones,
        "clock-year": clock_year,
        "clock-behind": clock_behind,
        "clock-synchronised": clock_synchronised,
    },
)
