"""Live sources: how does what comes in from several places become what a course asks for?

Before a session its history is loaded. At each look every inlet hands over what is new; what one of them cannot give
now does not hold up the others.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from engine.errors import BrokenInvariant, Unavailable
from engine.live_arrivals import LiveArrivals, LiveQueue
from engine.live_history import Morning, first_day, morning, no_bars
from engine.live_market import LiveFeed, Prints
from engine.model.incoming import Arrived, DayFacts, Refusal, Wanted
from engine.model.macro import MacroEvent, Severity
from engine.model.sessions import Session, SessionTable
from engine.model.signals import IntradaySignal
from engine.schedule import FellDue
from engine.tape_market import Indicators

SHOWN = 50
"""So many of the rows that were refused are remembered in full; all are counted."""
REMEMBERED = timedelta(days=40)
"""So long an id is known: what is older comes in no more."""


class Inlet(Protocol):
    """A place where rows come in. It knows what it has handed over, and each row is refused once."""

    async def arrived(self, wanted: Wanted) -> Arrived:
        """Return what is new. Raises Unavailable when that cannot be told now: then nothing was handed over."""

    def begin(self) -> None:
        """Hand over everything again that is of use: another engine asks."""


class History(Protocol):
    """What is known of the days before a session."""

    async def facts(self, first: date, last: date) -> DayFacts:
        """Return daily bars from `first` to `last`, both included, and what else is known. Raises Unavailable."""


class NoHistory:
    """Nothing is known of earlier days: what is held is watched, and nothing bought."""

    async def facts(self, first: date, last: date) -> DayFacts:
        """See `History.facts`."""
        del first, last
        return DayFacts(bars=no_bars())


class LiveSources:
    """The `Sources` (engine/live_ports.py) of a live account, and what an `IntradayCourse` asks of them."""

    def __init__(self, sessions: SessionTable, inlets: Sequence[Inlet], history: History) -> None:
        self.sessions = sessions
        self._inlets = inlets
        self._history = history
        self._newest: datetime | None = None
        self._refused: Counter[str] = Counter()
        self._shown: deque[Refusal] = deque(maxlen=SHOWN)
        self.news: asyncio.Event | None = None
        self.restart()

    def restart(self) -> None:
        """Offer everything again, for another trader of the same account: its store knows what is decided."""
        self.recommendations = LiveQueue()
        self.signals: LiveArrivals[IntradaySignal] = LiveArrivals(lambda s: s.generated_at, lambda s: s.signal_id)
        self.macro_events: LiveArrivals[MacroEvent] = LiveArrivals(lambda e: e.at, lambda e: e)
        self._events: set[str] = set()
        self._expect: tuple[Session, frozenset[str], date | None] | None = None
        self._morning: Morning | None = None
        self._indicators: Indicators | None = None
        self._prints: Prints | None = None
        for inlet in self._inlets:
            inlet.begin()

    def expect(
        self, session: Session, *, held: Collection[str], noted_until: date | None, events_on: Sequence[MacroEvent]
    ) -> None:
        """Know what the account knows before `session` is refreshed for the first time.

        `events_on` have been told to the account. See `live_history.morning` for the others.
        """
        self._expect = session, frozenset(held), noted_until
        self._morning = self._indicators = self._prints = None
        for event in events_on:
            self.macro_events.note(event)
            self._events.add(event.event_id)
        self.recommendations.arrivals.forget(session.open_at - REMEMBERED)
        self.signals.forget(session.open_at - REMEMBERED)

    def is_ready(self) -> bool:
        """Is the morning of the session known, and what has fallen due?"""
        return self._morning is not None

    async def refresh(self, at: datetime, session: Session) -> None:
        """See `Sources.refresh`. Until a session's morning is known nothing else is asked for."""
        if self._expect is None or self._expect[0] != session:
            self.expect(session, held=(), noted_until=None, events_on=())
        if self._morning is None:
            await self._load(session)
        wanted = self._wanted(at, session)
        found = await asyncio.gather(*(inlet.arrived(wanted) for inlet in self._inlets), return_exceptions=True)
        failed: Unavailable | None = None
        for arrived in found:
            if isinstance(arrived, Unavailable):
                failed = arrived
            elif isinstance(arrived, BaseException):
                raise arrived
            else:
                self._take(arrived, wanted)
        if failed is not None:
            raise failed

    def is_urgent(self, at: datetime) -> bool:
        """See `Sources.is_urgent`: a severe event is, stops come nearer because of it."""
        return any(event.severity is Severity.HIGH and event.at <= at for event in self.macro_events.waiting)

    def has_suggestions(self, at: datetime) -> bool:
        """See `Sources.has_suggestions`."""
        recommended, signalled = self.recommendations.arrivals.waiting, self.signals.waiting
        return any(r.generated_at < at for r in recommended) or any(s.generated_at < at for s in signalled)

    def newest_recommendation_at(self) -> datetime | None:
        """See `Sources.newest_recommendation_at`."""
        return self._newest

    def due(self, _row: int, session: Session, at: datetime | None) -> Iterator[FellDue]:
        """Yield what has fallen due by the open since the account noted it last."""
        return self._known_morning().due(session, at)

    def feed(self, _row: int, session: Session) -> LiveFeed:
        """Return the prices of `session` as they come in."""
        if self._prints is None:
            raise BrokenInvariant("prices are asked for before their session was refreshed")
        return LiveFeed(self._prints, self._indicators_now, session)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of what came in: old daily bars, rows that were refused and why, prints that came late."""
        said = list(self._morning.notes) if self._morning else []
        counted = self._refused + (_by_reason(self._prints.refused) if self._prints else Counter())
        said += [f"{_counted(count, 'row')} refused: {reason}" for reason, count in counted.most_common()]
        if self._prints and self._prints.late:
            said.append(f"{_counted(self._prints.late, 'print')} came later than a newer one of its ticker: no news")
        return tuple(said)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """The last rows that were refused, each with its place and reason."""
        return tuple(self._shown)

    async def _load(self, session: Session) -> None:
        assert self._expect is not None
        _, held, noted_until = self._expect
        first = first_day(self.sessions, session)
        facts = await self._history.facts(first, session.on - timedelta(days=1))
        known, indicators = await asyncio.to_thread(_prepared, facts, self.sessions, session, held, noted_until)
        self._morning, self._indicators = known, indicators
        self._prints = Prints(session, known.tape.tickers)

    def _wanted(self, at: datetime, session: Session) -> Wanted:
        return Wanted(
            at=at,
            session=session,
            alive_since=self.sessions.alive_since(max(at, session.open_at)),
            tickers=frozenset(self._known_morning().tape.tickers),
        )

    def _take(self, arrived: Arrived, wanted: Wanted) -> None:
        if self._prints is not None:
            self._prints.add(arrived.quotes, wanted.at)
        self.recommendations.arrivals.add(
            r
            for r in arrived.recommendations
            if r.generated_at >= wanted.alive_since or (r.expires_at is not None and r.expires_at > wanted.at)
        )
        self.signals.add(s for s in arrived.signals if s.generated_at >= wanted.alive_since)
        events = [e for e in arrived.macro_events if e.until > wanted.at or e.event_id in self._events]
        self._events.update(e.event_id for e in events)
        self.macro_events.add(events)
        self._refused.update(refusal.reason for refusal in arrived.refused)
        self._shown.extend(arrived.refused)
        moments = [r.generated_at for r in arrived.recommendations if r.generated_at <= wanted.at]
        known = [at for at in (self._newest, arrived.newest_recommendation_at, *moments) if at is not None]
        self._newest = max(known, default=None)

    def _known_morning(self) -> Morning:
        if self._morning is None:
            raise BrokenInvariant("a session is played before its morning is known")
        return self._morning

    def _indicators_now(self) -> Indicators:
        assert self._indicators is not None
        return self._indicators


def _prepared(
    facts: DayFacts, sessions: SessionTable, session: Session, held: Collection[str], noted_until: date | None
) -> tuple[Morning, Indicators]:
    """Return the morning of `session` and its indicators, those worked out that every look asks for."""
    known = morning(facts, sessions, session, held=held, noted_until=noted_until)
    indicators = Indicators(known.tape)
    indicators.atr_before(len(known.tape.dates) - 1)
    _ = indicators.closed_bars
    return known, indicators


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _by_reason(refused: Counter[tuple[str, str]]) -> Counter[str]:
    """Return the counts of quotes by reason; tickers that nobody knows are named, the first of them."""
    counts: Counter[str] = Counter()
    for (reason, _), count in refused.items():
        tickers = sorted({ticker for why, ticker in refused if why == reason})
        counts[f"{reason} ({', '.join(tickers[:5])}{', …' if len(tickers) > 5 else ''})"] += count
    return counts
