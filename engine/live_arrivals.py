"""Live arrivals: what has come in by a moment, when nobody knows yet what will come?

The same questions that `arrivals` answers of a tape. A row that came late is handed out all the same, each row once.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from engine.model.recommendation import Action, Recommendation, evaluation_order
from engine.model.tape import RecommendationBatch, RecommendationTable

T = TypeVar("T")


class LiveArrivals(Generic[T]):
    """Values that come in at any time, handed out once each at their moment or after it. `key` tells them apart."""

    def __init__(self, moment: Callable[[T], datetime], key: Callable[[T], Hashable]) -> None:
        self._moment = moment
        self._key = key
        self._known: dict[Hashable, datetime] = {}
        self._waiting: list[T] = []

    def add(self, values: Iterable[T]) -> None:
        """Take in what is new among `values`; of several with one key the first counts."""
        for value in values:
            if self._key(value) not in self._known:
                self.note(value)
                self._waiting.append(value)

    @property
    def waiting(self) -> Sequence[T]:
        """What was not handed out yet."""
        return self._waiting

    def note(self, value: T) -> None:
        """Know `value` without handing it out."""
        self._known[self._key(value)] = self._moment(value)

    def forget(self, before: datetime) -> None:
        """Forget the keys of what was of a moment before `before`, and can come in no more."""
        waiting = {self._key(value) for value in self._waiting}
        self._known = {key: at for key, at in self._known.items() if at >= before or key in waiting}

    def until(self, at: datetime, *, inclusive: bool = True) -> list[T]:
        """Return by moment what is of `at` or before and was not handed out yet; `at` itself only if `inclusive`."""
        if not self._waiting:
            return []
        due = [v for v in self._waiting if self._moment(v) < at or (inclusive and self._moment(v) == at)]
        if due:
            handed = {self._key(value) for value in due}
            self._waiting = [value for value in self._waiting if self._key(value) not in handed]
        return sorted(due, key=self._moment)


class LiveQueue:
    """The recommendations that have come in, those that have to wait, and those that waited long enough."""

    def __init__(self) -> None:
        self.arrivals: LiveArrivals[Recommendation] = LiveArrivals(
            lambda r: r.generated_at, lambda r: r.recommendation_id
        )
        self._waiting: dict[str, tuple[datetime, Recommendation]] = {}

    def wait(self, recommendation: Recommendation, until: datetime) -> None:
        """Keep `recommendation` until it is to be offered again."""
        self._waiting[recommendation.recommendation_id] = (until, recommendation)

    def due(self, at: datetime) -> tuple[RecommendationBatch, RecommendationBatch]:
        """Return (sells, buys) that are due at `at`, each in the order of evaluation."""
        again = [r for until, r in self._waiting.values() if until <= at]
        for recommendation in again:
            del self._waiting[recommendation.recommendation_id]
        table = RecommendationTable.of(
            sorted([*self.arrivals.until(at, inclusive=False), *again], key=evaluation_order)
        )
        sells = [i for i, action in enumerate(table.action) if action is Action.SELL]
        buys = [i for i, action in enumerate(table.action) if action is Action.BUY]
        return RecommendationBatch(table=table, order=sells), RecommendationBatch(table=table, order=buys)

    def expired(self, at: datetime, expiry: Callable[[Recommendation], datetime]) -> list[Recommendation]:
        """Return those that waited and have lived their time at `at`; they wait no longer."""
        over = [r for _, r in self._waiting.values() if expiry(r) <= at]
        for recommendation in over:
            del self._waiting[recommendation.recommendation_id]
        return over
