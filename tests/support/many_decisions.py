"""Many decisions: a run with as many as are wanted, written at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.runs import RunBooks, RunStatus
from stonks_tui import bootstrap
from tests.support.samples import AT, a_decision, a_record, a_snapshot

TICKERS = tuple(f"T{number:03}" for number in range(100))
REASONS = ("low_confidence", "heat", "sector", "already_held")


def decisions(count: int) -> list[Decision]:
    """Return `count` decisions, a few every second: every tenth was taken, the rest skipped for reasons in turn."""
    found = []
    for number in range(1, count + 1):
        acts = number % 10 == 0
        found.append(
            a_decision(
                number,
                at=AT + timedelta(seconds=number // 3),
                ticker=TICKERS[number % len(TICKERS)],
                outcome=TradingDecisionType.ACT if acts else TradingDecisionType.SKIP,
                skip_reason=None if acts else REASONS[number % len(REASONS)],
                confidence=(number % 97) / 100,
                shares=10 if acts else 0,
            )
        )
    return found


def make(folder: Path, count: int) -> Path:
    """Keep a run with so many decisions in `folder`, as run 1."""
    asyncio.run(_keep(folder, count))
    return folder


async def _keep(folder: Path, count: int) -> None:
    made = decisions(count)
    day = a_snapshot(on=made[-1].at.date(), at=made[-1].at + timedelta(hours=1), positions=())
    async with bootstrap.open_runs(folder) as store:
        run_id = await store.create(a_record(status=RunStatus.RUNNING))
        await store.finish(replace(a_record(run_id=run_id)), RunBooks(decisions=tuple(made), snapshots=(day,)))
