"""Decision log: every decision of a run in order, without an object for each that nobody looks at.

In a large backtest nearly all recommendations are turned down at a glance, many at the same moment on the same books.
They are kept as one block of columns, and become decisions when somebody asks for them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter, eq
from typing import overload

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.money import Money
from engine.model.portfolio import RiskTierName
from engine.model.recommendation import Action
from engine.model.tape import RecommendationTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnedDown:
    """Recommendations skipped one after another at the same moment on the same books.

    `rows` are rows of `table`; the other columns are as long. Decision ids count up from `first_number`.
    """

    table: RecommendationTable
    at: datetime
    id_prefix: str
    first_number: int
    risk_tier: RiskTierName
    heat: float
    active_pool: Money
    reserve: Money
    rows: list[int]
    skip_reasons: list[str]
    failed_values: list[float | None]
    failed_limits: list[float | None]
    prices: list[Money | None]

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: int, skip_reason: str, value: float | None, limit: float | None, price: Money | None) -> None:
        """Add row `row` of the table. Only the core does, while it makes the block."""
        self.rows.append(row)
        self.skip_reasons.append(skip_reason)
        self.failed_values.append(value)
        self.failed_limits.append(limit)
        self.prices.append(price)

    def decision(self, place: int) -> Decision:
        """Return the decision at `place`."""
        row = self.rows[place]
        recommendation_id = self.table.recommendation_id[row]
        return Decision(
            decision_id=f"{self.id_prefix}{self.first_number + place}",
            at=self.at,
            kind=self._kind(row),
            outcome=TradingDecisionType.SKIP,
            ticker=self.table.ticker[row],
            cause=recommendation_id,
            recommendation_id=recommendation_id,
            skip_reason=self.skip_reasons[place],
            failed_value=self.failed_values[place],
            failed_limit=self.failed_limits[place],
            confidence=self.table.confidence[row],
            price=self.prices[place],
            risk_tier=self.risk_tier,
            heat=self.heat,
            active_pool=self.active_pool,
            reserve=self.reserve,
        )

    def column(self, field: str) -> list[object]:
        """Return one field of all decisions, as `decision` would give it."""
        return _COLUMNS[field](self)

    def _kind(self, row: int) -> DecisionKind:
        return DecisionKind.ENTRY if self.table.action[row] is Action.BUY else DecisionKind.EXIT


def _alike(value: Callable[[TurnedDown], object]) -> Callable[[TurnedDown], list[object]]:
    return lambda block: [value(block)] * len(block)


def _ids(block: TurnedDown) -> list[object]:
    ids = block.table.recommendation_id
    return [ids[row] for row in block.rows]


_COLUMNS: dict[str, Callable[[TurnedDown], list[object]]] = {
    "decision_id": lambda b: [f"{b.id_prefix}{n}" for n in range(b.first_number, b.first_number + len(b))],
    "at": _alike(lambda b: b.at),
    "kind": lambda b: [b._kind(row) for row in b.rows],
    "outcome": _alike(lambda _: TradingDecisionType.SKIP),
    "ticker": lambda b: [b.table.ticker[row] for row in b.rows],
    "cause": _ids,
    "recommendation_id": _ids,
    "skip_reason": lambda b: list(b.skip_reasons),
    "failed_value": lambda b: list(b.failed_values),
    "failed_limit": lambda b: list(b.failed_limits),
    "confidence": lambda b: [b.table.confidence[row] for row in b.rows],
    "price": lambda b: list(b.prices),
    "shares": _alike(lambda _: 0),
    "dollars": _alike(lambda _: 0.0),
    "risk_tier": _alike(lambda b: b.risk_tier),
    "heat": _alike(lambda b: b.heat),
    "active_pool": _alike(lambda b: b.active_pool),
    "reserve": _alike(lambda b: b.reserve),
    "is_micro": _alike(lambda _: False),
    "trace": _alike(lambda _: None),
}


class DecisionLog(Sequence[Decision]):
    """Decisions in the order in which they were made. Looks like a tuple of them; grows at the end."""

    def __init__(self, entries: Sequence[Decision | TurnedDown] = ()) -> None:
        self._entries: list[Decision | TurnedDown] = []
        self._starts: list[int] = []
        self._length = 0
        self._columns: dict[str, list[object]] = {}
        for entry in entries:
            self.append(entry)

    def append(self, entry: Decision | TurnedDown) -> None:
        """Add a decision, or a block of them."""
        self._entries.append(entry)
        self._starts.append(self._length)
        self._length += len(entry) if isinstance(entry, TurnedDown) else 1
        self._columns.clear()

    def entries_from(self, start: int) -> list[Decision | TurnedDown]:
        """Return what was added when there were `start` decisions, and after."""
        return self._entries[bisect_left(self._starts, start) :]

    def column(self, field: str) -> list[object]:
        """Return one field of all decisions, without making those that are kept in blocks. Not to be changed."""
        if field not in self._columns:
            self._columns[field] = self._gathered(field)
        return self._columns[field]

    def _gathered(self, field: str) -> list[object]:
        value = attrgetter(field)
        found: list[object] = []
        for entry in self._entries:
            if isinstance(entry, TurnedDown):
                found += entry.column(field)
            else:
                found.append(value(entry))
        return found

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Decision]:
        for entry in self._entries:
            if isinstance(entry, TurnedDown):
                yield from map(entry.decision, range(len(entry)))
            else:
                yield entry

    @overload
    def __getitem__(self, index: int) -> Decision: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Decision, ...]: ...
    def __getitem__(self, index: int | slice) -> Decision | tuple[Decision, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(self._length)))
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        at = bisect_right(self._starts, place) - 1
        entry = self._entries[at]
        return entry.decision(place - self._starts[at]) if isinstance(entry, TurnedDown) else entry

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]
