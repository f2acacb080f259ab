"""Calendar: are the exchange's sessions known, for long enough, and what is today?"""

from datetime import datetime, timedelta

from engine.errors import StonksError
from engine.model.sessions import Session
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, ok
from stonks_tui.reports.numbers import plural

REACH = timedelta(days=200)
_NEWER = "install a newer stonks-tui: its calendar reaches further"


def loads(c: Circumstances) -> Answer:
    """Can the calendar be had at all?"""
    try:
        sessions = c.sessions.sessions
    except StonksError as error:
        words = f"the calendar of the New York exchange cannot be had: {error.message}"
        return fault(words, "pip install --upgrade exchange-calendars; a newer stonks-tui may reach further")
    return ok(f"XNYS: {plural(len(sessions), 'session')} from {sessions[0].on} to {sessions[-1].on}")


def reaches(c: Circumstances) -> Answer:
    """Does it reach as far as anything is planned?"""
    last = c.sessions.sessions[-1].on
    ahead = (last - c.now.date()).days
    if ahead < REACH.days:
        return fault(f"the calendar ends on {last}, {plural(ahead, 'day')} from now", _NEWER)
    return ok(f"known for the next {ahead} days")


def today(c: Circumstances) -> Answer:
    """Is the exchange open, and when does it open next?"""
    ahead = c.sessions.open_after(c.now)
    session = next(ahead, None)
    if session is None:
        return fault("no session is known from now on", _NEWER)
    if session.open_at <= c.now:
        later = next(ahead, None)
        then = f"; the next session opens {_at(later.open_at)}" if later else ""
        return ok(f"the exchange is open until {_at(session.close_at)}{_short(session)}{then}")
    return ok(f"the exchange is shut; it opens {_at(session.open_at)}{_short(session)}")


def _short(session: Session) -> str:
    return ", an early close" if session.is_short else ""


def _at(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M} UTC"


SECTION = Section(
    name="calendar",
    checks={"calendar-loads": loads, "calendar-reaches": reaches, "calendar-today": today},
)
