"""Tax ledger: what was bought and sold of one ticker, and which losses went where? The rules are in `wash_sales`."""

from collections import deque
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from math import lcm

from engine.accounting.tax_parts import DispositionRow, Purchase, UnreplacedLoss
from engine.accounting.unit_runs import RunQueue, Runs
from engine.errors import BrokenInvariant
from engine.model.market import Split
from engine.model.orders import OrderSide
from engine.model.tax import (
    FINENESS,
    WINDOW_DAYS,
    Disposition,
    FineMoney,
    OpenLoss,
    OpenLot,
    Replacement,
    Shares,
    TaxEvent,
    TaxTrade,
    fine,
    long_from,
)

_NO_LOSS = FINENESS // 1_000_000
"""A loss of a unit smaller than this (1e-10 dollars) is what dividing left over, not a loss."""


class Ledger:
    """One ticker. Its units are such that every trade, before and after splits, is a whole number of them."""

    def __init__(self, ticker: str, events: Sequence[TaxEvent]) -> None:
        self._ticker = ticker
        self._held: deque[Purchase] = deque()
        self._candidates: deque[Purchase] = deque()  # those with fresh units, bought not too long ago
        self._losses: deque[UnreplacedLoss] = deque()
        self._rows: list[DispositionRow] = []
        ratio = Fraction(1)
        trades: list[tuple[TaxTrade, Fraction]] = []
        for event in events:
            if isinstance(event, Split):
                ratio *= event.ratio
            else:
                trades.append((event, ratio))
        whole = lcm(*{(t.quantity / r if r != 1 else t.quantity).denominator for t, r in trades})
        self._share_now: Shares = whole / ratio
        counted = [(trade, whole / r if r != 1 else whole) for trade, r in trades]
        for (side, on, _), fills in groupby(counted, key=_sale_or_purchase):
            if side is OrderSide.BUY:
                for fill, share in fills:
                    self._buy(Purchase(fill, int(fill.quantity * share)))
            else:
                self._replace([loss for fill, share in fills for loss in self._take(fill, share)], on.toordinal())

    def _buy(self, purchase: Purchase) -> None:
        self._held.append(purchase)
        losses = self._losses
        while losses and losses[0].sold_on + WINDOW_DAYS < purchase.on:
            losses.popleft()
        while losses and purchase.fresh:
            purchase.replace(losses[0])
            if not losses[0].runs.units:
                losses.popleft()
        if purchase.fresh:
            self._candidates.append(purchase)

    def _replace(self, losses: Sequence[UnreplacedLoss], sold_on: int) -> None:
        """Let what was bought before and is still held take over `losses`; what is left waits for purchases to come."""
        candidates = self._candidates
        while candidates and (not candidates[0].fresh or candidates[0].on < sold_on - WINDOW_DAYS):
            candidates.popleft()
        for loss in losses:
            for purchase in candidates:
                if purchase.fresh and purchase.key != loss.row.purchase.key:
                    purchase.replace(loss)
                    if not loss.runs.units:
                        break
            while candidates and not candidates[0].fresh:
                candidates.popleft()
            if loss.runs.units:
                self._losses.append(loss)

    def _take(self, trade: TaxTrade, share: Shares) -> list[UnreplacedLoss]:
        """Take a sale, of `share` units a share, off the oldest purchases, into rows; return what was at a loss."""
        units = int(trade.quantity * share)
        received, rest = divmod(fine(trade.amount), units)
        sale = _Sale(trade, share, received, self._rows)
        row: DispositionRow | None = None
        while units:
            while self._held and not self._held[0].units:
                self._held.popleft()
            if not self._held:
                raise BrokenInvariant(f"{trade.trade_id} sells more {trade.ticker} than is held")
            purchase = self._held[0]
            replaced = min(units, purchase.replacing.units)
            if replaced:
                row = sale.sort(purchase, purchase.replacing.take(replaced), replacing=True)
            fresh = min(units - replaced, purchase.fresh)
            if fresh:
                purchase.fresh -= fresh
                row = sale.sort(purchase, Runs([fresh], [purchase.each], [purchase.on]), replacing=False)
            if row and not purchase.units:
                row.basis += purchase.rest
            units -= replaced + fresh
        if row:
            row.proceeds += rest
        return sale.losses

    def dispositions(self, as_of: date) -> list[Disposition]:
        """Return what was sold, in order."""
        pending: dict[int, int] = {}
        for loss in self._still_open(as_of):
            pending[id(loss.row)] = pending.get(id(loss.row), 0) + loss.runs.units
        return [self._disposition(row, pending.get(id(row), 0)) for row in self._rows]

    def _disposition(self, row: DispositionRow, pending: int) -> Disposition:
        share = row.share
        return Disposition(
            ticker=self._ticker,
            purchase_id=row.purchase.trade.trade_id,
            sale_id=row.sale.trade_id,
            quantity=_shares(row.units, share),
            acquired_on=row.purchase.trade.on,
            held_since=date.fromordinal(row.held_since),
            sold_on=row.sale.on,
            proceeds=row.proceeds,
            basis=row.basis,
            replacements=tuple(
                [
                    Replacement(purchase_id=id_, on=by.trade.on, shares=_shares(units, share), loss=loss)
                    for id_, (by, units, loss) in row.replaced.items()
                ]
            ),
            pending=_shares(pending, share),
        )

    def open_lots(self) -> list[OpenLot]:
        """Return what is still held, oldest first: of each purchase what is held for as long in one lot."""
        return [lot for purchase in self._held if purchase.units for lot in self._lots_of(purchase)]

    def _lots_of(self, purchase: Purchase) -> list[OpenLot]:
        alike: dict[tuple[bool, int], tuple[int, FineMoney]] = {}
        last = (False, purchase.on)  # the lot of the last unit, which what is left over goes with
        for units, basis, since in zip(*purchase.replacing.all(), strict=True):
            last = (True, since)
            before, carried = alike.get(last, (0, 0))
            alike[last] = before + units, carried + units * (basis - purchase.each)
        if purchase.fresh:
            last = (False, purchase.on)
            alike[last] = purchase.fresh, 0
        return [
            OpenLot(
                ticker=self._ticker,
                purchase_id=purchase.trade.trade_id,
                quantity=_shares(units, self._share_now),
                acquired_on=purchase.trade.on,
                held_since=date.fromordinal(kind[1]),
                cost=units * purchase.each + (purchase.rest if kind == last else 0),
                carried=carried,
            )
            for kind, (units, carried) in alike.items()
        ]

    def open_losses(self, as_of: date) -> list[OpenLoss]:
        """Return the losses that a purchase after these events might still put off, oldest first."""
        return [self._open_loss(loss) for loss in self._still_open(as_of)]

    def _open_loss(self, loss: UnreplacedLoss) -> OpenLoss:
        units = loss.runs.units
        return OpenLoss(
            ticker=self._ticker,
            sale_id=loss.row.sale.trade_id,
            sold_on=loss.row.sale.on,
            until=date.fromordinal(loss.sold_on + WINDOW_DAYS),
            shares=_shares(units, self._share_now),
            loss=loss.runs.all().total - units * loss.received,
        )

    def _still_open(self, as_of: date) -> list[UnreplacedLoss]:
        begin = as_of.toordinal() - WINDOW_DAYS
        return [loss for loss in self._losses if loss.sold_on >= begin]


