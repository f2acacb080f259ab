"""Price moves: which prices have changed just now, and which way?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.model.money import Money
from engine.model.portfolio import PositionMark

MARKED_SECONDS = 2.0
"""So long a change is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMoves:
    """The last prices that were seen, and when each moved and which way (1 up, -1 down), by the position's decision."""

    prices: dict[str, Money] = field(default_factory=dict)
    moved: dict[str, tuple[float, int]] = field(default_factory=dict)

    def seen(self, positions: Sequence[PositionMark], seconds: float) -> "PriceMoves":
        """Return what is known at `seconds`, on any clock that only goes forward."""
        moved = {key: move for key, move in self.moved.items() if seconds - move[0] < MARKED_SECONDS}
        for p in positions:
            before = self.prices.get(p.decision_id, p.last_price)
            if before != p.last_price:
                moved[p.decision_id] = seconds, 1 if p.last_price > before else -1
        return PriceMoves(prices={p.decision_id: p.last_price for p in positions}, moved=moved)

    def ways(self) -> dict[str, int]:
        """Return which way each position moved that is marked."""
        return {key: way for key, (_, way) in self.moved.items()}
