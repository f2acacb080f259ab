"""Paper behaviour: how does a broker on paper treat orders, when it is less obliging than it could be?"""

import hashlib
import math
from dataclasses import dataclass

from engine.adapters.seeded_draws import Draws
from engine.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperBehaviour:
    """How the broker is less obliging than it could be, for practice. As it stands here it is not.

    An order is filled in `parts`, each at another change of prices; rejected with the probability `rejected_pct`, one
    and the same order always or never; what is said comes out `latency_seconds` later. Orders that wait are never
    filled without `fills`, and end with their day when `day_orders_expire`.
    """

    seed: int = 0
    parts: int = 1
    rejected_pct: float = 0.0
    latency_seconds: float = 0.0
    fills: bool = True
    day_orders_expire: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise BadInput(f"the seed is {self.seed}", hint="it is 0 or more")
        if self.parts < 1:
            raise BadInput(f"orders are filled in {self.parts} parts", hint="it is 1 or more")
        if not 0 <= self.rejected_pct <= 1:
            raise BadInput(f"rejected_pct is {self.rejected_pct}", hint="a probability is 0 to 1")
        if not 0 <= self.latency_seconds < math.inf:
            raise BadInput(f"latency_seconds is {self.latency_seconds}", hint="it is 0 or more")

    def rejects(self, client_order_id: str) -> bool:
        """Is this order one of those that are rejected?"""
        if not self.rejected_pct:
            return False
        stream = int.from_bytes(hashlib.sha256(client_order_id.encode()).digest()[:8])
        return Draws(self.seed, stream).between(0, 1) < self.rejected_pct

    def next_part(self, quantity: int, filled: int) -> int:
        """Return how many shares of an order for `quantity` are filled next, at least one of those that are left."""
        ends = (quantity * part // self.parts for part in range(1, self.parts + 1))
        return next(end for end in ends if end > filled) - filled


OBLIGING = PaperBehaviour()
