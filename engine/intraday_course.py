"""Intraday course: what happens, in which order, at each look into a minute or quote tape?

Looks come as the live engine makes them: every polling interval, faster while a severe event is on. At each, prices
come first, then sells, what is planned, buys and signals. With stops checked inside the bars, each minute is played
like a daily bar instead: open, sells, buys, range, close.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.arrivals import Arrivals, RecommendationQueue
from engine.decision.events import (
    BarClosed,
    BarOpened,
    BarTraded,
    Command,
    EntriesDue,
    FundsMoved,
    MacroEventReceived,
    PricesSeen,
    RecommendationReceived,
    SessionEnded,
    SessionOpened,
    SignalReceived,
)
from engine.intraday_market import Feed, MinuteFeed
from engine.model.intraday import MINUTE, StopChecks
from engine.model.macro import MacroEvent
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session, SessionTable
from engine.model.signals import IntradaySignal, evaluation_order
from engine.schedule import Schedule, before_the_open
from engine.simulation import Simulation


class IntradayCourse:
    """Plays the sessions of an intraday tape, one after the other."""

    def __init__(
        self,
        simulation: Simulation,
        sessions: SessionTable,
        schedule: Schedule,
        recommendations: RecommendationQueue,
        signals: Arrivals[IntradaySignal],
        macro_events: Arrivals[MacroEvent],
        interventions: Arrivals[Command | FundsMoved],
        feed: Callable[[int, Session], Feed],
        stop_checks: StopChecks,
    ) -> None:
        self._run = simulation
        self._sessions = sessions
        self._schedule = schedule
        self._recommendations = recommendations
        self._signals = signals
        self._waiting_signals: list[tuple[datetime, IntradaySignal]] = []
        self._signals_at: datetime | None = None
        self._macro_events = macro_events
        self._interventions = interventions
        self._feed = feed
        self._stop_checks = stop_checks
        simulation.room = self

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """Offer `recommendation` again at the first look at or after `until`."""
        self._recommendations.wait(recommendation, until)

    def wait_signal(self, signal: IntradaySignal, until: datetime) -> None:
        """Offer `signal` again at the first look at or after `until`."""
        self._waiting_signals.append((until, signal))

    def play(self, row: int, session: Session) -> None:
        """Play the session of `row`."""
        run, feed = self._run, self._feed(row, session)
        run.happens(SessionOpened(at=session.open_at, session=session))
        for event in before_the_open(self._schedule, row, session):
            run.happens(event)
        if self._stop_checks is StopChecks.INTRABAR and isinstance(feed, MinuteFeed):
            self._play_bars(feed, session)
        else:
            self._play_looks(feed, session)
        run.happens(SessionEnded(at=session.close_at, session=session))
        self._expired(session)

    def _play_looks(self, feed: Feed, session: Session) -> None:
        run, at = self._run, session.open_at
        while at < session.close_at:
            run.market = feed.at(at)
            self._told_by(at)
            run.fill_waiting(at)
            run.happens(PricesSeen(at=at, market=run.market))
            self._offer(at)
            at += self._interval()
        run.market = feed.close()
        self._told_by(session.close_at)
        run.fill_waiting(session.close_at)
        run.happens(PricesSeen(at=session.close_at, market=run.market))

    def _play_bars(self, feed: MinuteFeed, session: Session) -> None:
        run = self._run
        for k in range(len(feed)):
            at = session.open_at + k * MINUTE
            run.market = feed.at(at)
            self._told_by(at)
            run.fill_waiting(at)
            run.happens(BarOpened(at=at, market=run.market))
            self._offer(at)
            run.market = feed.traded(k)
            run.happens(BarTraded(at=at + MINUTE, market=run.market))
            run.market = feed.closed(k)
            if at + MINUTE == session.close_at:
                self._told_by(session.close_at)
            run.happens(BarClosed(at=at + MINUTE, market=run.market))

    def _interval(self) -> timedelta:
        policy, eventful = self._run.policy, bool(self._run.state.agenda.events)
        return timedelta(seconds=policy.fast_polling_interval_seconds if eventful else policy.polling_interval_seconds)

    def _told_by(self, at: datetime) -> None:
        """What happened since the last look is known now, and takes effect now."""
        for event in self._macro_events.until(at):
            self._run.happens(MacroEventReceived(at=at, event=event))
        for intervention in self._interventions.until(at):
            self._run.happens(replace(intervention, at=at))

    def _offer(self, at: datetime) -> None:
        sells, buys = self._recommendations.due(at)
        self._run.offer(sells, at)
        self._run.happens(EntriesDue(at=at))
        self._run.offer(buys, at)
        if self._run.policy.micro_trading_enabled:
            self._offer_signals(at)

    def _offer_signals(self, at: datetime) -> None:
        interval = timedelta(seconds=self._run.policy.micro_trading_interval_seconds)
        if self._signals_at is not None and at - self._signals_at < interval:
            return
        self._signals_at = at
        due = [signal for until, signal in self._waiting_signals if until <= at]
        self._waiting_signals = [(until, signal) for until, signal in self._waiting_signals if until > at]
        for signal in sorted([*self._signals.until(at, inclusive=False), *due], key=evaluation_order):
            self._run.happens(SignalReceived(at=at, signal=signal))

    def _expired(self, session: Session) -> None:
        """What could not be decided and lives no longer is offered once more, to be told so."""
        at = session.close_at
        for recommendation in self._recommendations.expired(at, self._expiry):
            self._run.happens(RecommendationReceived(at=at, recommendation=recommendation))
        waiting, self._waiting_signals = self._waiting_signals, []
        for until, signal in waiting:
            if self._sessions.signal_expiry(signal.generated_at) <= at:
                self._run.happens(SignalReceived(at=at, signal=signal))
            else:
                self._waiting_signals.append((until, signal))

    def _expiry(self, recommendation: Recommendation) -> datetime:
        return recommendation.expires_at or self._sessions.recommendation_expiry(recommendation.generated_at)
