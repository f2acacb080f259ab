"""Intraday course: what happens, in which order, at each look into a minute or quote tape?

Looks come as the live engine makes them: every polling interval, faster while a severe event is on. At each, prices
come first, then sells, what is planned, buys and signals. With stops checked inside the bars, each minute is played
like a daily bar instead: open, sells, buys, range, close.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol, TypeVar

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
from engine.model.market import Market
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session, SessionTable
from engine.model.signals import IntradaySignal, evaluation_order
from engine.model.tape import RecommendationBatch
from engine.schedule import FellDue
from engine.steps import Driver, LookDue, MarketShown, Offered, Step, WaitingDue

T_co = TypeVar("T_co", covariant=True)


class Incoming(Protocol[T_co]):
    """Values that come in, on a tape or as it happens; handed out once each."""

    def until(self, at: datetime, *, inclusive: bool = True) -> Sequence[T_co]:
        """Return what came by `at` and was not handed out yet; not what came at that very moment unless `inclusive`."""


class Queue(Protocol):
    """The recommendations that come in, and those that have to wait."""

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """Keep `recommendation` until it is to be offered again."""

    def due(self, at: datetime) -> tuple[RecommendationBatch, RecommendationBatch]:
        """Return (sells, buys) that are due at `at`, each in the order of evaluation."""

    def expired(self, at: datetime, expiry: Callable[[Recommendation], datetime]) -> Sequence[Recommendation]:
        """Return those that waited and have lived their time at `at`; they wait no longer."""


class IntradayCourse:
    """The sessions of an intraday market, one after the other: of a tape, or as they happen.

    `due` says what changes the books before the open of a row; `feed` gives a session's prices.
    """

    def __init__(
        self,
        driver: Driver,
        sessions: SessionTable,
        due: Callable[[int, Session, datetime | None], Iterator[FellDue]],
        recommendations: Queue,
        signals: Incoming[IntradaySignal],
        macro_events: Incoming[MacroEvent],
        interventions: Incoming[Command | FundsMoved],
        feed: Callable[[int, Session], Feed],
        stop_checks: StopChecks,
    ) -> None:
        self._driver = driver
        self._sessions = sessions
        self._due = due
        self._recommendations = recommendations
        self._signals = signals
        self._waiting_signals: list[tuple[datetime, IntradaySignal]] = []
        self._signals_at: datetime | None = None
        self._macro_events = macro_events
        self._interventions = interventions
        self._feed = feed
        self._stop_checks = stop_checks

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """Offer `recommendation` again at the first look at or after `until`."""
        self._recommendations.wait(recommendation, until)

    def wait_signal(self, signal: IntradaySignal, until: datetime) -> None:
        """Offer `signal` again at the first look at or after `until`."""
        self._waiting_signals.append((until, signal))

    def play(self, row: int, session: Session, *, since: datetime | None = None) -> Iterator[Step]:
        """Yield what happens in the session of `row`; with `since`, from then on in a session that has begun."""
        feed = self._feed(row, session)
        if since is None:
            yield LookDue(at=session.open_at)
            yield SessionOpened(at=session.open_at, session=session)
        yield from islice(self._due(row, session, since), self._noted(since), None)
        if self._stop_checks is StopChecks.INTRABAR and isinstance(feed, MinuteFeed):
            yield from self._bars(feed, session)
        else:
            yield from self._looks(feed, session, since or session.open_at)
        yield SessionEnded(at=session.close_at, session=session)
        yield from self._expired(session)

    def _noted(self, since: datetime | None) -> int:
        """Return how much of what fell due at the open an engine before this one has noted."""
        return 0 if since is None else self._driver.noted_at_open()

    def _looks(self, feed: Feed, session: Session, at: datetime) -> Iterator[Step]:
        while at < session.close_at:
            yield LookDue(at=at)
            at = self._driver.made_at(at)
            if at >= session.close_at:
                break
            yield from self._seen(feed.at(at), at)
            yield from self._offers(at)
            at = self._driver.next_look(at + self._interval())
        yield LookDue(at=session.close_at)
        yield from self._seen(feed.close(), session.close_at)

    def _seen(self, market: Market, at: datetime) -> Iterator[Step]:
        yield MarketShown(at=at, market=market)
        yield from self._told_by(at)
        yield WaitingDue(at=at)
        yield PricesSeen(at=at, market=market)

    def _bars(self, feed: MinuteFeed, session: Session) -> Iterator[Step]:
        for k in range(len(feed)):
            at = session.open_at + k * MINUTE
            opened = feed.at(at)
            yield MarketShown(at=at, market=opened)
            yield from self._told_by(at)
            yield WaitingDue(at=at)
            yield BarOpened(at=at, market=opened)
            yield from self._offers(at)
            traded = feed.traded(k)
            yield MarketShown(at=at + MINUTE, market=traded)
            yield BarTraded(at=at + MINUTE, market=traded)
            closed = feed.closed(k)
            yield MarketShown(at=at + MINUTE, market=closed)
            if at + MINUTE == session.close_at:
                yield from self._told_by(session.close_at)
            yield BarClosed(at=at + MINUTE, market=closed)

    def _interval(self) -> timedelta:
        policy = self._driver.policy
        eventful = self._driver.is_eventful()
        return timedelta(seconds=policy.fast_polling_interval_seconds if eventful else policy.polling_interval_seconds)

    def _told_by(self, at: datetime) -> Iterator[Step]:
        """What happened since the last look is known now, and takes effect now."""
        for event in self._macro_events.until(at):
            yield MacroEventReceived(at=at, event=event)
        for intervention in self._interventions.until(at):
            yield replace(intervention, at=at)

    def _offers(self, at: datetime) -> Iterator[Step]:
        sells, buys = self._recommendations.due(at)
        yield Offered(at=at, batch=sells)
        yield EntriesDue(at=at)
        yield Offered(at=at, batch=buys)
        if self._driver.policy.micro_trading_enabled:
            yield from self._signals_due(at)

    def _signals_due(self, at: datetime) -> Iterator[Step]:
        interval = timedelta(seconds=self._driver.policy.micro_trading_interval_seconds)
        if self._signals_at is not None and at - self._signals_at < interval:
            return
        self._signals_at = at
        due = [signal for until, signal in self._waiting_signals if until <= at]
        self._waiting_signals = [(until, signal) for until, signal in self._waiting_signals if until > at]
        for signal in sorted([*self._signals.until(at, inclusive=False), *due], key=evaluation_order):
            yield SignalReceived(at=at, signal=signal)

    def _expired(self, session: Session) -> Iterator[Step]:
        """What could not be decided and lives no longer is offered once more, to be told so."""
        at = session.close_at
        for recommendation in self._recommendations.expired(at, self._expiry):
            yield RecommendationReceived(at=at, recommendation=recommendation)
        waiting, self._waiting_signals = self._waiting_signals, []
        for until, signal in waiting:
            if self._sessions.signal_expiry(signal.generated_at) <= at:
                yield SignalReceived(at=at, signal=signal)
            else:
                self._waiting_signals.append((until, signal))

    def _expiry(self, recommendation: Recommendation) -> datetime:
        return recommendation.expires_at or self._sessions.recommendation_expiry(recommendation.generated_at)
