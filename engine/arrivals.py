"""Arrivals: what has come in by a moment, in the order in which it is to be looked at?"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from engine.model import sessions
from engine.model.recommendation import Action, Recommendation, evaluation_order
from engine.model.tape import RecommendationBatch, RecommendationTable, confidence_out_of_range

T = TypeVar("T")


class Arrivals(Generic[T]):
    """Values by their moment, handed out once each."""

    def __init__(self, values: Sequence[T], moment: Callable[[T], datetime]) -> None:
        self._values = sorted(values, key=moment)
        self._moments = [moment(v) for v in self._values]
        self._next = 0

    def skip_until(self, at: datetime) -> None:
        """Leave out what came before `at`."""
        self._next = bisect_left(self._moments, at)

    def until(self, at: datetime, *, inclusive: bool = True) -> list[T]:
        """Return what came by `at` and was not handed out yet; not what came at that very moment unless `inclusive`."""
        first = self._next
        while self._next < len(self._moments) and (
            self._moments[self._next] < at or (inclusive and self._moments[self._next] == at)
        ):
            self._next += 1
        return self._values[first : self._next]


class RecommendationQueue:
    """The recommendations of a table as they come in, those that have to wait, and those that waited long enough.

    A recommendation is due at the first look after the moment of which it is. Of several with one id the first counts.
    """

    def __init__(self, table: RecommendationTable, since: datetime) -> None:
        _require_sound(table)
        first: dict[str, int] = {}
        for i, recommendation_id in enumerate(table.recommendation_id):
            first.setdefault(recommendation_id, i)
        self.table = table
        self._arrivals = Arrivals(list(first.values()), lambda i: table.generated_at[i])
        self._arrivals.skip_until(since)
        self._waiting: list[tuple[datetime, Recommendation]] = []
        self.offered = 0
        self.bought: set[str] = set()

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """Keep `recommendation` until it is to be offered again."""
        self._waiting.append((until, recommendation))

    def due(self, at: datetime) -> tuple[RecommendationBatch, RecommendationBatch]:
        """Return (sells, buys) that are due at `at`, each in the order of evaluation."""
        rows, table = self._arrivals.until(at, inclusive=False), self.table
        self.offered += len(rows)
        self.bought.update(table.ticker[i] for i in rows if table.action[i] is Action.BUY)
        again = [r for until, r in self._waiting if until <= at] if self._waiting else []
        if again:
            self._waiting = [(until, r) for until, r in self._waiting if until > at]
            table = RecommendationTable.of([*map(table.row, rows), *again])
            rows = list(range(len(table)))
        order = sorted(rows, key=lambda i: evaluation_order(table.row(i))) if len(rows) > 1 else rows
        sells = [i for i in order if table.action[i] is Action.SELL]
        buys = [i for i in order if table.action[i] is Action.BUY]
        return RecommendationBatch(table=table, order=sells), RecommendationBatch(table=table, order=buys)

    def expired(self, at: datetime, expiry: Callable[[Recommendation], datetime]) -> list[Recommendation]:
        """Return those that waited and have lived their time at `at`; they wait no longer."""
        over = [r for _, r in self._waiting if expiry(r) <= at]
        self._waiting = [(until, r) for until, r in self._waiting if expiry(r) > at]
        return over


def _require_sound(table: RecommendationTable) -> None:
    for i, (confidence, at) in enumerate(zip(table.confidence, table.generated_at, strict=True)):
        if not 0 <= confidence <= 1:
            raise confidence_out_of_range(table, i)
        if at.tzinfo is None:
            sessions.require_aware(at, f"generated_at of recommendation {table.recommendation_id[i]}")
