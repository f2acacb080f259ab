"""Wash sales a second time: one object for each unit, and for each loss a look at every purchase, past and to come.

Slow and plain on purpose, written from 26 CFR 1.1091-1 and not from `engine.accounting.wash_sales`, which waits for
replacements where this looks ahead. What the two have in common is only what a unit costs and brings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import lcm

from engine.model.market import Split
from engine.model.orders import OrderSide
from engine.model.tax import FineMoney, TaxBooks, TaxEvent, TaxTrade, Term, fine

MONTH = timedelta(days=30)
LEAST_LOSS = 10**6  # 1e-10 dollars
NO_LOT = (Fraction(0), 0, 0)
NO_LOSS = (Fraction(0), 0)


@dataclass(slots=True, eq=False)
class Unit:
    """A share, or a part of one, from its purchase to its sale. `nth` is its place among all replacements."""

    purchase: TaxTrade
    number: int
    cost: FineMoney
    carried: FineMoney = 0
    days_before: int = 0
    nth: int | None = None
    sale: TaxTrade | None = None
    sold_as_number: int = 0
    received: FineMoney = 0
    replaced_by: "Unit | None" = None

    @property
    def held_since(self) -> date:
        """The day of the purchase, and the days that the replaced unit was held before that."""
        return self.purchase.on - timedelta(days=self.days_before)

    @property
    def loss(self) -> FineMoney:
        """What was lost on it; 0 for a gain."""
        loss = self.cost + self.carried - self.received
        return loss if self.sale and loss >= LEAST_LOSS else 0


@dataclass(slots=True)
class Row:
    """Units of one purchase sold in one sale, alike in term, in being a loss, and in having replaced others."""

    held_since: date
    shares: Fraction = Fraction(0)
    proceeds: FineMoney = 0
    basis: FineMoney = 0
    replacements: dict[str, tuple[Fraction, FineMoney]] = field(default_factory=dict)
    pending: Fraction = Fraction(0)


Sold = dict[tuple[str, str, Term], list[Row]]
"""Rows by sale, purchase and term; what they have in common beyond that is not told, so they are in order of size."""
Held = dict[tuple[str, date], tuple[Fraction, FineMoney, FineMoney]]
"""(shares, cost, losses carried) by purchase and the day since which they count as held."""
Waiting = dict[tuple[str, date], tuple[Fraction, FineMoney]]
"""(shares, loss) by sale and the last day on which a purchase would replace them."""
Comparable = tuple[Sold, Held, Waiting]


def settle(events: Iterable[TaxEvent], *, as_of: date) -> Comparable:
    """Return what `events` come to, each ticker for itself."""
    tickers: dict[str, list[TaxEvent]] = {}
    for event in events:
        tickers.setdefault(event.ticker, []).append(event)
    sold: Sold = {}
    held: Held = {}
    waiting: Waiting = {}
    for of in tickers.values():
        history = _History(of)
        sold |= history.sold(as_of)
        held |= history.held()
        waiting |= history.waiting(as_of)
    return sold, held, waiting


def comparable(books: TaxBooks) -> Comparable:
    """Return `books` of the engine in the form of this module's answer."""
    sold: Sold = {}
    for d in books.dispositions:
        row = Row(d.held_since, Fraction(d.quantity), d.proceeds, d.basis, pending=Fraction(d.pending))
        row.replacements = {r.purchase_id: (Fraction(r.shares), r.loss) for r in d.replacements}
        sold.setdefault((d.sale_id, d.purchase_id, d.term), []).append(row)
    held: Held = {}
    for lot in books.open_lots:
        shares, cost, carried = held.get((lot.purchase_id, lot.held_since), NO_LOT)
        held[lot.purchase_id, lot.held_since] = (shares + lot.quantity, cost + lot.cost, carried + lot.carried)
    waiting: Waiting = {}
    for loss in books.open_losses:
        shares, amount = waiting.get((loss.sale_id, loss.until), NO_LOSS)
        waiting[loss.sale_id, loss.until] = (shares + loss.shares, amount + loss.loss)
    return _in_order(sold), held, waiting


def _in_order(sold: Sold) -> Sold:
    return {key: sorted(rows, key=lambda r: (r.proceeds, r.basis, r.shares)) for key, rows in sold.items()}


