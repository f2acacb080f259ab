"""Corporate actions: what do splits, dividends and the end of a listing change in the books?"""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from engine.accounting import tax_lots
from engine.decision import exits, tax_notes, tranches
from engine.decision.effects import CancelOrder, Effect, RecordCashFlow, RecordSplit
from engine.decision.events import DividendWentEx, ListingEnded, SplitTookEffect
from engine.decision.fills import close_out, stop_change
from engine.decision.state import State
from engine.model.market import Dividend, Split
from engine.model.money import Money, to_decimal
from engine.model.orders import Order, OrderSide, OrderTag
from engine.model.portfolio import EXTERNAL_FLOWS, CashFlow, FlowKind
from engine.model.positions import PositionSplit, StopRule
from engine.policy import TradingPolicy
from engine.risk import stop_loss_manager


def note(state: State, event: SplitTookEffect | DividendWentEx | ListingEnded, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of what fell due at the open."""
    state.agenda.noted_at_open += 1
    match event:
        case SplitTookEffect():
            return apply_split(state, event.split, event.at, policy)
        case DividendWentEx():
            return pay_dividend(state, event.dividend, event.at)
        case ListingEnded():
            return end_listing(state, event.ticker, event.at)


def apply_split(state: State, split: Split, at: datetime, policy: TradingPolicy) -> list[Effect]:
    """Return the effects of `split`: lots, entry, levels and mark rescaled; the fraction of a share becomes cash.

    Orders in the old shares are called back; a sale that was waiting is ordered again in the new ones.
    """
    position = state.positions.get(split.ticker)
    if position is None:
        return [*tranches.cancel(state, split.ticker, at, "split"), *_note(state, split, at)]
    waiting = [w.order for w in state.working.values() if w.order.ticker == split.ticker]
    effects = [*_call_back(state, waiting), *tranches.cancel(state, split.ticker, at, "split")]
    lots, fraction = tax_lots.split(position.lots, split.ratio)
    price = round(state.prices[split.ticker] / split.ratio)
    in_lieu = int(fraction * price)
    quantity = sum(lot.quantity for lot in lots)
    effects += _note(state, split, at, before=position.quantity, after=quantity, in_lieu=in_lieu)
    if not lots:
        return [*effects, *close_out(state, position, proceeds=in_lieu, at=at, reason="split", policy=policy)]
    after = replace(
        position,
        lots=lots,
        quantity=quantity,
        entry_price=round(position.entry_price / split.ratio),
        levels=stop_loss_manager.after_split(position.levels, split.ratio),
        bought=quantity + int(position.sold * split.ratio),
        sold=int(position.sold * split.ratio),
    )
    state.prices[split.ticker] = price
    state.put_position(after)
    effects.append(stop_change(after, StopRule.SPLIT, at))
    if in_lieu:
        note = f"{_decimal(fraction)} of a share at {to_decimal(price)}"
        effects += move_funds(state, FlowKind.CASH_IN_LIEU, in_lieu, at, ticker=split.ticker, note=note)
    for order in waiting:
        if order.side is OrderSide.SELL and order.tag is not OrderTag.REBALANCE:
            effects += exits.sell(state, after, tag=order.tag, at=at)
    return effects


def _note(
    state: State, split: Split, at: datetime, *, before: int = 0, after: int = 0, in_lieu: Money = 0
) -> list[Effect]:
    """Note `split` for tax: also when nothing is held, as long as a loss may still be put off into new shares."""
    tax_notes.forget(state, split.ticker, at)
    if split.ticker not in state.tax:
        return []
    taken = PositionSplit(
        ticker=split.ticker, at=at, ratio=split.ratio, shares_before=before, shares_after=after, in_lieu=in_lieu
    )
    tax_notes.split(state, taken)
    return [RecordSplit(split=taken)]


def pay_dividend(state: State, dividend: Dividend, at: datetime) -> list[Effect]:
    """Return the effects of `dividend` on what is held before the open."""
    position = state.positions.get(dividend.ticker)
    if position is None:
        return []
    amount = position.quantity * dividend.amount
    note = f"{position.quantity} shares at {to_decimal(dividend.amount)}"
    return move_funds(state, FlowKind.DIVIDEND, amount, at, ticker=dividend.ticker, note=note)


def end_listing(state: State, ticker: str, at: datetime) -> list[Effect]:
    """Return the effects of `ticker` never trading again: what is held is closed at its last close."""
    position = state.positions.get(ticker)
    return exits.close_vanished(state, position, at) if position else tranches.cancel(state, ticker, at, "vanished")


def move_funds(
    state: State, kind: FlowKind, amount: Money, at: datetime, *, ticker: str = "", note: str = ""
) -> list[Effect]:
    """Note money that came (or, negative, went) without a trade, and return its ledger line."""
    state.cash += amount
    state.flows += amount
    if kind in EXTERNAL_FLOWS:
        state.deposits_since_close += amount
    state.changed()
    return [RecordCashFlow(flow=CashFlow(at=at, kind=kind, amount=amount, ticker=ticker, note=note))]


def _call_back(state: State, orders: list[Order]) -> list[Effect]:
    for order in orders:
        del state.working[order.client_order_id]
    return [CancelOrder(client_order_id=order.client_order_id) for order in orders]


def _decimal(fraction: Fraction) -> str:
    return f"{float(fraction):.6g}"
