"""Daily course: what happens, in which order, on each session of a daily tape?

The order inside a session is that of spec section 5: levels gapped at the open, sell recommendations, buys and due
tranches (the open counts as the window's open), levels inside the bar, the close. A daily tape has no time inside a
day: signals are not for it, and what happens within a session is known at its close.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from engine.arrivals import Arrivals
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    Command,
    EntriesDue,
    FundsMoved,
    MacroEventReceived,
    RecommendationReceived,
    SessionEnded,
    SessionOpened,
)
from engine.model.macro import MacroEvent
from engine.model.recommendation import Action, Recommendation, evaluation_order
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal
from engine.model.tape import DailyTape, RecommendationBatch, RecommendationTable
from engine.risk import trading_window
from engine.schedule import Schedule, before_the_open
from engine.steps import Driver, LookDue, MarketShown, Offered, Step, WaitingDue
from engine.tape_market import Indicators, Phase, TapeMarket


class DailyCourse:
    """The sessions of a daily tape, one after the other."""

    def __init__(
        self,
        driver: Driver,
        tape: DailyTape,
        schedule: Schedule,
        indicators: Indicators,
        macro_events: Arrivals[MacroEvent],
        interventions: Arrivals[Command | FundsMoved],
    ) -> None:
        self._driver = driver
        self._tape = tape
        self._schedule = schedule
        self._indicators = indicators
        self._macro_events = macro_events
        self._interventions = interventions
        self._deferred: list[Recommendation] = []

    def wait(self, recommendation: Recommendation, _until: datetime) -> None:
        """Offer `recommendation` again on the next session."""
        self._deferred.append(recommendation)

    def wait_signal(self, _signal: IntradaySignal, _until: datetime) -> None:
        """Signals are not for a daily tape."""

    def play(self, row: int, session: Session, *, since: datetime | None = None) -> Iterator[Step]:
        """Yield what happens in the session of `row`; a session that has begun is played from its open again."""
        opened, traded, closed = (TapeMarket(self._indicators, row, phase) for phase in Phase)
        yield LookDue(at=session.open_at)
        if since is None:
            yield SessionOpened(at=session.open_at, session=session)
        noted = 0 if since is None else self._driver.noted_at_open()
        yield from islice(before_the_open(self._schedule, row, session, since), noted, None)
        yield MarketShown(at=session.open_at, market=opened)
        yield from self._told_by(session.open_at)
        yield WaitingDue(at=session.open_at)
        yield BarOpened(at=session.open_at, market=opened)
        yield from self._offers(row, session)
        yield LookDue(at=session.close_at)
        yield MarketShown(at=session.close_at, market=traded)
        yield BarTraded(at=session.close_at, market=traded)
        yield MarketShown(at=session.close_at, market=closed)
        yield from self._told_by(session.close_at)
        yield BarClosed(at=session.close_at, market=closed)
        yield SessionEnded(at=session.close_at, session=session)
        yield from self._expired(session)

    def _told_by(self, at: datetime) -> Iterator[Step]:
        """What happened since the last look is known now, and takes effect now."""
        for event in self._macro_events.until(at):
            yield MacroEventReceived(at=at, event=event)
        for intervention in self._interventions.until(at):
            yield replace(intervention, at=at)

    def _offers(self, row: int, session: Session) -> Iterator[Step]:
        """Sells at the open, then tranches and buys at the window's open, each in the order of evaluation."""
        table, order = self._schedule.table, self._schedule.due(row)
        if self._deferred:
            rows = sorted((*map(table.row, order), *self._deferred), key=evaluation_order)
            table, order, self._deferred = RecommendationTable.of(rows), list(range(len(rows))), []
        sells = [i for i in order if table.action[i] is Action.SELL]
        buys = [i for i in order if table.action[i] is Action.BUY]
        window_opens, _ = trading_window.window(session, self._driver.policy)
        yield Offered(at=session.open_at, batch=RecommendationBatch(table=table, order=sells))
        yield EntriesDue(at=window_opens)
        yield Offered(at=window_opens, batch=RecommendationBatch(table=table, order=buys))

    def _expired(self, session: Session) -> Iterator[Step]:
        """What could not be decided and lives no longer is offered once more, to be told so."""
        waiting, self._deferred = self._deferred, []
        for recommendation in waiting:
            if self._expiry(recommendation) <= session.close_at:
                yield RecommendationReceived(at=session.close_at, recommendation=recommendation)
            else:
                self._deferred.append(recommendation)

    def _expiry(self, recommendation: Recommendation) -> datetime:
        return recommendation.expires_at or self._tape.sessions.recommendation_expiry(recommendation.generated_at)
