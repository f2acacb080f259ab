"""Tax history: what did the fills and splits of an account mean for tax?

The core notes the same events as they happen (`engine/decision/tax_notes.py`); from stored books they come out alike.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from engine.model.market import Split
from engine.model.money import Money
from engine.model.orders import Fill, OrderSide
from engine.model.positions import PositionSplit
from engine.model.runs import ExecutedOrder
from engine.model.tax import WINDOW_DAYS, TaxEvent, TaxTrade

_EXCHANGE = ZoneInfo("America/New_York")


def trade_date(at: datetime) -> date:
    """Return the exchange's date at the moment `at`."""
    return at.astimezone(_EXCHANGE).date()


def lot_name(number: int) -> str:
    """Return the id of the `number`th lot of an account."""
    return f"lot{number}"


def purchase(fill: Fill, lot_id: str) -> TaxTrade:
    """Return the purchase that made the lot `lot_id`. What it cost includes the commission."""
    return _trade(fill, lot_id, fill.quantity * fill.price + fill.commission)


def sale(fill: Fill, sold_before: int) -> TaxTrade:
    """Return the sale of a fill, of whose order `sold_before` shares had been sold before."""
    name = f"{fill.client_order_id}+{sold_before}" if sold_before else fill.client_order_id
    return _trade(fill, name, fill.quantity * fill.price - fill.commission)


def _trade(fill: Fill, trade_id: str, amount: Money) -> TaxTrade:
    return TaxTrade(
        trade_id=trade_id,
        ticker=fill.ticker,
        on=trade_date(fill.at),
        side=fill.side,
        quantity=fill.quantity,
        amount=amount,
        order_id=fill.client_order_id,
    )


def of_split(split: PositionSplit) -> tuple[TaxEvent, ...]:
    """Return the split, and the sale of what was left of a share, for the cash that came in its place."""
    on = trade_date(split.at)
    taken = Split(ticker=split.ticker, on=on, ratio=split.ratio)
    if not split.fraction:
        return (taken,)
    in_lieu = TaxTrade(
        trade_id=_name(split),
        ticker=split.ticker,
        on=on,
        side=OrderSide.SELL,
        quantity=split.fraction,
        amount=split.in_lieu,
    )
    return taken, in_lieu


def _name(split: PositionSplit) -> str:
    return f"split of {trade_date(split.at)}"


def of_books(executions: Iterable[ExecutedOrder], splits: Iterable[PositionSplit]) -> tuple[TaxEvent, ...]:
    """Return all events of an account, in order of time. A split comes before the trades of its moment."""
    taken = [(split.at, event) for split in splits for event in of_split(split)]
    traded = [(fill.at, trade) for fill, trade in _trades(executions)]
    return tuple([event for _, event in sorted([*taken, *traded], key=itemgetter(0))])


def sales(executions: Iterable[ExecutedOrder], splits: Iterable[PositionSplit]) -> list[tuple[str, str, int]]:
    """Return what closed lots, in order of time: the ticker, the sale's id, and how many shares of lots went.

    A split after which no whole share is left is a sale of everything.
    """
    gone = [(s.at, (s.ticker, _name(s), s.shares_before)) for s in splits if s.shares_before and not s.shares_after]
    sold = [
        (fill.at, (trade.ticker, trade.trade_id, fill.quantity))
        for fill, trade in _trades(executions)
        if fill.side is OrderSide.SELL
    ]
    return [sale for _, sale in sorted([*gone, *sold], key=itemgetter(0))]


def _trades(executions: Iterable[ExecutedOrder]) -> Iterator[tuple[Fill, TaxTrade]]:
    """Yield each fill with its trade. Lots are numbered as the core does: one for every fill that buys."""
    lots, sold = 0, Counter[str]()
    for fill in (e.fill for e in executions):
        if fill.side is OrderSide.BUY:
            lots += 1
            yield fill, purchase(fill, lot_name(lots))
        else:
            yield fill, sale(fill, sold[fill.client_order_id])
            sold[fill.client_order_id] += fill.quantity


def is_over(events: Sequence[TaxEvent], on: date) -> bool:
    """Can nothing of `events`, after which nothing is held, matter to a trade on `on`? Their last window is closed."""
    return not events or events[-1].on + timedelta(days=WINDOW_DAYS) < on
