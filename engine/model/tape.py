"""Tape: the prices of a market over a range of sessions, as columns.

A daily tape is a set of matrices of shape (sessions, tickers). Prices are money (int64, ten-thousandths of a dollar);
0 means that there is no bar. Nothing here is rounded, repaired or guessed: that is the importer's work.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from engine.errors import BadInput
from engine.model.market import Dividend, Security, Split
from engine.model.recommendation import Action, Mode, Recommendation
from engine.model.sessions import SessionTable

if TYPE_CHECKING:  # whoever only reads runs needs no numpy
    import numpy as np
    import numpy.typing as npt

Prices: TypeAlias = "npt.NDArray[np.int64]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DailyTape:
    """Daily bars of `tickers` (columns) over `dates` (rows, each a session of `sessions`, none left out).

    `earnings` holds each ticker's dates in order. `securities` may lack a ticker: its sector is then unknown.
    """

    tickers: tuple[str, ...]
    dates: tuple[date, ...]
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    volume: npt.NDArray[np.int64]
    sessions: SessionTable
    securities: Mapping[str, Security] = field(default_factory=lambda: MappingProxyType({}))
    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()
    earnings: Mapping[str, tuple[date, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def row_from(self, on: date) -> int | None:
        """Return the row of the first session on or after `on`, or None when the tape does not reach that day."""
        if not self.dates or not self.dates[0] <= on <= self.dates[-1]:
            return None
        return bisect_left(self.dates, on)

    def until(self, end: date) -> DailyTape:
        """Return the tape with everything after `end` cut off; what is known of listings stays."""
        rows = sum(1 for d in self.dates if d <= end)
        return DailyTape(
            tickers=self.tickers,
            dates=self.dates[:rows],
            open=self.open[:rows],
            high=self.high[:rows],
            low=self.low[:rows],
            close=self.close[:rows],
            volume=self.volume[:rows],
            sessions=self.sessions,
            securities=self.securities,
            splits=tuple(s for s in self.splits if s.on <= end),
            dividends=tuple(d for d in self.dividends if d.ex_on <= end),
            earnings=self.earnings,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationTable:
    """Recommendations as columns of equal length, in any order. An object is made only when one is evaluated."""

    recommendation_id: Sequence[str]
    ticker: Sequence[str]
    action: Sequence[Action]
    mode: Sequence[Mode]
    confidence: Sequence[float]
    generated_at: Sequence[datetime]
    expires_at: Sequence[datetime | None] | None = None
    source: Sequence[str] | None = None
    thesis: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.recommendation_id)

    def row(self, i: int) -> Recommendation:
        """Return row `i` as a value."""
        return Recommendation(
            recommendation_id=self.recommendation_id[i],
            ticker=self.ticker[i],
            action=self.action[i],
            mode=self.mode[i],
            confidence=self.confidence[i],
            generated_at=self.generated_at[i],
            expires_at=self.expires_at[i] if self.expires_at else None,
            source=self.source[i] if self.source else "",
            thesis=self.thesis[i] if self.thesis else "",
        )

    @classmethod
    def of(cls, rows: Sequence[Recommendation]) -> RecommendationTable:
        """Return the table of `rows`."""
        return cls(
            recommendation_id=[r.recommendation_id for r in rows],
            ticker=[r.ticker for r in rows],
            action=[r.action for r in rows],
            mode=[r.mode for r in rows],
            confidence=[r.confidence for r in rows],
            generated_at=[r.generated_at for r in rows],
            expires_at=[r.expires_at for r in rows],
            source=[r.source for r in rows],
            thesis=[r.thesis for r in rows],
        )


def confidence_out_of_range(table: RecommendationTable, i: int) -> BadInput:
    """Return what is wrong with row `i` of `table`, whose confidence is none."""
    return BadInput(
        f"recommendation {table.recommendation_id[i]} has a confidence of {table.confidence[i]}",
        hint="a confidence goes from 0 to 1",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationBatch:
    """Recommendations that are due together: rows of a table, in the order in which they are to be judged."""

    table: RecommendationTable
    order: Sequence[int]

    def after(self, place: int) -> RecommendationBatch:
        """Return what comes after `place` in the order."""
        return RecommendationBatch(table=self.table, order=self.order[place + 1 :])
