"""Daily course: what happens, in which order, on each session of a daily tape?

The order inside a session is that of spec section 5: levels gapped at the open, sell recommendations, buys and due
tranches (the open counts as the window's open), levels inside the bar, the close. A daily tape has no time inside a
day: signals are not for it, and what happens within a session is known at its close.
"""

from dataclasses import replace
from datetime import datetime

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
from engine.simulation import Simulation
from engine.tape_market import Indicators, Phase, TapeMarket


class DailyCourse:
    """Plays the sessions of a daily tape, one after the other."""

    def __init__(
        self,
        simulation: Simulation,
        tape: DailyTape,
        schedule: Schedule,
        indicators: Indicators,
        macro_events: Arrivals[MacroEvent],
        interventions: Arrivals[Command | FundsMoved],
    ) -> None:
        self._run = simulation
        self._tape = tape
        self._schedule = schedule
        self._indicators = indicators
        self._macro_events = macro_events
        self._interventions = interventions
        self._deferred: list[Recommendation] = []
        simulation.room = self

    def wait(self, recommendation: Recommendation, _until: datetime) -> None:
        """Offer `recommendation` again on the next session."""
        self._deferred.append(recommendation)

    def wait_signal(self, _signal: IntradaySignal, _until: datetime) -> None:
        """Signals are not for a daily tape."""

    def play(self, row: int, session: Session) -> None:
        """Play the session of `row`."""
        run = self._run
        run.happens(SessionOpened(at=session.open_at, session=session))
        for event in before_the_open(self._schedule, row, session):
            run.happens(event)
        run.market = TapeMarket(self._indicators, row, Phase.OPENED)
        self._told_by(session.open_at)
        run.fill_waiting(session.open_at)
        run.happens(BarOpened(at=session.open_at, market=run.market))
        self._recommendations(row, session)
        run.market = TapeMarket(self._indicators, row, Phase.TRADED)
        run.happens(BarTraded(at=session.close_at, market=run.market))
        run.market = TapeMarket(self._indicators, row, Phase.CLOSED)
        self._told_by(session.close_at)
        run.happens(BarClosed(at=session.close_at, market=run.market))
        run.happens(SessionEnded(at=session.close_at, session=session))
        self._expired(session)

    def _told_by(self, at: datetime) -> None:
        """What happened since the last look is known now, and takes effect now."""
        for event in self._macro_events.until(at):
            self._run.happens(MacroEventReceived(at=at, event=event))
        for intervention in self._interventions.until(at):
            self._run.happens(replace(intervention, at=at))

    def _recommendations(self, row: int, session: Session) -> None:
        """Sells at the open, then tranches and buys at the window's open, each in the order of evaluation."""
        table, order = self._schedule.table, self._schedule.due(row)
        if self._deferred:
            rows = sorted((*map(table.row, order), *self._deferred), key=evaluation_order)
            table, order, self._deferred = RecommendationTable.of(rows), list(range(len(rows))), []
        sells = [i for i in order if table.action[i] is Action.SELL]
        buys = [i for i in order if table.action[i] is Action.BUY]
        window_opens, _ = trading_window.window(session, self._run.policy)
        self._run.offer(RecommendationBatch(table=table, order=sells), session.open_at)
        self._run.happens(EntriesDue(at=window_opens))
        self._run.offer(RecommendationBatch(table=table, order=buys), window_opens)

    def _expired(self, session: Session) -> None:
        """What could not be decided and lives no longer is offered once more, to be told so."""
        waiting, self._deferred = self._deferred, []
        for recommendation in waiting:
            if self._expiry(recommendation) <= session.close_at:
                self._run.happens(RecommendationReceived(at=session.close_at, recommendation=recommendation))
            else:
                self._deferred.append(recommendation)

    def _expiry(self, recommendation: Recommendation) -> datetime:
        return recommendation.expires_at or self._tape.sessions.recommendation_expiry(recommendation.generated_at)
