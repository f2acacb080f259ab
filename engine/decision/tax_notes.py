"""Tax notes: what must be remembered of a ticker's trades to say what loss a purchase would put off?

Of a position whose purchases were not seen there are no notes at all: notes are complete, or there are none.
"""

from datetime import datetime, timedelta

from engine.accounting import tax_history, wash_sales
from engine.decision.state import State
from engine.model.orders import Fill, OrderSide
from engine.model.positions import PositionSplit
from engine.model.tax import WINDOW_DAYS, LossAtStake, TaxTrade


def bought(state: State, fill: Fill, lot_id: str) -> None:
    """Note a purchase."""
    forget(state, fill.ticker, fill.at)
    if fill.ticker in state.tax or fill.ticker not in state.positions:
        state.tax.setdefault(fill.ticker, []).append(tax_history.purchase(fill, lot_id))


def sold(state: State, fill: Fill, sold_before: int) -> None:
    """Note a sale, of whose order `sold_before` shares had been sold before."""
    if fill.ticker in state.tax:
        state.tax[fill.ticker].append(tax_history.sale(fill, sold_before))


def split(state: State, taken: PositionSplit) -> None:
    """Note a split of a ticker that there are notes of."""
    state.tax[taken.ticker] += tax_history.of_split(taken)


def forget(state: State, ticker: str, at: datetime) -> None:
    """Forget the trades of a ticker that is not held when they cannot matter any more."""
    if ticker not in state.positions and tax_history.is_over(state.tax.get(ticker, ()), tax_history.trade_date(at)):
        state.tax.pop(ticker, None)


def at_stake(state: State, ticker: str, shares: int, at: datetime) -> LossAtStake | None:
    """Return the loss that buying `shares` now would put off, or None."""
    on = tax_history.trade_date(at)
    events = state.tax.get(ticker, ())
    begin = on - timedelta(days=WINDOW_DAYS)
    if not any(isinstance(e, TaxTrade) and e.side is OrderSide.SELL and e.on >= begin for e in events):
        return None
    return wash_sales.at_stake(events, ticker, shares, on)