class _History:
    """One ticker: all its units, and what became of them."""

    def __init__(self, events: Sequence[TaxEvent]) -> None:
        self.number: dict[str, int] = {}  # of each trade
        self.ratio: dict[str, Fraction] = {}  # shares on its day, for one share of the first day
        self.ratio_now = Fraction(1)
        self.trades: list[TaxTrade] = []
        for event in events:
            if isinstance(event, Split):
                self.ratio_now *= event.ratio
            else:
                self.number[event.trade_id] = len(self.trades)
                self.ratio[event.trade_id] = self.ratio_now
                self.trades.append(event)
        self.parts = lcm(*((t.quantity / self.ratio[t.trade_id]).denominator for t in self.trades))
        self.units: dict[str, list[Unit]] = {}  # of each purchase
        self.sales: dict[str, list[Unit]] = {}  # of each sale, in the order in which they went
        self.replaced = 0
        for trade in self.trades:
            if trade.side is OrderSide.BUY:
                each = fine(trade.amount) // self.count(trade)
                number = self.number[trade.trade_id]
                self.units[trade.trade_id] = [Unit(trade, number, each) for _ in range(self.count(trade))]
        for trade in self.trades:
            if trade.side is OrderSide.SELL:
                self.sell(trade)
                fills = [
                    t for t in self.trades if t.side is OrderSide.SELL and (t.whole, t.on) == (trade.whole, trade.on)
                ]
                if trade is fills[-1]:
                    for fill in fills:
                        self.put_off(self.sales[fill.trade_id])
        gone = [u for units in self.sales.values() for u in units]
        self.last = {u.purchase.trade_id: u for u in [*gone, *self.in_the_account(len(self.trades))]}

    def count(self, trade: TaxTrade) -> int:
        """How many units is `trade`?"""
        return int(trade.quantity / self.ratio[trade.trade_id] * self.parts)

    def shares(self, units: int, ratio: Fraction) -> Fraction:
        """How many shares are `units` when `ratio` of them are one of the first day's?"""
        return units * ratio / self.parts

    def in_the_account(self, before: int) -> list[Unit]:
        """Return the units that were bought before the trade `before` and not sold, in the order in which they go."""
        held = [u for units in self.units.values() for u in units if u.number < before and not u.sale]
        return sorted(held, key=lambda u: (u.number, u.nth is None, u.nth or 0))

    def sell(self, trade: TaxTrade) -> None:
        """Take the units of one fill out of the account."""
        number = self.number[trade.trade_id]
        going = self.in_the_account(number)[: self.count(trade)]
        assert len(going) == self.count(trade), f"{trade.trade_id} sells more than there is"
        for unit in going:
            unit.sale, unit.sold_as_number = trade, number
            unit.received = fine(trade.amount) // len(going)
        self.sales[trade.trade_id] = going

    def put_off(self, sold: list[Unit]) -> None:
        """Look for a replacement of each unit that was sold at a loss, the earliest first."""
        for unit in sold:
            if unit.loss:
                unit.replaced_by = self.replacement(unit)
            if new := unit.replaced_by:
                assert unit.sale
                self.replaced += 1
                new.nth = self.replaced
                new.carried = unit.loss
                days = {unit.held_since + timedelta(n) for n in range((unit.sale.on - unit.held_since).days)}
                new.days_before = len({day for day in days if day < new.purchase.on})  # a day counts once

    def replacement(self, sold: Unit) -> Unit | None:
        """Return the first unit of any purchase that replaces `sold`."""
        assert sold.sale
        for purchase_id, units in self.units.items():
            bought = units[0].purchase
            if not sold.sale.on - MONTH <= bought.on <= sold.sale.on + MONTH:
                continue
            is_later = self.number[purchase_id] > sold.sold_as_number
            if bought.whole == sold.purchase.whole and not is_later:
                continue
            for unit in units:
                gone = unit.sale and (
                    not is_later or (unit.sale.whole, unit.sale.on) == (sold.sale.whole, sold.sale.on)
                )
                if unit.nth is None and not gone:
                    return unit
        return None

    def sold(self, as_of: date) -> Sold:
        """Return the rows, once all is settled."""
        rows: dict[tuple[str, str, Term, bool, bool], Row] = {}
        for sale_id, units in self.sales.items():
            row = None
            for unit in units:
                assert unit.sale
                key = (sale_id, unit.purchase.trade_id, _term(unit), unit.loss > 0, unit.nth is not None)
                row = rows.setdefault(key, Row(unit.held_since))
                self.enter(row, unit, as_of)
                if unit is self.last[unit.purchase.trade_id]:
                    row.basis += fine(unit.purchase.amount) % self.count(unit.purchase)
            if row and unit.sale:
                row.proceeds += fine(unit.sale.amount) % len(units)
        sold: Sold = {}
        for (sale_id, purchase_id, term, _, _), row in rows.items():
            sold.setdefault((sale_id, purchase_id, term), []).append(row)
        return _in_order(sold)

    def enter(self, row: Row, unit: Unit, as_of: date) -> None:
        """Add `unit` to its row."""
        assert unit.sale
        one = self.shares(1, self.ratio[unit.sale.trade_id])
        row.held_since = min(row.held_since, unit.held_since)
        row.shares += one
        row.proceeds += unit.received
        row.basis += unit.cost + unit.carried
        if unit.replaced_by:
            name = unit.replaced_by.purchase.trade_id
            shares, loss = row.replacements.get(name, NO_LOSS)
            row.replacements[name] = (shares + one, loss + unit.loss)
        elif unit.loss and as_of <= unit.sale.on + MONTH:
            row.pending += one

    def held(self) -> Held:
        """Return what was never sold."""
        lots: Held = {}
        one = self.shares(1, self.ratio_now)
        for unit in self.in_the_account(len(self.trades)):
            key = (unit.purchase.trade_id, unit.held_since)
            shares, cost, carried = lots.get(key, NO_LOT)
            if unit is self.last[unit.purchase.trade_id]:
                cost += fine(unit.purchase.amount) % self.count(unit.purchase)
            lots[key] = (shares + one, cost + unit.cost, carried + unit.carried)
        return lots

    def waiting(self, as_of: date) -> Waiting:
        """Return the losses that a purchase might still put off."""
        losses: Waiting = {}
        for sale_id, units in self.sales.items():
            for unit in units:
                assert unit.sale
                until = unit.sale.on + MONTH
                if unit.loss and not unit.replaced_by and as_of <= until:
                    shares, loss = losses.get((sale_id, until), NO_LOSS)
                    losses[sale_id, until] = (shares + self.shares(1, self.ratio_now), loss + unit.loss)
        return losses


def _term(unit: Unit) -> Term:
    """More than a year: sold on a later day than the same day of the next year, or after February for its last day."""
    assert unit.sale
    since = unit.held_since
    last_of_february = (since + timedelta(days=1)).day == 1 and since.month == 2
    a_year = date(since.year + 1, 3, 1) - timedelta(days=1) if last_of_february else since.replace(year=since.year + 1)
    return Term.LONG if unit.sale.on > a_year else Term.SHORT