class _Sale:
    """A sale while its units are sorted into rows: by purchase, term, loss or none, and whether they replaced any."""

    def __init__(self, trade: TaxTrade, share: Shares, received: FineMoney, rows: list[DispositionRow]) -> None:
        self.losses: list[UnreplacedLoss] = []
        self._trade = trade
        self._share = share
        self._received = received
        self._sold_on = trade.on.toordinal()
        self._long_since = _long_since(trade.on)
        self._rows = rows
        self._alike: dict[tuple[str, bool, bool, bool], DispositionRow] = {}

    def sort(self, purchase: Purchase, runs: Runs, *, replacing: bool) -> DispositionRow:
        """Note that `runs` of `purchase` were sold; return the row of the last unit."""
        cut = self._long_since
        if max(runs.since) <= cut or min(runs.since) > cut:
            return self._of_one_term(purchase, runs, is_long=runs.since[0] <= cut, replacing=replacing)
        begin = 0
        for is_long, days in groupby(runs.since, key=lambda since: since <= cut):
            end = begin + len(list(days))
            part = Runs(*(column[begin:end] for column in runs))
            row = self._of_one_term(purchase, part, is_long=is_long, replacing=replacing)
            begin = end
        return row

    def _of_one_term(self, purchase: Purchase, runs: Runs, *, is_long: bool, replacing: bool) -> DispositionRow:
        least = self._received + _NO_LOSS
        if min(runs.basis) >= least or max(runs.basis) < least:
            return self._alike_row(purchase, runs, is_long=is_long, is_loss=runs.basis[0] >= least, replacing=replacing)
        at_a_loss = [basis >= least for basis in runs.basis]
        rows = {
            is_loss: self._alike_row(
                purchase,
                runs.only([loss is is_loss for loss in at_a_loss]),
                is_long=is_long,
                is_loss=is_loss,
                replacing=replacing,
            )
            for is_loss in (True, False)
        }
        return rows[at_a_loss[-1]]

    def _alike_row(
        self, purchase: Purchase, runs: Runs, *, is_long: bool, is_loss: bool, replacing: bool
    ) -> DispositionRow:
        kind = (purchase.trade.trade_id, is_long, is_loss, replacing)
        row = self._alike.get(kind)
        if row is None:
            row = self._alike[kind] = DispositionRow(purchase, self._trade, self._share, runs.since[0])
            self._rows.append(row)
        units = sum(runs.units)
        row.units += units
        row.proceeds += units * self._received
        row.basis += runs.total
        row.held_since = min(row.held_since, *runs.since)
        if is_loss:
            queue = RunQueue()
            queue.put(runs)
            self.losses.append(UnreplacedLoss(row, queue, self._received, self._sold_on))
        return row


def _sale_or_purchase(counted: tuple[TaxTrade, Shares]) -> tuple[OrderSide, date, str]:
    """Return what fills of one sale, or of one purchase on one day, have in common."""
    trade, _ = counted
    return trade.side, trade.on, trade.whole


def _shares(units: int, share: Shares) -> Shares:
    return units if share == 1 else Fraction(units) / share


@lru_cache(maxsize=4_096)
def _long_since(sold_on: date) -> int:
    """Return the last day (an ordinal) since which shares sold on `sold_on` count as held for more than a year."""
    day = sold_on.toordinal() - 365
    while long_from(date.fromordinal(day)) > sold_on:
        day -= 1
    return day
