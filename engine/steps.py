"""Steps: what does a course ask of its driver?

A course (`daily_course`, `intraday_course`) says what happens in a session and in which order; a driver makes it
happen: the simulation at once, the live engine when the time has come. A step is told when the one before it has taken
effect.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.decision.effects import DeferRecommendation, DeferSignal, Effect
from engine.decision.events import Event
from engine.model.market import Market
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal
from engine.model.tape import RecommendationBatch
from engine.policy import TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class LookDue:
    """It is not to be looked at anything before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketShown:
    """From `at` on orders are filled at what `market` shows."""

    at: datetime
    market: Market


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDue:
    """Orders that wait for a price may have one now."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """These recommendations are to be judged one after another, each on what came of the one before it."""

    at: datetime
    batch: RecommendationBatch


Step = LookDue | MarketShown | WaitingDue | Offered | Event


class Driver(Protocol):
    """Who makes the steps of a course happen, and knows what the course cannot know."""

    @property
    def policy(self) -> TradingPolicy:
        """The rules that hold now."""

    def is_eventful(self) -> bool:
        """Is a severe event on, so that prices are looked at more often?"""

    def next_look(self, at: datetime) -> datetime:
        """Return when prices are looked at next, `at` or later: who comes late does not make up for missed looks."""

    def made_at(self, at: datetime) -> datetime:
        """Return when the look that was due at `at` is made: later if it comes late, before if something calls for it.

        Its prices are those of that moment.
        """

    def noted_at_open(self) -> int:
        """Return how many of the things that fell due at the open of the session that is on have been noted."""


class Course(Protocol):
    """The sessions of a market, one after the other. Keeps what cannot be decided yet."""

    def play(self, row: int, session: Session, *, since: datetime | None = None) -> Iterator[Step]:
        """Yield what happens in the session of `row`; with `since`, from then on in a session that has begun."""

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """Offer `recommendation` again, at `until` or at the next chance after it."""

    def wait_signal(self, signal: IntradaySignal, until: datetime) -> None:
        """Offer `signal` again."""


def defer(course: Course, effects: Iterable[Effect]) -> None:
    """Have `course` keep what is to be offered again later."""
    for effect in effects:
        match effect:
            case DeferRecommendation():
                course.wait(effect.recommendation, effect.until)
            case DeferSignal():
                course.wait_signal(effect.signal, effect.until)
            case _:
                pass
