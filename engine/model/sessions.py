"""Sessions: which exchange day is it, and when does it open and close?

The calendar itself comes from `engine.adapters.calendar`; the core only reads this frozen table. All moments are
aware and UTC; `on` is the exchange's own (New York) date.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from engine.errors import BadInput

REGULAR_LENGTH = timedelta(minutes=390)


def require_aware(at: datetime, what: str) -> datetime:
    """Return `at` when it carries a time zone, else raise BadInput naming `what` (spec section 2)."""
    if at.tzinfo is None:
        raise BadInput(f"{what} has no time zone: {at.isoformat()}", hint="write it like 2024-03-01T14:30:00Z")
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One exchange day: trading in `[open_at, close_at)`."""

    on: date
    open_at: datetime
    close_at: datetime

    @property
    def is_short(self) -> bool:
        """Does the exchange close early on this day?"""
        return self.close_at - self.open_at < REGULAR_LENGTH


@dataclass(frozen=True, kw_only=True)
class SessionTable:
    """The exchange's sessions in order, without gaps. Questions outside its range raise BadInput."""

    sessions: tuple[Session, ...]
    _dates: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_dates", tuple(s.on for s in self.sessions))

    @classmethod
    def of(cls, sessions: Iterable[Session]) -> "SessionTable":
        """Return the table of `sessions`, which must be in order."""
        return cls(sessions=tuple(sessions))

    @cached_property
    def _opens(self) -> tuple[datetime, ...]:
        return tuple(s.open_at for s in self.sessions)

    def on(self, day: date) -> Session | None:
        """Return the session of `day`, or None when the exchange is shut."""
        i = bisect_left(self._dates, day)
        return self.sessions[i] if i < len(self._dates) and self._dates[i] == day else None

    def containing(self, at: datetime) -> Session | None:
        """Return the session that trades at `at`, or None outside market hours."""
        i = bisect_right(self._opens, at) - 1
        return self.sessions[i] if i >= 0 and at < self.sessions[i].close_at else None

    def is_first_of_week(self, session: Session) -> bool:
        """Is `session` the first of its (calendar) week?"""
        i = bisect_left(self._dates, session.on)
        return i == 0 or self._dates[i - 1].isocalendar()[:2] != session.on.isocalendar()[:2]

    def open_after(self, at: datetime) -> Iterator[Session]:
        """Yield the sessions that trade at `at` or later, in order."""
        for i in range(max(0, bisect_right(self._opens, at) - 1), len(self.sessions)):
            if at < self.sessions[i].close_at:
                yield self.sessions[i]

    def sessions_between(self, start: date, end: date) -> int:
        """Return how many sessions lie in `(start, end]`: 0 for today, 1 for the next session; negative backwards.

        Days after the table's last are counted as sessions, weekends apart: nobody knows that far holidays' names.
        """
        last = self._dates[-1] if self._dates else end
        beyond = sum((last + timedelta(days=n)).weekday() < 5 for n in range(1, min(366, (end - last).days) + 1))
        return bisect_right(self._dates, end) - bisect_right(self._dates, start) + beyond

    def recommendation_expiry(self, generated_at: datetime) -> datetime:
        """Return when a recommendation of `generated_at` has lived its time (spec section 3).

        That is the close of the session after the one that contains it; outside hours, after the last one before it.
        """
        return self._opening(bisect_right(self._opens, generated_at), generated_at).close_at

    def signal_expiry(self, generated_at: datetime) -> datetime:
        """Return when an intraday signal of `generated_at` has lived its time: the close of its session.

        Outside hours, of the next session.
        """
        return next((s.close_at for s in self.open_after(generated_at)), generated_at)

    def after_market_minutes(self, at: datetime, minutes: int) -> datetime:
        """Return when the market has been open for `minutes` since `at`; at the latest the last close of the table."""
        left = timedelta(minutes=minutes)
        if not left:
            return at
        for session in self.open_after(at):
            begins = max(at, session.open_at)
            if session.close_at - begins >= left:
                return begins + left
            left -= session.close_at - begins
        return self.sessions[-1].close_at if self.sessions else at

    def market_time(self, since: datetime, until: datetime) -> timedelta:
        """Return how long the market is open in `[since, until)`, as far as the table knows."""
        found = timedelta()
        for session in self.open_after(since):
            if session.open_at >= until:
                break
            found += min(until, session.close_at) - max(since, session.open_at)
        return found

    def alive_since(self, at: datetime) -> datetime:
        """Return the earliest moment of which a recommendation has not lived its time at `at`."""
        i = bisect_right(self._opens, at) - 1
        running = i >= 0 and at < self.sessions[i].close_at
        return self._opens[max(0, i - running)]

    def _opening(self, i: int, after: datetime) -> Session:
        if i >= len(self.sessions):
            end = self._dates[-1] if self._dates else "no day"
            raise BadInput(f"the session table ends on {end}, before the session after {after.isoformat()}")
        return self.sessions[i]
