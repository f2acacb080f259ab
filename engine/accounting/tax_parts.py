"""Tax parts: what a ledger of one ticker counts with: purchases, dispositions in the making, losses to be replaced."""

from typing import NamedTuple

from engine.accounting.unit_runs import RunQueue
from engine.model.tax import FineMoney, Shares, TaxTrade, fine


class Purchase:
    """What is left of a purchase: units that replaced something, which go first, and `fresh` ones.

    `each` is what a unit cost; all together cost `rest` more.
    """

    __slots__ = ("each", "fresh", "key", "on", "replacing", "rest", "trade")

    def __init__(self, trade: TaxTrade, units: int) -> None:
        self.trade = trade
        self.on = trade.on.toordinal()
        self.key = trade.whole
        self.each, self.rest = divmod(fine(trade.amount), units)
        self.replacing = RunQueue()
        self.fresh = units

    @property
    def units(self) -> int:
        """Units that are still held."""
        return self.replacing.units + self.fresh

    def replace(self, loss: "UnreplacedLoss") -> None:
        """Let fresh units take over as much as there is of `loss`, and the days for which its units were held."""
        units = min(loss.runs.units, self.fresh)
        runs = loss.runs.take(units)
        self.replacing.put(runs, basis=self.each - loss.received, days=max(0, self.on - loss.sold_on))
        self.fresh -= units
        loss.row.put_off(self, units, runs.total - units * loss.received)


class DispositionRow:
    """A disposition in the making. A share counted as `share` units on the day of the sale."""

    __slots__ = ("basis", "held_since", "proceeds", "purchase", "replaced", "sale", "share", "units")

    def __init__(self, purchase: Purchase, sale: TaxTrade, share: Shares, held_since: int) -> None:
        self.purchase = purchase
        self.sale = sale
        self.share = share
        self.held_since = held_since
        self.units = 0
        self.proceeds: FineMoney = 0
        self.basis: FineMoney = 0
        self.replaced: dict[str, tuple[Purchase, int, FineMoney]] = {}

    def put_off(self, into: Purchase, units: int, loss: FineMoney) -> None:
        """Note that `units` were replaced, and their loss with them."""
        _, before, so_far = self.replaced.get(into.trade.trade_id, (into, 0, 0))
        self.replaced[into.trade.trade_id] = (into, before + units, so_far + loss)


class UnreplacedLoss(NamedTuple):
    """Units that were sold for `received` each, at a loss, and that nothing has replaced yet."""

    row: DispositionRow
    runs: RunQueue
    received: FineMoney
    sold_on: int
