"""Do runs over real and made-up data still come out as they are pinned?

    python benchmarks/golden.py --bench DIR --data DIR --real DIR
    python benchmarks/golden.py --bench DIR --data DIR --real DIR --pin "why they are different now"

`--real` has prices_us_2013_2018.csv.gz, recs_rsi2.csv and sectors.csv. Three tiers each, with all rules and with every
rule loosened that can be (then without costs, and on minutes with the ATR of minutes). Exit code 1 when one differs
from golden.json. The same for data that everybody has is part of the tests (tests/golden/test_pinned_runs.py).
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import pins, workloads
from benchmarks.pins import Pin
from engine import backtester
from engine.adapters.inputs import load_inputs
from engine.backtester import BacktestConfig
from engine.model.costs import CostModel
from engine.model.intraday import MinuteTape, StopChecks
from engine.model.money import UNITS_PER_DOLLAR
from engine.model.portfolio import RiskTierName
from engine.policy import TradingPolicy
from engine.policy_mapping import from_mapping

PINS = Path(__file__).with_name("golden.json")
_CAPITAL = workloads.CAPITAL_USD * UNITS_PER_DOLLAR


def main() -> int:
    """Run everything, compare or pin, and return the exit code."""
    parser = workloads.parser("Compare runs with their pins.", default=("D2", "M2"))
    parser.add_argument("--real", type=Path, required=True, metavar="DIR", help="where the real prices are")
    parser.add_argument("--pin", metavar="REASON", help="pin the runs as they are now, and why they changed")
    args = parser.parse_args()
    bench = workloads.ready(args)
    known, found = pins.load(PINS), {}
    for name, pin in _runs(bench, args.names, args.real):
        found[name] = pin
        same = known.get(name) == pin
        print(f"{'same     ' if same else 'DIFFERENT'} {name:32} {pin}", flush=True)
        if not same and name in known:
            print(f"{'':10}{'pinned':32} {known[name]}")
    if args.pin:
        pins.store(PINS, found, args.pin)
        print(f"pinned {len(found)} runs: {args.pin}")
        return 0
    return 0 if found == known else 1


def _runs(bench: workloads.Bench, names: list[str], real: Path) -> Iterator[tuple[str, Pin]]:
    loaded = {
        "real": load_inputs(
            bars=[real / "prices_us_2013_2018.csv.gz"],
            recommendations=[real / "recs_rsi2.csv"],
            sectors=[real / "sectors.csv"],
        ),
        **{name: workloads.load(bench.folder(name)) for name in names},
    }
    for name, inputs in loaded.items():
        checks = tuple(StopChecks) if isinstance(inputs.tape, MinuteTape) else (StopChecks.LIVE,)
        for stop_checks in checks:
            how = f" {stop_checks}" if len(checks) > 1 else ""
            for tier in RiskTierName:
                full, loose = _full(tier, stop_checks), _loose(tier, stop_checks, on_bars=len(checks) > 1)
                for rules, config in (("all rules", full), ("loosened", loose)):
                    result = backtester.run(inputs.tape, inputs.recommendations, config)
                    yield f"{name}{how}, {tier}, {rules}", Pin.of(result)


def loosened(tier: RiskTierName) -> TradingPolicy:
    """Return the policy of loosened.toml for `tier`, with the tier's own confidence, stop and target."""
    settings = tomllib.loads(workloads.LOOSENED.read_text())
    del settings["tiers"]
    wide = {"max_sector_pct": 10.0, "max_portfolio_heat": 10.0}
    return from_mapping(settings | {"risk_tier": tier.value, "tiers": {tier.value: wide}})


def _full(tier: RiskTierName, stop_checks: StopChecks) -> BacktestConfig:
    policy = TradingPolicy(risk_tier=tier)
    return BacktestConfig(initial_capital=_CAPITAL, policy=policy, traced=False, stop_checks=stop_checks)


def _loose(tier: RiskTierName, stop_checks: StopChecks, *, on_bars: bool) -> BacktestConfig:
    return BacktestConfig(
        initial_capital=_CAPITAL,
        policy=loosened(tier),
        costs=CostModel(slippage_bps=0.0),
        traced=False,
        stop_checks=stop_checks,
        atr_on_bars=on_bars,
    )


if __name__ == "__main__":
    sys.exit(main())
