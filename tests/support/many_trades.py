"""Many trades: a run with as many closed trades as are wanted, each with the decision that opened it and its lot."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.positions import ClosedTrade
from engine.model.runs import RunBooks, RunStatus
from stonks_tui import bootstrap
from tests.support.many_decisions import TICKERS
from tests.support.samples import AT, a_closure, a_decision, a_record, a_snapshot, a_trade

REASONS = ("stop_loss", "take_profit", "recommendation_exit")
THESES = ("a gap was filled", "momentum after the earnings", "nothing but a hunch")


def trades(count: int, *, start: int = 1) -> list[ClosedTrade]:
    """Return `count` trades, one a minute; what they brought goes up and down."""
    found = []
    for number in range(start, start + count):
        pnl = (number * 7919 % 20_011 - 10_000) * 100
        at = AT + timedelta(minutes=number)
        found.append(
            a_trade(
                ticker=TICKERS[number % len(TICKERS)],
                decision_id=f"d{number}",
                exit_decision_id=f"x{number}",
                recommendation_id=f"rec-{number}",
                sector=("Tech", "Energy", None)[number % 3],
                quantity=number % 50 + 1,
                entry_price=1_000_000 + number % 997 * 100,
                exit_price=1_000_000 + number % 991 * 100,
                entry_at=at - timedelta(hours=number % 700),
                exit_at=at,
                pnl=pnl,
                pnl_pct=pnl / 100_000_000,
                exit_reason=REASONS[number % len(REASONS)],
                thesis=f"{THESES[number % len(THESES)]}, #{number}.",
                closures=(a_closure(lot_id=f"lot{number}", closed_at=at),),
            )
        )
    return found


def make(folder: Path, count: int) -> Path:
    """Keep a run with so many closed trades in `folder`, as run 1: half of them by its first day."""
    asyncio.run(_keep(folder, count))
    return folder


def _opened(trade: ClosedTrade, number: int) -> Decision:
    return a_decision(number, ticker=trade.ticker, outcome=TradingDecisionType.ACT, skip_reason=None, shares=10)


async def _keep(folder: Path, count: int) -> None:
    made = trades(count)
    days = []
    for on, number in ((AT.date(), count // 2), (made[-1].exit_at.date() + timedelta(days=1), count)):
        days.append(a_snapshot(on=on, at=made[number - 1].exit_at, positions=(), trade_count=number))
    books = RunBooks(
        decisions=tuple(_opened(t, number) for number, t in enumerate(made, start=1)),
        trades=tuple(made),
        snapshots=tuple(days),
    )
    async with bootstrap.open_runs(folder) as store:
        run_id = await store.create(a_record(status=RunStatus.RUNNING))
        await store.finish(replace(a_record(run_id=run_id)), books)
