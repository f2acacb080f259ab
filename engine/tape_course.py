"""Tape course: what happens on a tape, session by session, whoever drives it?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from engine.arrivals import Arrivals, RecommendationQueue
from engine.daily_course import DailyCourse
from engine.decision.events import Command, FundsMoved
from engine.errors import BadInput
from engine.intraday_course import IntradayCourse
from engine.intraday_market import Feed, MinuteFeed, QuoteFeed
from engine.model.intraday import MinuteTape, QuoteTape, StopChecks, Tape, days_of
from engine.model.macro import MacroEvent
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal, in_order
from engine.model.tape import DailyTape, RecommendationTable
from engine.schedule import Schedule, before_the_open
from engine.steps import Driver
from engine.tape_market import BarAtr, Indicators


@dataclass(frozen=True, slots=True, kw_only=True)
class Happenings:
    """What happens besides prices: what is recommended, signalled and known of the world, what a person does."""

    recommendations: RecommendationTable
    signals: Sequence[IntradaySignal] = ()
    macro_events: Sequence[MacroEvent] = ()
    interventions: Sequence[Command | FundsMoved] = ()


class TapeCourse:
    """The sessions `rows` of a tape, and what happens in them."""

    def __init__(
        self,
        tape: Tape,
        happenings: Happenings,
        rows: Sequence[int],
        *,
        stop_checks: StopChecks = StopChecks.LIVE,
        atr_on_bars: bool = False,
    ) -> None:
        self.days = days_of(tape)
        self.rows = rows
        self.indicators = Indicators(self.days)
        self._tape = tape
        self._happenings = happenings
        self._stop_checks = stop_checks
        self._atr_on_bars = atr_on_bars
        self._is_daily = isinstance(tape, DailyTape)
        recommended, none = happenings.recommendations, RecommendationTable.of(())
        self._alive_since = self.days.sessions.alive_since(self.session(rows[0]).open_at)
        self.schedule = Schedule(self.days, recommended if self._is_daily else none)
        self._queue = RecommendationQueue(none if self._is_daily else recommended, self._alive_since)

    def session(self, row: int) -> Session:
        """Return the session of `row`. Raises BadInput when the exchange has none on that day."""
        on = self.days.dates[row]
        session = self.days.sessions.on(on)
        if session is None:
            raise BadInput(f"{on} is on the tape but no session of the exchange")
        return session

    def driven_by(self, driver: Driver) -> DailyCourse | IntradayCourse:
        """Return the course for `driver`. What happens is handed out once: one course is for one driver."""
        given = self._happenings
        events = Arrivals(given.macro_events, lambda e: e.at)
        interventions = Arrivals(given.interventions, lambda i: i.at)
        if isinstance(self._tape, DailyTape):
            return DailyCourse(driver, self._tape, self.schedule, self.indicators, events, interventions)
        signals = Arrivals(in_order(given.signals), lambda s: s.generated_at)
        signals.skip_until(self._alive_since)
        return IntradayCourse(
            driver,
            self.days.sessions,
            partial(before_the_open, self.schedule),
            self._queue,
            signals,
            events,
            interventions,
            _feed(self._tape, self.indicators, on_bars=self._atr_on_bars),
            self._stop_checks,
        )

    def is_halted(self, ticker: str, at: datetime) -> bool:
        """Does the tape say that trading in `ticker` is halted at `at`?"""
        halts = () if isinstance(self._tape, DailyTape) else self._tape.halts
        return any(h.ticker == ticker and h.at <= at < h.until for h in halts)

    def offered(self) -> int:
        """Return how many recommendations have come up so far; on days: in all of `rows`."""
        return self.schedule.offered_in(self._span()) if self._is_daily else self._queue.offered

    def bought(self) -> set[str]:
        """Return the tickers of the buys among them."""
        return self.schedule.tickers_bought_in(self._span()) if self._is_daily else self._queue.bought

    def _span(self) -> range:
        return range(self.rows[0], self.rows[-1] + 1)


def _feed(tape: MinuteTape | QuoteTape, indicators: Indicators, *, on_bars: bool) -> Callable[[int, Session], Feed]:
    if isinstance(tape, QuoteTape):
        return lambda row, session: QuoteFeed(tape, indicators, row, session)
    bar_atr = BarAtr(tape.high, tape.low, tape.close) if on_bars else None
    return lambda row, session: MinuteFeed(tape, indicators, row, session, bar_atr)
