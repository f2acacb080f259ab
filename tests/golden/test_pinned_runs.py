"""Runs over the made-up market, pinned: they change only with a reason.

`STONKS_PIN="why" ./stonks test -n0 tests/golden/test_pinned_runs.py` pins them as they are now; look at what changed
before you do. Real data and the large workloads are pinned in benchmarks/golden.json.
"""

import os
import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from benchmarks import pins
from benchmarks.pins import Pin
from benchmarks.workloads import LOOSENED
from engine import backtester
from engine.adapters import calendar, simulated_market
from engine.adapters.simulated_market import SimulatedMarket
from engine.backtester import BacktestConfig
from engine.model.costs import CostModel
from engine.model.intraday import StopChecks
from engine.model.macro import MacroEvent, Severity
from engine.model.portfolio import RiskTierName
from engine.policy_mapping import from_mapping
from tests.support import minute_paths

PINS = Path(__file__).with_name("pinned_runs.json")
START, DAYS, MINUTE_DAYS = date(2021, 1, 4), 200, 15
CAPITAL = 1_000_000_000
NAMES = [
    *(f"daily, {tier}, {rules}" for tier in RiskTierName for rules in ("all rules", "loosened")),
    *(f"minutes, {checks}, {tier}" for checks in StopChecks for tier in RiskTierName),
    "quotes, moderate",
]


@cache
def market() -> SimulatedMarket:
    """The market of seed 7, and an event in its last days."""
    sessions = calendar.xnys(START, START + timedelta(days=DAYS * 2))
    return simulated_market.make(7, sessions=sessions, start=START, days=DAYS, tickers=22)


def run(name: str) -> Pin:
    """Return what the run of that name comes to now."""
    kind, *how = name.split(", ")
    made, tape = market(), market().tape
    if kind == "daily":
        settings = tomllib.loads(LOOSENED.read_text()) if how[1] == "loosened" else {}
        settings.pop("tiers", None)
        wide = {"tiers": {how[0]: {"max_sector_pct": 10.0, "max_portfolio_heat": 10.0}}} if settings else {}
        policy = from_mapping({"risk_tier": how[0]} | settings | wide)
        costs = CostModel(slippage_bps=0.0) if settings else CostModel()
        config = BacktestConfig(initial_capital=CAPITAL, policy=policy, costs=costs, traced=False)
        return Pin.of(backtester.run(tape, made.recommendations, config))
    minutes = minute_paths.minutes(tape, MINUTE_DAYS)
    policy = from_mapping({"risk_tier": how[-1], "micro_trading_enabled": True})
    checks = StopChecks(how[0]) if kind == "minutes" else StopChecks.LIVE
    config = BacktestConfig(initial_capital=CAPITAL, policy=policy, traced=False, stop_checks=checks)
    shaken = made.tape.sessions.on(tape.dates[-5])
    assert shaken is not None
    event = MacroEvent(
        event_id="m1",
        severity=Severity.HIGH,
        at=shaken.open_at + timedelta(minutes=60),
        until=shaken.close_at,
    )
    return Pin.of(
        backtester.run(
            minutes if kind == "minutes" else minute_paths.quotes(minutes, every=3),
            made.recommendations,
            config,
            signals=minute_paths.signals(minutes),
            macro_events=[event],
        )
    )


@pytest.fixture(scope="module", autouse=True)
def pinned_anew() -> None:
    """With a reason, pin what the runs come to now."""
    reason = os.environ.get("STONKS_PIN")
    if reason:
        pins.store(PINS, {name: run(name) for name in NAMES}, reason)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_comes_out_as_it_is_pinned(name: str) -> None:
    assert run(name) == pins.load(PINS)[name], "changed on purpose? STONKS_PIN=reason pins it"


def test_every_pinned_run_is_run() -> None:
    assert sorted(pins.load(PINS)) == sorted(NAMES)
