"""Costs: what does a trade cost besides its price?"""

import math
from dataclasses import dataclass, fields

from engine.errors import BadInput
from engine.model.money import UNITS_PER_DOLLAR, Money, quantise, scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """Slippage and commission of every fill.

    `slippage_bps` worsens the price, in basis points. Commission is `commission_per_order` plus
    `commission_per_share` a share (both dollars) plus `commission_pct` of the value (a fraction).
    """

    slippage_bps: float = 5.0
    commission_per_order: float = 0.0
    commission_per_share: float = 0.0
    commission_pct: float = 0.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if not 0 <= value < math.inf:
                raise BadInput(f"{f.name} is {value}", hint="costs begin at 0")
        if self.slippage_bps >= 10_000:
            raise BadInput(f"slippage_bps is {self.slippage_bps}", hint="10,000 basis points are the whole price")

    def bought_at(self, price: Money) -> Money:
        """Return what a share quoted at `price` costs when bought."""
        return scaled(price, 1 + self.slippage_bps / 10_000) if self.slippage_bps else price

    def sold_at(self, price: Money) -> Money:
        """Return what a share quoted at `price` brings when sold."""
        return scaled(price, 1 - self.slippage_bps / 10_000) if self.slippage_bps else price

    def commission(self, quantity: int, price: Money) -> Money:
        """Return the commission on `quantity` shares at `price`, half-even to 4 places."""
        fixed = self.commission_per_order + quantity * self.commission_per_share
        if not fixed and not self.commission_pct:
            return 0
        return quantise(fixed) + scaled(quantity * price, self.commission_pct)

    def affordable(self, cash: Money, price: Money) -> int:
        """Return how many shares at `price`, commission included, `cash` pays for."""
        shares = max(0, cash // price)
        if not (self.commission_per_order or self.commission_per_share or self.commission_pct):
            return shares
        each = price * (1 + self.commission_pct) + self.commission_per_share * UNITS_PER_DOLLAR
        shares = max(0, min(shares, int((cash - self.commission_per_order * UNITS_PER_DOLLAR) / each) + 1))
        while shares and shares * price + self.commission(shares, price) > cash:
            shares -= 1
        return shares
