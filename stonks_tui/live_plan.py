"""Live plan: which account is traded, by which rules, on what comes in from where?

An account that is there goes on with what it has: what is said on the command line must agree with it, and what does
not is refused by name.
"""

import argparse
import asyncio
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

from engine.adapters import calendar, clock
from engine.adapters.system_clock import SystemClock
from engine.engine import LEASE_SECONDS
from engine.errors import BadInput, NotFound
from engine.model.costs import CostModel
from engine.model.money import usd
from engine.model.runs import RunRecord
from engine.policy import TradingPolicy
from engine.policy_mapping import changes, from_mapping
from engine.settings import from_text
from stonks_tui import bootstrap, run_options
from stonks_tui.engine_process import Plan
from stonks_tui.live_inputs import LivePaths, live_course, live_sources
from stonks_tui.trading import Account, World
from storage import database

_HISTORY = timedelta(days=3 * 366)
"""504 closed bars, and the holidays among them."""
_AHEAD = timedelta(days=366)
_MADE_WITHIN_SECONDS = 2.0


def make(args: argparse.Namespace) -> Plan:
    """Return the plan for `stonks run`. Raises BadInput and NotFound in words."""
    data_dir: Path = args.data_dir
    account = _account(args, *asyncio.run(_kept(data_dir)))
    market = bootstrap.market_path(data_dir)
    if not market.exists():
        raise NotFound(
            f"there are no prices to trade on: no {market}",
            hint="stonks import bars FILE gives the daily bars; stonks demo shows the engine on a made-up market",
        )
    paths = LivePaths(
        market_db=market,
        quotes=args.quotes,
        recommendations=args.recommendations,
        signals=args.signals,
        macro_events=args.macro_events,
    )
    sources = live_sources(paths, account.sessions)
    now = SystemClock()
    open_days = [s for s in account.sessions.sessions if s.close_at > now.now()]
    return Plan(
        data_dir=data_dir,
        account=account,
        world=World(
            clock=now,
            course=partial(live_course, sources),
            days=tuple(enumerate(open_days)),
            sources=sources,
        ),
        mode="PAPER",
        headless=_headless(args),
        lease_seconds=lease_seconds(os.environ),
    )


def lease_seconds(environment: Mapping[str, str]) -> float:
    """Return after how many seconds without a word an engine leads no more: STONKS_LEASE_SECONDS, else 90.

    The one place that reads it. Raises BadInput for less than one second.
    """
    text = environment.get("STONKS_LEASE_SECONDS", "")
    try:
        seconds = float(text) if text else LEASE_SECONDS
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds < math.inf:
        raise BadInput(f"STONKS_LEASE_SECONDS is '{text}'", hint=f"a number of seconds from 1 on ({LEASE_SECONDS:g})")
    return seconds


async def _kept(data_dir: Path) -> tuple[RunRecord | None, TradingPolicy | None]:
    """Return what is known of an account that is there, and by which rules it trades."""
    if not _is_made(bootstrap.live_path(data_dir)):
        return None, None
    reader = bootstrap.live_reader(data_dir)
    record = await reader.get(0)
    settings = await reader.settings()
    return record, from_text(settings).policy if settings else from_mapping(record.policy)


def _is_made(path: Path) -> bool:
    """Is there an account? An empty file is one that another engine is just filling, or was killed while it did."""
    until = clock.passed_seconds() + _MADE_WITHIN_SECONDS
    while path.exists():
        if _has_tables(path):
            return True
        if clock.passed_seconds() >= until:
            return False
        time.sleep(0.05)
    return False


def _has_tables(path: Path) -> bool:
    with database.open_raw(path) as raw:
        return raw.execute("SELECT 1 FROM sqlite_master WHERE type = 'table'").fetchone() is not None


def _account(args: argparse.Namespace, kept: RunRecord | None, policy: TradingPolicy | None) -> Account:
    wanted, costs, capital = run_options.policy(args, policy), run_options.costs(args), run_options.capital(args)
    today = clock.now().date()
    if kept is not None and policy is not None:
        if args.capital != run_options.CAPITAL and capital != kept.initial_capital:
            raise BadInput(
                f"--capital is {args.capital}, but the account began with {usd(kept.initial_capital)}",
                hint="leave it out, or begin another account in another --data-dir",
            )
        _require_same_rules(wanted, policy)
        _require_same_costs(costs, kept.costs)
        wanted, costs, capital = policy, CostModel(**kept.costs), kept.initial_capital
    return Account(
        capital=capital,
        policy=wanted,
        costs=costs,
        sessions=calendar.xnys(today - _HISTORY, today + _AHEAD, cache_dir=bootstrap.cache_path(args.data_dir)),
        start_on=kept.start_on if kept else today,
        name="paper",
    )


def _require_same_rules(wanted: TradingPolicy, kept: TradingPolicy) -> None:
    """What was said must be so already; of what was not said `wanted` has what is kept."""
    for change in changes(wanted, kept):
        raise BadInput(
            f"{change.name} is {change.value} on the command line, but {change.default} in the account",
            hint=f"stonks settings set {change.name}={change.value} changes it, with who and when",
        )


def _require_same_costs(costs: CostModel, kept: Mapping[str, float | int]) -> None:
    """Costs that were said must be those of the account; the defaults say nothing."""
    nothing_said = asdict(CostModel())
    for name, value in asdict(costs).items():
        if value not in (nothing_said[name], kept.get(name)):
            raise BadInput(
                f"--{name.replace('_', '-')} is {value:g}, but {kept.get(name):g} in the account",
                hint="leave it out, or begin another account in another --data-dir",
            )


def _headless(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the arguments with which the same goes on without the screens."""
    files = ("quotes", "recommendations", "signals", "macro_events")
    given = [f"--{name.replace('_', '-')}={getattr(args, name).absolute()}" for name in files if getattr(args, name)]
    log = args.log_file or bootstrap.log_path(args.data_dir)
    how = (f"--log-file={log.absolute()}", f"--log-level={args.log_level}", f"--log-format={args.log_format}")
    return ("run", "--no-ui", f"--data-dir={args.data_dir.absolute()}", *how, *given)
