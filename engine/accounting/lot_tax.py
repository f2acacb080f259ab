"""Lot tax: what do the tax books say of each lot that the engine traded by?"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from engine.accounting import tax_history, wash_sales
from engine.model.positions import ClosedTrade, Lot, LotClosure, PositionSplit
from engine.model.runs import ExecutedOrder, RunBooks
from engine.model.tax import Disposition, LotTax, OpenLot, rounded


def with_tax(books: RunBooks, as_of: date) -> RunBooks:
    """Return `books` with the tax of every lot, open or closed, as it stood at the end of `as_of`."""
    found = wash_sales.settle(tax_history.of_books(books.executions, books.splits), as_of=as_of)
    closed: defaultdict[tuple[str, str], list[Disposition]] = defaultdict(list)
    for sold in found.dispositions:
        closed[sold.purchase_id, sold.sale_id].append(sold)
    held: defaultdict[str, list[OpenLot]] = defaultdict(list)
    for lot in found.open_lots:
        held[lot.purchase_id].append(lot)
    sales = _Sales(books.executions, books.splits)

    def of_closure(closure: LotClosure) -> LotClosure:
        parts = closed.get((closure.lot_id, sales.of(closure)))
        return replace(closure, tax=_of_sold(parts)) if parts else closure

    def of_trade(trade: ClosedTrade) -> ClosedTrade:
        return replace(trade, closures=tuple(map(of_closure, trade.closures)))

    def of_lot(lot: Lot) -> Lot:
        parts = held.get(lot.lot_id)
        return replace(lot, tax=_of_held(parts)) if parts else lot

    return replace(books, trades=tuple(map(of_trade, books.trades)), open_lots=tuple(map(of_lot, books.open_lots)))


def _of_sold(parts: Sequence[Disposition]) -> LotTax:
    return LotTax(
        basis=rounded(sum(d.basis for d in parts)),
        held_since=min(d.held_since for d in parts),
        disallowed=rounded(sum(d.disallowed for d in parts)),
        replaced_by=tuple(dict.fromkeys(r.purchase_id for d in parts for r in d.replacements)),
    )


def _of_held(parts: Sequence[OpenLot]) -> LotTax:
    return LotTax(
        basis=rounded(sum(lot.basis for lot in parts)),
        held_since=min(lot.held_since for lot in parts),
        carried=rounded(sum(lot.carried for lot in parts)),
    )


class _Sales:
    """Which sale closed part of a lot? Sales of a ticker close its lots one after another."""

    def __init__(self, executions: Iterable[ExecutedOrder], splits: Iterable[PositionSplit]) -> None:
        self._left: defaultdict[str, deque[tuple[str, int]]] = defaultdict(deque)
        for ticker, sale_id, shares in tax_history.sales(executions, splits):
            self._left[ticker].append((sale_id, shares))

    def of(self, closure: LotClosure) -> str:
        """Return the sale of the next closure of its ticker."""
        left = self._left[closure.ticker]
        sale_id, shares = left.popleft()
        if shares > closure.quantity:
            left.appendleft((sale_id, shares - closure.quantity))
        return sale_id
