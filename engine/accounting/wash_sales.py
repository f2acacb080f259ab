"""Wash sales: which losses are put off, into which shares, and what is left to tax?

26 USC 1091, 26 CFR 1.1091-1 and 1.1091-2, Publication 550. Shares are sold first in, first out. A loss is put off when
shares of the same ticker were bought from 30 days before the sale to 30 days after it:

- losses in the order of the sales, within one sale in the order of the purchases (1.1091-1(b));
- replaced by the earliest purchases first (1.1091-1(c), (d)), whether they came before the sale or after it;
- a share replaces once (1.1091-1(e)); it takes over the loss and the days that the sold share was held (1.1091-2;
  26 USC 1223(3)), each day once though both were held on it; when it is sold at a loss, that may be put off again;
- shares of the very purchase that is being sold from replace nothing (Revenue Ruling 56-602), nor do shares that had
  left the account before the loss or left it in the same sale (fills of one order on one day, nothing between them).

Counted is in units: shares, or the parts of a share into which splits and fractions make it necessary to divide one.
Each unit costs, and brings, the whole part of total / units in `FineMoney`. What is left over (less than 1e-16 dollars
a unit) goes with the last unit of the purchase or of the sale, and is no gain or loss of its own. So nothing is
rounded, and proceeds - purchases = recognised gains - basis of what is still held, exactly.

Units that are alike lie in runs. Where losses are put off again and again the runs get short, so what is done with
them is done a slice at a time.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from engine.accounting.tax_ledger import Ledger
from engine.model.orders import OrderSide
from engine.model.tax import Disposition, LossAtStake, OpenLoss, OpenLot, Shares, TaxBooks, TaxEvent, TaxTrade, rounded


def settle(events: Iterable[TaxEvent], *, as_of: date) -> TaxBooks:
    """Return what `events` come to; each ticker for itself, its events in order of time.

    `as_of`, not before the last of them, says which windows are still open at its end.

    Raises BrokenInvariant when more is sold than is held.
    """
    tickers: dict[str, list[TaxEvent]] = {}
    for event in events:
        tickers.setdefault(event.ticker, []).append(event)
    dispositions: list[Disposition] = []
    open_lots: list[OpenLot] = []
    open_losses: list[OpenLoss] = []
    for ticker, of in tickers.items():
        ledger = Ledger(ticker, of)
        dispositions += ledger.dispositions(as_of)
        open_losses += ledger.open_losses(as_of)
        open_lots += ledger.open_lots()
    dispositions.sort(key=lambda d: d.sold_on)
    return TaxBooks(dispositions=tuple(dispositions), open_lots=tuple(open_lots), open_losses=tuple(open_losses))


def at_stake(events: Sequence[TaxEvent], ticker: str, shares: Shares, on: date) -> LossAtStake | None:
    """Return the loss that a purchase of `shares` on `on`, after `events`, would put off; None when there is none."""
    of_it = [event for event in events if event.ticker == ticker]
    asked = TaxTrade(trade_id="", ticker=ticker, on=on, side=OrderSide.BUY, quantity=shares, amount=0)
    found = [lot for lot in settle((*of_it, asked), as_of=on).open_lots if lot.purchase_id == asked.trade_id]
    loss = sum(lot.carried for lot in found)
    if not loss:
        return None
    return LossAtStake(
        shares=shares,
        washed=sum(lot.quantity for lot in found if lot.carried),
        loss=rounded(loss),
        until=max(waiting.until for waiting in settle(of_it, as_of=on).open_losses),
    )
