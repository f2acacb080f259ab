"""Simulated recommendations: what would four sources of different skill have suggested?

A source picks among tickers that show its pattern, and what it says in its thesis is measured on bars that were closed
by then. Which of them it picks is another matter: a score mixes the next ten sessions (this is a made-up market, so
the future is known) with noise, and a source's `skill` is the share of the first. Over twelve seeds, ten sessions on,
buys of `trend` beat the usual ticker 57 times in 100, of `breakout` 55 (less skill, but trends last here), of
`reversal` 52 and of `rumour` 50, which is chance. How sure they say they are is only loosely related to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import numpy as np
import numpy.typing as npt

from engine.adapters.seeded_draws import Draws, Floats
from engine.adapters.simulated_patterns import Patterns
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.tape import DailyTape, RecommendationTable

Mask = npt.NDArray[np.bool_]

HORIZON = 10  # sessions that a score looks ahead
_NAMESPACE = UUID("6d2f1c1e-6f0b-5c39-9d4e-0d3c5b7a9f10")
_QUIET = 9  # sessions before a source names a ticker again
_EXCITED, _QUIET_WHEN_EXCITED = 3.0, 3
_FORGOTTEN = 45  # sessions after which a source says nothing more about what it suggested
_DURING_SESSION = 0.12
_PAPER, _LIVE = 0.88, 0.96  # the rest is for neither kind of account


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who suggests: `skill` 0..1, up to `busy` buys a session with probability `chance`, `trust` in its confidence."""

    name: str
    skill: float
    busy: int
    chance: float
    trust: float


SOURCES = (
    Source(name="trend", skill=0.17, busy=2, chance=0.75, trust=0.66),
    Source(name="reversal", skill=0.10, busy=2, chance=0.70, trust=0.63),
    Source(name="breakout", skill=0.04, busy=2, chance=0.60, trust=0.60),
    Source(name="rumour", skill=0.0, busy=1, chance=0.60, trust=0.60),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Idea:
    """A source's suggestion at the close of `row`."""

    source: int
    row: int
    column: int
    action: Action
    score: float


def make(tape: DailyTape, draws: Draws, seed: int, *, liked: Floats) -> RecommendationTable:
    """Return the recommendations for `tape`, by time and then id; the last is due on the tape's last session.

    `liked` (sessions, tickers) is added to the scores: every source that sees its pattern there prefers the ticker.
    """
    patterns = Patterns(tape)
    ahead = _ahead(patterns.close)
    ideas: list[_Idea] = []
    for i, source in enumerate(SOURCES):
        noise = draws.normal(*ahead.shape)
        score = source.skill * ahead + (1 - source.skill) * noise + liked
        ideas += _ideas(i, patterns.buys(source.name), patterns.sells(source.name), score, draws)
    rolls, nudges = draws.uniform(len(ideas), 4), draws.normal(len(ideas))
    rows = [
        _recommendation(idea, tape, patterns, roll, nudge, seed)
        for idea, roll, nudge in zip(ideas, rolls.tolist(), nudges.tolist(), strict=True)
    ]
    return RecommendationTable.of(sorted(rows, key=lambda r: (r.generated_at, r.recommendation_id)))


def _ahead(close: Floats) -> Floats:
    """Return the move of the next ten sessions in deviations of such moves; nothing is known where bars are missing."""
    rows = len(close)
    later = close[np.minimum(np.arange(rows) + HORIZON, rows - 1)]
    known = (close > 0) & (later > 0)
    move = np.where(known, later / np.where(known, close, 1.0) - 1, 0.0)
    return np.clip(move / 0.05, -3.0, 3.0)


def _ideas(source: int, buys: Mask, sells: Mask, score: Floats, draws: Draws) -> Iterator[_Idea]:
    """Walk through the sessions: first sell what was suggested and looks bad now, then buy what looks best."""
    who = SOURCES[source]
    best_first = np.argsort(-score, axis=1, kind="stable")
    active = draws.uniform(len(score)) < who.chance
    quiet = np.where(score > _EXCITED, _QUIET_WHEN_EXCITED, _QUIET)
    suggested: dict[int, int] = {}
    for row in range(len(score) - 2):
        for column in [c for c in suggested if row - suggested[c] > _FORGOTTEN]:
            del suggested[column]
        for column in [c for c in suggested if sells[row, c] and score[row, c] < 0 and row - suggested[c] > 3]:
            del suggested[column]
            yield _Idea(source=source, row=row, column=column, action=Action.SELL, score=-float(score[row, column]))
        if not active[row] or not buys[row].any():
            continue
        fresh = [
            c for c in best_first[row].tolist() if buys[row, c] and row - suggested.get(c, -_QUIET) >= quiet[row, c]
        ]
        for column in fresh[: who.busy]:
            suggested[column] = row
            yield _Idea(source=source, row=row, column=column, action=Action.BUY, score=float(score[row, column]))


def _recommendation(
    idea: _Idea, tape: DailyTape, patterns: Patterns, roll: list[float], nudge: float, seed: int
) -> Recommendation:
    source, ticker = SOURCES[idea.source], tape.tickers[idea.column]
    mode = Mode.PAPER_ELIGIBLE if roll[0] < _PAPER else Mode.LIVE_ELIGIBLE if roll[0] < _LIVE else Mode.OTHER
    confidence = source.trust + 0.05 * min(max(idea.score, -1.5), 2.5) + 0.06 * nudge
    name = (
        f"{seed}/{tape.dates[0]}/{len(tape.dates)}/{len(tape.tickers)}/{source.name}/{idea.row}/{ticker}/{idea.action}"
    )
    return Recommendation(
        recommendation_id=str(uuid5(_NAMESPACE, name)),
        ticker=ticker,
        action=idea.action,
        mode=mode,
        confidence=round(min(max(confidence, 0.35), 0.97), 4),
        generated_at=_moment(tape, idea.row, during=roll[1] < _DURING_SESSION, at=roll[2], second=roll[3]),
        source=source.name,
        thesis=patterns.thesis(source.name, idea.action, idea.row, idea.column),
    )


def _moment(tape: DailyTape, row: int, *, during: bool, at: float, second: float) -> datetime:
    """Return a moment in the evening of `row`, or during the session that follows it."""
    session = tape.sessions.on(tape.dates[row + during])
    if session is None:
        raise ValueError(f"{tape.dates[row + during]} is no session")
    whole_minutes = int((session.close_at - session.open_at).total_seconds()) // 60
    if during:
        return session.open_at + timedelta(minutes=20 + int(at * (whole_minutes - 40)), seconds=int(second * 60))
    return session.close_at + timedelta(minutes=4 + int(at * 210), seconds=int(second * 60))
