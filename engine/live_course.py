"""Live course: what happens in a session while it happens?

The same course that the backtester plays, over what comes in. Before a session is opened its morning must be known: a
split that nobody noted would look like a crash.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from engine.arrivals import Arrivals
from engine.decision.events import Command, FundsMoved
from engine.decision.state import State
from engine.intraday_course import IntradayCourse
from engine.live_sources import LiveSources
from engine.model.intraday import StopChecks
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal
from engine.steps import Driver, LookDue, Step

AGAIN = timedelta(seconds=15)
"""So soon it is asked again for a morning that could not be read."""


class Account(Driver, Protocol):
    """A driver with books: what is held, and up to which day they were kept."""

    @property
    def state(self) -> State:
        """What the core knows."""


class LiveCourse:
    """The sessions of a live account, one after the other. Another trader needs another course."""

    def __init__(self, account: Account, sources: LiveSources) -> None:
        sources.restart()
        self._account = account
        self._sources = sources
        none: Arrivals[Command | FundsMoved] = Arrivals((), lambda i: i.at)
        self._course = IntradayCourse(
            account,
            sources.sessions,
            sources.due,
            sources.recommendations,
            sources.signals,
            sources.macro_events,
            none,
            sources.feed,
            StopChecks.LIVE,
        )

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """See `Course.wait`."""
        self._course.wait(recommendation, until)

    def wait_signal(self, signal: IntradaySignal, until: datetime) -> None:
        """See `Course.wait_signal`."""
        self._course.wait_signal(signal, until)

    def play(self, row: int, session: Session, *, since: datetime | None = None) -> Iterator[Step]:
        """See `Course.play`. Whoever drives it refreshes the sources at every `LookDue`.

        A session whose morning cannot be known before its close is not opened at all.
        """
        state = self._account.state
        held = {*state.positions, *(working.order.ticker for working in state.working.values())}
        events_on = tuple(state.agenda.events.values())
        self._sources.expect(session, held=held, noted_until=state.ended_on, events_on=events_on)
        at = since or session.open_at
        yield LookDue(at=at)
        while not self._sources.is_ready():
            at = self._account.next_look(at + AGAIN)
            if at >= session.close_at:
                return
            yield LookDue(at=at)
        yield from self._course.play(row, session, since=at if since else None)
