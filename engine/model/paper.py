"""Paper: what does the paper broker know of an order?"""

from dataclasses import dataclass
from datetime import datetime

from engine.model.orders import Order, OrderState

WAITING = frozenset({OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED})
"""The states of an order that may still be filled. What is put down is in one of these, or has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrder:
    """An order since `brought_at`: `filled` shares of it, and how many `reports` there are of it.

    `order` is None of one that was cancelled before it came: should it still come, it is not executed.
    """

    client_order_id: str
    brought_at: datetime
    state: OrderState
    order: Order | None = None
    filled: int = 0
    reports: int = 0
