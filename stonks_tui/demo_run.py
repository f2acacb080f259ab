"""Demo run: a market is made up, the engine is run over it, and what came of it is told."""

import argparse
import asyncio
import hashlib
import json
import sys
from datetime import date, timedelta
from pathlib import Path

from engine.adapters import calendar, simulated_market
from engine.adapters.simulated_market import SimulatedMarket
from engine.model.costs import CostModel
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunInput
from engine.policy import TradingPolicy
from stonks_tui import backtests, data_dir, progress, run_options, terminal
from stonks_tui.bootstrap import cache_path, open_runs
from stonks_tui.interruptions import interruptible
from stonks_tui.run_events import Reading

_START = date(2021, 1, 4)
_DAYS = 504


def run(args: argparse.Namespace) -> int:
    """Make the market, run the engine over it, print what came of it, and return the exit code."""
    demo_dir = args.data_dir / "demo"
    with progress.teller(args.progress) as teller, interruptible():
        teller.tell(Reading(what=progress.PRICES_AND_RECOMMENDATIONS))
        market = _market(args.seed, demo_dir)
    request = backtests.Request(
        policy=TradingPolicy(risk_tier=RiskTierName(args.tier)),
        costs=CostModel(),
        capital=run_options.capital(args),
        traces="all",
        name=f"demo, seed {args.seed}",
        seed=args.seed,
    )
    return asyncio.run(_play(args, demo_dir, market, request))


def _market(seed: int, demo_dir: Path) -> SimulatedMarket:
    sessions = calendar.xnys(_START, _START + timedelta(days=_DAYS * 2), cache_dir=cache_path(demo_dir))
    return simulated_market.make(seed, sessions=sessions, start=_START, days=_DAYS)


async def _play(args: argparse.Namespace, demo_dir: Path, market: SimulatedMarket, request: backtests.Request) -> int:
    from stonks_tui.reports import json_report, run_report

    with progress.teller(args.progress) as teller:
        async with open_runs(demo_dir) as store:
            record, books = await backtests.run(store, _material(market), request, teller)
    code = backtests.exit_code(record.status)
    if args.progress == "json":
        return code
    if args.json:
        print(json.dumps(json_report.run(record), indent=1))
        return code
    for line in _introduction(market):
        print(line)
    for line in run_report.lines(
        record,
        books.snapshots,
        books.trades,
        width=terminal.width(),
        colour=terminal.has_colour(sys.stdout),
        options=data_dir.option(demo_dir),
    ):
        print(line)
    return code


def _introduction(market: SimulatedMarket) -> list[str]:
    tape = market.tape
    size = f"{len(tape.tickers)} tickers, {len(tape.dates)} sessions, {len(market.recommendations):,} recommendations"
    happenings = [f"  {planted.on}  {planted.words}" for planted in market.planted]
    return [f"A made-up market (seed {market.seed}): {size} of sources good and bad.", *happenings, ""]


def _material(market: SimulatedMarket) -> backtests.Material:
    digest = hashlib.sha256(market.tape.close.tobytes()).hexdigest()
    made = RunInput(kind="simulated", path=f"seed {market.seed}", digest=digest, rows=market.tape.close.size)
    return backtests.Material(
        tape=market.tape, recommendations=market.recommendations, macro_events=market.macro_events, inputs=(made,)
    )
