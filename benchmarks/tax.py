"""Tax: how long does it take to settle a year of transactions, beside plain first in, first out in the same minute?

    python benchmarks/tax.py [--transactions N] [--twin N] [--repeat N]

Seconds differ between machines and hours; the ratio to plain FIFO, which closes lots and knows nothing of wash sales,
does much less. The naive twin of the tests (an object for each share) settles a shorter history; both must come to
the same.
"""

import argparse
import random
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.accounting import wash_sales
from engine.model.money import UNITS_PER_DOLLAR, Money
from engine.model.orders import OrderSide
from engine.model.tax import TaxTrade
from tests.support import naive_wash_sales

T = TypeVar("T")
YEAR = 365
BEGIN = date(2024, 1, 1)
END = BEGIN + timedelta(days=YEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A year of random trades. Prices fall by `fall_pct` of what they began with, so that so many sales are losses."""

    name: str
    tickers: int
    fall_pct: float = 0.0


WORKLOADS = (
    Workload(name="500 tickers", tickers=500),
    Workload(name="50 tickers", tickers=50),
    Workload(name="1 ticker", tickers=1),
    Workload(name="1 ticker that falls all year", tickers=1, fall_pct=0.8),
    Workload(name="50 tickers that fall all year", tickers=50, fall_pct=0.8),
)


def main() -> int:
    """Measure the workloads and return the exit code: 1 when the twin comes to something else."""
    parser = argparse.ArgumentParser(description="Time the settling of taxes beside plain FIFO and the naive twin.")
    parser.add_argument("--transactions", type=int, default=100_000, metavar="N", help="in the year (100,000)")
    parser.add_argument("--twin", type=int, default=1_000, metavar="N", help="transactions for the naive twin (1,000)")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="best of N tries (1)")
    args = parser.parse_args()
    repeat, is_same = max(1, args.repeat), True
    print(f"{'seconds for ' + format(args.transactions, ','):38}{'plain FIFO':>11}{'settle':>9}{'ratio':>8}")
    for workload in WORKLOADS:
        trades = year_of(workload, args.transactions)
        _, plain = best_of(repeat, partial(first_in_first_out, trades))
        books, ours = best_of(repeat, partial(wash_sales.settle, trades, as_of=END))
        put_off = sum(bool(d.replacements) for d in books.dispositions)
        note = f"{len(books.dispositions):,} dispositions, {put_off:,} put off"
        print(f"  {workload.name:36}{plain:11.3f}{ours:9.3f}{ours / plain:8.1f}  {note}", flush=True)
    print(f"\n{'seconds for ' + format(args.twin, ','):38}{'naive twin':>11}{'settle':>9}{'ratio':>8}")
    for workload in WORKLOADS:
        trades = year_of(workload, args.twin)
        theirs, naive = best_of(repeat, partial(naive_wash_sales.settle, trades, as_of=END))
        books, ours = best_of(repeat, partial(wash_sales.settle, trades, as_of=END))
        same = naive_wash_sales.comparable(books) == theirs
        is_same = is_same and same
        note = "the same" if same else "NOT THE SAME"
        print(f"  {workload.name:36}{naive:11.3f}{ours:9.4f}{ours / naive:8.4f}  {note}", flush=True)
    return 0 if is_same else 1


def year_of(workload: Workload, transactions: int) -> list[TaxTrade]:
    """Return the same trades each time: as many purchases as sales, of 1 to 100 shares."""
    rng = random.Random(f"{workload.name} {transactions}")
    held = [0] * workload.tickers
    trades = []
    for number in range(transactions):
        of = rng.randrange(workload.tickers)
        is_sale = held[of] > 0 and rng.random() < 0.5
        shares = min(held[of], rng.randint(1, 100)) if is_sale else rng.randint(1, 100)
        held[of] += -shares if is_sale else shares
        price = 50 * (1 - workload.fall_pct * number / transactions) * rng.uniform(0.97, 1.03)
        trades.append(
            TaxTrade(
                trade_id=f"t{number}",
                ticker=f"T{of}",
                on=BEGIN + timedelta(days=number * YEAR // transactions),
                side=OrderSide.SELL if is_sale else OrderSide.BUY,
                quantity=shares,
                amount=round(shares * price * UNITS_PER_DOLLAR),
            )
        )
    return trades


def first_in_first_out(trades: Sequence[TaxTrade]) -> list[tuple[str, str, int, Money]]:
    """Return (purchase, sale, shares, gain) of lots closed first in, first out: all that is left without wash sales."""
    lots: dict[str, deque[tuple[TaxTrade, int]]] = {}
    closed = []
    for trade in trades:
        queue = lots.setdefault(trade.ticker, deque())
        wanted = int(trade.quantity)
        if trade.side is OrderSide.BUY:
            queue.append((trade, wanted))
            continue
        while wanted:
            lot, shares = queue.popleft()
            taken = min(shares, wanted)
            gain = trade.amount * taken // int(trade.quantity) - lot.amount * taken // int(lot.quantity)
            closed.append((lot.trade_id, trade.trade_id, taken, gain))
            wanted -= taken
            if shares > taken:
                queue.appendleft((lot, shares - taken))
    return closed


def best_of(repeat: int, work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns, and the shortest time that it took."""
    best = float("inf")
    for _ in range(repeat):
        started = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - started)
    return answer, best


if __name__ == "__main__":
    sys.exit(main())
