"""Incoming: what comes in from outside while an account trades, and what of it cannot be used?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from engine.model.imports import BarColumns
from engine.model.macro import MacroEvent
from engine.model.market import Dividend, Security, Split
from engine.model.money import Money
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session
from engine.model.signals import IntradaySignal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """`ticker` was seen to trade at `price` at `at`. Unjudged: the moment may be naive, the ticker anything."""

    ticker: str
    price: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that cannot be used: `where` it lies (a file, a table), which `row` it is there, and why."""

    where: str
    row: str
    reason: str

    @property
    def words(self) -> str:
        """All of it as a line."""
        return f"{self.where}, row {self.row}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: whatever came by `at` that is of use in `session`, and was not handed over before.

    Suggestions count from `alive_since` on. `tickers` are those whose prices are of interest.
    """

    at: datetime
    session: Session
    alive_since: datetime
    tickers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What came in, in no particular order. `newest_recommendation_at` is of all that came by then, handed or not."""

    quotes: Sequence[Quote] = ()
    recommendations: Sequence[Recommendation] = ()
    signals: Sequence[IntradaySignal] = ()
    macro_events: Sequence[MacroEvent] = ()
    refused: Sequence[Refusal] = ()
    newest_recommendation_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayFacts:
    """What was known on the morning of a session: daily bars of the days before it, listings, what falls due."""

    bars: BarColumns
    securities: Sequence[Security] = ()
    splits: Sequence[Split] = ()
    dividends: Sequence[Dividend] = ()
    earnings: Mapping[str, tuple[date, ...]] = field(default_factory=lambda: MappingProxyType({}))
