"""Run options: which policy, which costs, which days? Typed on the command line, or into a form."""

import argparse
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.model.costs import CostModel
from engine.model.intraday import StopChecks
from engine.model.money import Money, from_text
from engine.policy import RiskTierConfig, TradingPolicy
from engine.policy_mapping import from_mapping

CAPITAL = "100000"
TIERS = ("conservative", "moderate", "aggressive")
_COST_LIMITS = {
    "slippage_bps": (10_000, "0 or more, and below 10000 (5 is 0.05 %)"),
    "commission_pct": (1, "a fraction from 0 to below 1 (0.001 is 0.1 %)"),
}


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides about a run besides its data. Read it back with `policy`, `costs` and `capital`."""
    group = parser.add_argument_group("the run")
    group.add_argument("--start", type=_day, metavar="DATE", help="first session (default: the first of the prices)")
    group.add_argument("--end", type=_day, metavar="DATE", help="last session (default: the last of the prices)")
    group.add_argument(
        "--stop-checks",
        type=StopChecks,
        choices=tuple(StopChecks),
        default=StopChecks.LIVE,
        metavar="|".join(StopChecks),
        help="on minute bars: look at stops as the live engine does, every few minutes, or inside each bar (live)",
    )
    add_account_options(parser, group)


Group = argparse._ArgumentGroup


def add_account_options(parser: argparse.ArgumentParser, group: Group) -> None:
    """Add what an account begins with, and by which rules and costs it trades."""
    group.add_argument("--capital", default=CAPITAL, metavar="USD", help=f"what the account starts with ({CAPITAL})")
    group.add_argument("--tier", choices=TIERS, help="risk tier (moderate)")
    group.add_argument("--profile", type=Path, metavar="FILE.toml", help="settings that differ from the defaults")
    group.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting (repeatable, after --profile)"
    )
    group.add_argument("--slippage-bps", type=float, default=5.0, metavar="N", help="slippage in basis points (5)")
    group.add_argument("--commission-per-order", type=float, default=0.0, metavar="USD", help="(0)")
    group.add_argument("--commission-per-share", type=float, default=0.0, metavar="USD", help="(0)")
    group.add_argument("--commission-pct", type=float, default=0.0, metavar="FRACTION", help="of the value (0)")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(_settings())


def _settings() -> Iterator[str]:
    default = TradingPolicy()
    yield "settings for --set and --profile, with their defaults:"
    for f in fields(TradingPolicy):
        if f.name != "tiers":
            yield f"  {f.name} = {getattr(default, f.name)}\n      {f.metadata['about']}"
    tier = default.tiers[default.risk_tier]
    for f in fields(RiskTierConfig):
        yield f"  tiers.{default.risk_tier}.{f.name} = {getattr(tier, f.name)}\n      {f.metadata['about']}"
    yield f"  … and so for the other tiers: {', '.join(t for t in TIERS if t != default.risk_tier)}"


def policy(args: argparse.Namespace, base: TradingPolicy | None = None) -> TradingPolicy:
    """Return the policy: `base` (the defaults if None), then the profile, then `--tier` and `--set`.

    BadInput names its source.
    """
    chosen = base or TradingPolicy()
    if args.profile:
        chosen = _laid_over(chosen, profile(args.profile), f"the profile {args.profile}")
    if args.tier:
        chosen = from_mapping({"risk_tier": args.tier}, chosen)
    return with_settings(chosen, args.set)


def with_settings(base: TradingPolicy, settings: Sequence[str]) -> TradingPolicy:
    """Return `base` with settings such as `max_open_positions=5`. Raises BadInput for one that cannot be."""
    return _laid_over(base, dict(map(pair, settings)), "--set")


def days(args: argparse.Namespace) -> tuple[date | None, date | None]:
    """Return the first and the last day asked for. Raises BadInput when the first is after the last."""
    require_order(args.start, args.end)
    return args.start, args.end


def require_order(start: date | None, end: date | None) -> None:
    """Raise BadInput when a run from `start` to `end` would go backwards."""
    if start and end and start > end:
        raise BadInput(f"--start {start} is after --end {end}", hint="give the earlier day as --start")


def costs(args: argparse.Namespace) -> CostModel:
    """Return the cost model. Raises BadInput for costs below zero."""
    given = {
        "slippage_bps": args.slippage_bps,
        "commission_per_order": args.commission_per_order,
        "commission_per_share": args.commission_per_share,
        "commission_pct": args.commission_pct,
    }
    for name, value in given.items():
        require_cost(name, value)
    return CostModel(**given)


def require_cost(name: str, value: float) -> None:
    """Raise BadInput unless `value` can be the cost `name`, such as `slippage_bps`."""
    above, words = _COST_LIMITS.get(name, (math.inf, "an amount of dollars, 0 or more"))
    if not 0 <= value < above:
        raise BadInput(f"--{name.replace('_', '-')} is {value:g}", hint=f"it is {words}")


def capital(args: argparse.Namespace) -> Money:
    """Return the starting capital. Raises BadInput unless it is an amount above zero."""
    return capital_of(args.capital)


def capital_of(text: str) -> Money:
    """Return the capital that `text` names, such as `25000` or `$25,000.50`. Raises BadInput as `capital` does."""
    try:
        amount = from_text(text.replace(",", "").replace("_", "").removeprefix("$"))
    except (ValueError, ArithmeticError) as error:
        why = error if isinstance(error, ValueError) else f"{text!r} is not an amount of dollars"  # 1e999999
        raise BadInput(f"--capital: {why}", hint="write it like 25000 or 25000.50") from error
    if not 0 < amount < 10**16:
        raise BadInput(f"--capital is {text}", hint="it must be above zero, and below a trillion dollars")
    return amount


def day_of(text: str) -> date:
    """Return the day that `text` names. Raises BadInput when it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text} is no date", hint="write it like 2017-03-31") from error


def _laid_over(base: TradingPolicy, values: Mapping[str, Any], source: str) -> TradingPolicy:
    try:
        return from_mapping(values, base)
    except BadInput as error:
        hint = error.hint or "stonks backtest run --help lists the settings"
        raise BadInput(f"{source}: {error.message}", hint=hint) from error


def profile(path: Path) -> dict[str, Any]:
    """Return the settings in a profile, nested as they are. Raises BadInput when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(
            f"cannot read the profile {path}: {error.strerror}", hint="name a TOML file of settings"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"the profile {path} is not TOML: {error}", hint="write lines like max_open_positions = 5"
        ) from error


def pair(text: str) -> tuple[str, str]:
    """Return name and value of `KEY=VALUE`. Raises BadInput for anything else."""
    key, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"--set {text}: write KEY=VALUE", hint="for example --set max_open_positions=5")
    return key.strip(), value.strip()


def _day(text: str) -> date:
    try:
        return day_of(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(f"{error.message}; {error.hint}") from None
