"""Simulated broker: at which price would this order have been filled?

Deterministic: an order is filled in full at the market's price, or at the level it names, worsened by slippage. A buy
above its limit is cancelled. An order for a ticker without a fresh price waits for one.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from engine.decision.events import OrderEnded, OrderFilled
from engine.model.costs import CostModel
from engine.model.market import Market
from engine.model.money import Money
from engine.model.orders import Fill, Order, OrderSide


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRules:
    """What comes of an order at one moment of a market: the same in a backtest and on paper."""

    costs: CostModel
    max_age_seconds: float = math.inf

    def outcome(
        self, order: Order, market: Market | None, at: datetime, *, filled: int = 0, quantity: int | None = None
    ) -> OrderFilled | OrderEnded | None:
        """Return the fill of `quantity` shares (what is left after `filled`), or the end; None: it waits for a price.

        What an order costs whatever its size is charged with its first fill.
        """
        quoted = order.trigger_price if order.trigger_price is not None else self._price(order.ticker, market)
        if quoted is None:
            return None
        buying = order.side is OrderSide.BUY
        price = self.costs.bought_at(quoted) if buying else self.costs.sold_at(quoted)
        if buying and order.limit_price is not None and price > order.limit_price:
            return OrderEnded(at=at, client_order_id=order.client_order_id, reason="limit")
        shares = order.quantity - filled if quantity is None else quantity
        paid_before = self.costs.commission(0, price) if filled else 0
        fill = Fill(
            client_order_id=order.client_order_id,
            ticker=order.ticker,
            side=order.side,
            quantity=shares,
            price=price,
            commission=self.costs.commission(shares, price) - paid_before,
            at=at,
        )
        return OrderFilled(at=at, fill=fill)

    def _price(self, ticker: str, market: Market | None) -> Money | None:
        if market is None:
            return None
        age = market.price_age_seconds(ticker)
        return market.price(ticker) if age is not None and age <= self.max_age_seconds else None


class SimulatedBroker:
    """Fills orders against a market. Keeps those that wait for a price."""

    def __init__(self, costs: CostModel, *, max_age_seconds: float = math.inf) -> None:
        self._rules = FillRules(costs=costs, max_age_seconds=max_age_seconds)
        self._waiting: dict[str, Order] = {}

    def submit(self, order: Order, market: Market, at: datetime) -> OrderFilled | OrderEnded | None:
        """Return what comes of `order` now, or None when it waits."""
        outcome = self._rules.outcome(order, market, at)
        if outcome is None:
            self._waiting[order.client_order_id] = order
        return outcome

    def cancel(self, client_order_id: str, at: datetime) -> OrderEnded | None:
        """End an order that waits, and say so; one that does not is left alone."""
        if self._waiting.pop(client_order_id, None) is None:
            return None
        return OrderEnded(at=at, client_order_id=client_order_id, reason="cancelled")

    def retry(self, market: Market, at: datetime) -> list[OrderFilled | OrderEnded]:
        """Return what comes of the waiting orders that now have a price, in the order in which they came."""
        waiting, self._waiting = self._waiting, {}
        outcomes = (self.submit(order, market, at) for order in waiting.values())
        return [outcome for outcome in outcomes if outcome is not None]
