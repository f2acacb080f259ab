"""Demo told: how far is a demo without screens, and how long has it traded?"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from engine.model.recommendation import Recommendation
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal
from engine.steps import Course, Step
from engine.trader import Trader
from stonks_tui.progress import Teller
from stonks_tui.run_events import Progressed


class DemoTold:
    """How far a demo of `days` is, which `teller` is told after each."""

    def __init__(self, teller: Teller, days: Sequence[tuple[int, Session]]) -> None:
        self.first, self.last = days[0][1].on, days[-1][1].on
        self.done = 0
        self._teller = teller
        self._days = len(days)
        self._began = time.perf_counter()
        self._ended = self._began

    @property
    def seconds(self) -> float:
        """How long it has traded."""
        return self._ended - self._began

    @property
    def is_over(self) -> bool:
        """Have all days been played?"""
        return self.done == self._days

    def stop(self) -> None:
        """Note that it trades no more."""
        self._ended = time.perf_counter()

    def through(self, course: Callable[[Trader], Course]) -> Callable[[Trader], Course]:
        """Return what makes the course that `course` makes, with each day told when it is over."""

        def made(trader: Trader) -> Course:
            self._began = time.perf_counter()
            return _Course(course(trader), lambda session: self._over(trader, session))

        return made

    def _over(self, trader: Trader, session: Session) -> None:
        self.done += 1
        self._ended = time.perf_counter()
        state = trader.state
        self._teller.tell(
            Progressed(
                on=session.on,
                done=self.done,
                total=self._days,
                decisions=state.decisions_made,
                equity=state.total_value(),
                seconds=self.seconds,
            )
        )


class _Course:
    """A `Course` that says when a session is over."""

    def __init__(self, course: Course, over: Callable[[Session], None]) -> None:
        self._course = course
        self._over = over

    def play(self, row: int, session: Session, *, since: datetime | None = None) -> Iterator[Step]:
        """See `Course.play`."""
        yield from self._course.play(row, session, since=since)
        self._over(session)

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """See `Course.wait`."""
        self._course.wait(recommendation, until)

    def wait_signal(self, signal: IntradaySignal, until: datetime) -> None:
        """See `Course.wait_signal`."""
        self._course.wait_signal(signal, until)
