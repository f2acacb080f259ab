"""Simulated live market: the last sessions of a simulated market as minutes, for whoever watches it being traded.

The sessions before them are the history that stops and correlations need. In the first three of them a script is
played (`simulated_script`); afterwards the market is left to itself. The same seed gives the same bytes everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np

from engine.adapters import (
    simulated_market,
    simulated_minutes,
    simulated_recommendations,
    simulated_script,
    simulated_signals,
)
from engine.adapters.seeded_draws import Draws
from engine.adapters.simulated_patterns import Patterns
from engine.adapters.simulated_plantings import Planted, PlantedKind
from engine.adapters.simulated_script import BID_MINUTE, EVENT_MINUTES, FALL_MINUTES, SCRIPTED_DAYS, SPLIT_RATIO, Cast
from engine.errors import BadInput
from engine.model.intraday import MinuteTape
from engine.model.macro import MacroEvent, Severity
from engine.model.money import usd
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.sessions import Session, SessionTable
from engine.model.signals import IntradaySignal
from engine.model.tape import DailyTape, RecommendationTable

FEWEST_DAYS, MOST_DAYS = 5, 250
_HISTORY = 200  # sessions; correlations look at 90, and everything that the daily market plants is over by then
_SHARE_OF_HISTORY = 10  # the daily market plants nothing in the last tenth
_DURING_THE_DAY = 0.45
_NAMESPACE = UUID("b1de5f0e-9c55-5c1f-8b61-0a6f36f0c7d4")
_NEW_YORK = timedelta(hours=9, minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedLive:
    """Minutes and their history, what is suggested and signalled, what shakes it, and what there is to see, by time.

    `first_row` is the row of `tape.daily` with which the minutes begin.
    """

    seed: int
    tape: MinuteTape
    first_row: int
    recommendations: RecommendationTable
    signals: tuple[IntradaySignal, ...]
    macro_events: tuple[MacroEvent, ...]
    planted: tuple[Planted, ...]


def sessions_needed(days: int) -> int:
    """Return how many sessions the market has in all of which the last `days` are minutes."""
    return max(_HISTORY + days, days * _SHARE_OF_HISTORY + days)


def make(seed: int = 7, *, sessions: SessionTable, start: date, days: int = 60, tickers: int = 36) -> SimulatedLive:
    """Return the market of `seed`: history from `start` on, then `days` sessions of minutes.

    Raises BadInput when `sessions` does not hold them (`sessions_needed`) and the one after them.
    """
    if not FEWEST_DAYS <= days <= MOST_DAYS:
        raise BadInput(f"a live market has {FEWEST_DAYS} to {MOST_DAYS} days, and {days} were asked for")
    total = sessions_needed(days)
    first = total - days
    base = simulated_market.make(seed, sessions=sessions, start=start, days=total, tickers=tickers).tape
    who = simulated_script.cast(base, first, Draws(seed, 10))
    shapes = simulated_script.shapes(base, first, who, Draws(seed, 11))
    daily = simulated_script.retold(base, first, who, shapes, simulated_script.gaps(first, who, Draws(seed, 15)))
    tape = simulated_minutes.make(daily, days, Draws(seed, 12), shapes)
    event = _event(_session(daily, first))
    return SimulatedLive(
        seed=seed,
        tape=tape,
        first_row=first,
        recommendations=_recommendations(daily, first, who, seed),
        signals=simulated_signals.make(tape, Draws(seed, 14), seed),
        macro_events=(event,),
        planted=_planted(daily, first, who, event),
    )


def _session(daily: DailyTape, row: int) -> Session:
    session = daily.sessions.on(daily.dates[row])
    if session is None:
        raise BadInput(f"{daily.dates[row]} is on the tape but no session of the exchange")
    return session


def _event(session: Session) -> MacroEvent:
    begin, end = (session.open_at + timedelta(minutes=m) for m in EVENT_MINUTES)
    return MacroEvent(
        event_id=f"macro-{session.on}",
        severity=Severity.HIGH,
        at=begin,
        until=end,
        name="A large bank says that it cannot pay",
    )


def _recommendations(daily: DailyTape, first: int, who: Cast, seed: int) -> RecommendationTable:
    """What the sources of the market say, half of it within the day, and what makes the script be felt."""
    draws = Draws(seed, 13)
    nothing = np.zeros((len(daily.dates), len(daily.tickers)))
    table = simulated_recommendations.make(daily, draws, seed, liked=nothing)
    scripted = {daily.tickers[c] for c in (*who.held, who.late)}
    begin, end = _session(daily, first - 1).close_at, _session(daily, first + SCRIPTED_DAYS).close_at
    natural = [
        said
        for said in (table.row(i) for i in range(len(table)))
        if said.generated_at >= begin
        and not (said.action is Action.SELL and said.ticker in scripted and said.generated_at < end)
    ]
    rows = [*_suggested(daily, first, who, seed), *_within_the_days(natural, daily, draws)]
    return RecommendationTable.of(sorted(rows, key=lambda r: (r.generated_at, r.recommendation_id)))


def _suggested(daily: DailyTape, first: int, who: Cast, seed: int) -> Iterator[Recommendation]:
    """On the evening before the first day: those to whom something happens, the surest first.

    On the second day, while a breaker is on: somebody else.
    """
    patterns = Patterns(daily)

    def suggested(column: int, row: int, confidence: float, at: datetime) -> Recommendation:
        source = simulated_script.likes(patterns, row).get(column)
        return Recommendation(
            recommendation_id=str(uuid5(_NAMESPACE, f"{seed}/{daily.dates[row]}/{daily.tickers[column]}")),
            ticker=daily.tickers[column],
            action=Action.BUY,
            mode=Mode.PAPER_ELIGIBLE,
            confidence=confidence,
            generated_at=at,
            source=source or "letter",
            thesis=patterns.thesis(source, Action.BUY, row, column) if source else "One of nine names in a letter.",
        )

    evening = _session(daily, first - 1).close_at
    for place, column in enumerate((who.late, *who.held)):
        at = evening + timedelta(minutes=17 + 7 * place, seconds=11 * place)
        yield suggested(column, first - 1, round(0.93 - 0.01 * place, 4), at)
    others = [c for c in simulated_script.likes(patterns, first) if c not in (*who.held, who.late)]
    in_the_breaker = _session(daily, first + 1).open_at + timedelta(minutes=FALL_MINUTES[1] + 35)
    for column in others[:1]:
        yield suggested(column, first, 0.78, in_the_breaker)


def _within_the_days(natural: list[Recommendation], daily: DailyTape, draws: Draws) -> Iterator[Recommendation]:
    """Let about half of what was said in an evening be said in the course of the next day instead."""
    rolls = draws.uniform(len(natural), 3).tolist()
    for said, (moves, when, second) in zip(natural, rolls, strict=True):
        session = next(daily.sessions.open_after(said.generated_at))
        if moves >= _DURING_THE_DAY or session.open_at <= said.generated_at or session.on > daily.dates[-1]:
            yield said
            continue
        minutes = int((session.close_at - session.open_at).total_seconds()) // 60
        at = session.open_at + timedelta(minutes=20 + int(when * (minutes - 60)), seconds=int(second * 60))
        yield replace(said, generated_at=at)


def _planted(daily: DailyTape, first: int, who: Cast, event: MacroEvent) -> tuple[Planted, ...]:
    """Return what there is to see, in words and in the order in which it happens."""
    one, two, three, four = daily.dates[first : first + 4]
    name = daily.tickers
    falling = sorted(name[c] for c in who.fallers)
    before, after = (usd(int(daily.close[row, who.split])) for row in (first + 1, first + 2))
    begin, end = (_clock(m) for m in EVENT_MINUTES)

    def opens(column: int, row: int) -> str:
        change = int(daily.open[row, column]) / int(daily.close[row - 1, column]) - 1
        return f"{name[column]} opens {change * 100:+.1f} % after its report"

    return (
        Planted(
            kind=PlantedKind.MACRO_EVENT,
            on=one,
            words=f"{event.name}, {begin} to {end} New York: stops come nearer, looks come more often",
        ),
        Planted(
            kind=PlantedKind.SELL_OFF,
            on=two,
            words=f"a forced seller between {_clock(FALL_MINUTES[0])} and {_clock(FALL_MINUTES[1])} New York: "
            f"{', '.join(falling)} fall through their stops",
        ),
        Planted(
            kind=PlantedKind.BID,
            on=two,
            ticker=name[who.bid],
            words=f"a bid for {name[who.bid]} at {_clock(BID_MINUTE)} New York: it jumps beyond its target",
        ),
        Planted(
            kind=PlantedKind.REPORT,
            on=two,
            ticker=name[who.late],
            words=f"{name[who.late]} reports after the close and should not have been bought before",
        ),
        Planted(
            kind=PlantedKind.SPLIT,
            on=three,
            ticker=name[who.split],
            words=f"{name[who.split]} is split {SPLIT_RATIO}:1; it closed at {before} the day before and at {after} "
            "on this one",
        ),
        Planted(kind=PlantedKind.GAP, on=three, ticker=name[who.late], words=opens(who.late, first + 2)),
        Planted(
            kind=PlantedKind.REPORT,
            on=three,
            ticker=name[who.reporter],
            words=f"{name[who.reporter]} reports after the close; the whole market recovers on this day",
        ),
        Planted(kind=PlantedKind.GAP, on=four, ticker=name[who.reporter], words=opens(who.reporter, first + 3)),
    )


def _clock(minute: int) -> str:
    """Return the time of day in New York, `minute` minutes after the open."""
    since_midnight = _NEW_YORK + timedelta(minutes=minute)
    return f"{since_midnight.seconds // 3600}:{since_midnight.seconds // 60 % 60:02d}"
