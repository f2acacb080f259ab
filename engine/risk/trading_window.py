"""Trading window: may an entry be made at this moment?

The window is half-open: [open + start, close - end) of a session, 09:45 to 15:45 New York on a regular day
(spec section 4, check 3). On an early close it ends as long before that close.
"""

from datetime import datetime, timedelta

from engine.errors import BadInput
from engine.model.sessions import Session, SessionTable
from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy


def window(session: Session, policy: TradingPolicy) -> tuple[datetime, datetime]:
    """Return [start, end) of the entry window of `session`; empty (start == end) when the day is too short for one."""
    start = session.open_at + timedelta(minutes=policy.window_start_minutes)
    end = session.close_at - timedelta(minutes=policy.window_end_minutes)
    return start, max(start, end)


def is_market_open(at: datetime, sessions: SessionTable) -> bool:
    """Does the exchange trade at `at`?"""
    return sessions.containing(at) is not None


def is_within_trading_window(at: datetime, sessions: SessionTable, policy: TradingPolicy) -> bool:
    """Is `at` inside the entry window of its session?"""
    session = sessions.containing(at)
    if session is None:
        return False
    start, end = window(session, policy)
    return start <= at < end


def next_window_open(at: datetime, sessions: SessionTable, policy: TradingPolicy) -> datetime:
    """Return the first moment at or after `at` that lies in an entry window. Raises BadInput beyond the table."""
    opening = upcoming_window(at, sessions, policy)
    if opening is None:
        raise BadInput(f"the session table has no entry window after {at.isoformat()}")
    return opening


def upcoming_window(at: datetime, sessions: SessionTable, policy: TradingPolicy) -> datetime | None:
    """Return the same, or None beyond the table."""
    for session in sessions.open_after(at):
        start, end = window(session, policy)
        if at < end and start < end:
            return max(start, at)
    return None


def within_window(at: datetime, session: Session | None, policy: TradingPolicy) -> Verdict:
    """Is this the time for entries in `session`? The value is minutes since its open, the limit the window's end."""
    if session is None:
        return Verdict(check=Check.WINDOW, passed=False, note="the exchange is shut")
    start, end = window(session, policy)
    return Verdict(
        check=Check.WINDOW,
        passed=start <= at < end,
        value=(at - session.open_at).total_seconds() / 60,
        limit=(end - session.open_at).total_seconds() / 60,
        unit="minutes",
    )
