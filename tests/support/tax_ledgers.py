"""Small ledgers for tests of tax: lines of what happened in, lines of what it comes to out.

2024-01-02 a: buy 100 for 1000
2024-01-02 big.1: buy 1/2 BBB for 500.25     (big.1 and big.2 are fills of one order; X is the ticker that goes unsaid)
2024-02-01 split 3/2
2024-03-01 b: sell 100 for 900
"""

import re
from datetime import date, timedelta
from fractions import Fraction

from engine.accounting import wash_sales
from engine.model.market import Split
from engine.model.money import from_text, usd
from engine.model.orders import OrderSide
from engine.model.tax import Disposition, FineMoney, OpenLoss, OpenLot, Shares, TaxBooks, TaxEvent, TaxTrade, rounded

TRADE = re.compile(r"(\S+) ([\w.]+): (buy|sell) (\S+)( [A-Z]+)? for (\S+)")
SPLIT = re.compile(r"(\S+) split( [A-Z]+)? (\S+)")


def settle(*lines: str, as_of: str = "") -> TaxBooks:
    """Return what `lines` come to, when every window is over or on the day `as_of`."""
    events = [event(line) for line in lines]
    return wash_sales.settle(events, as_of=date.fromisoformat(as_of) if as_of else events[-1].on + timedelta(days=31))


def event(line: str) -> TaxEvent:
    """Return what `line` says. Raises ValueError when it says nothing."""
    if found := TRADE.fullmatch(line):
        on, name, side, shares, ticker, amount = found.groups()
        return TaxTrade(
            trade_id=name,
            ticker=(ticker or "X").strip(),
            on=date.fromisoformat(on),
            side=OrderSide(side),
            quantity=_shares(shares),
            amount=from_text(amount),
            order_id=name.split(".")[0] if "." in name else "",
        )
    if found := SPLIT.fullmatch(line):
        on, ticker, ratio = found.groups()
        return Split(ticker=(ticker or "X").strip(), on=date.fromisoformat(on), ratio=Fraction(ratio))
    raise ValueError(f"no event: {line}")


def sold(books: TaxBooks) -> list[str]:
    """Return the dispositions as lines: gain or loss, what of it was put off into what, and what counts."""
    return [_sold(d) for d in books.dispositions]


def held(books: TaxBooks) -> list[str]:
    """Return the open lots as lines: their basis, and since when they count as held when that is not their purchase."""
    return [_held(lot) for lot in books.open_lots]


def waiting(books: TaxBooks) -> list[str]:
    """Return the losses that a purchase might still put off as lines."""
    return [_waiting(loss) for loss in books.open_losses]


def _sold(d: Disposition) -> str:
    put_off = "".join(f", {r.shares} {r.purchase_id} {_usd(r.loss)}" for r in d.replacements)
    pending = f", {d.pending} pending" if d.pending else ""
    counts = f", counts {_usd(d.recognised)}" if d.replacements else ""
    return f"{d.sale_id}: {d.quantity} {d.purchase_id} {_usd(d.gain)}{put_off}{pending}{counts}, {d.term}"


def _held(lot: OpenLot) -> str:
    since = f" since {lot.held_since}" if lot.held_since != lot.acquired_on else ""
    return f"{lot.quantity} {lot.purchase_id} {_usd(lot.basis)}{since}"


def _waiting(loss: OpenLoss) -> str:
    return f"{loss.sale_id}: {loss.shares} {_usd(loss.loss)} until {loss.until}"


def _usd(amount: FineMoney) -> str:
    return usd(rounded(amount))


def _shares(text: str) -> Shares:
    return int(text) if text.isdigit() else Fraction(text)
