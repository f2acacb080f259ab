"""`stonks demo`: the engine at work on a made-up market, from nothing to the screens in one command."""

import argparse
import math
from collections.abc import Callable

from stonks_tui import open_app, run_options
from stonks_tui.open_app import DEMO_CAPITAL, DEMO_SEED, DEMO_TIER, add_screen_options
from stonks_tui.progress import add_progress_option


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks demo`."""
    seed, capital, tier = DEMO_SEED, DEMO_CAPITAL, DEMO_TIER
    parser.add_argument("--seed", type=int, default=seed, metavar="N", help=f"which market to make up ({seed})")
    parser.add_argument("--capital", default=capital, metavar="USD", help=f"what the account starts with ({capital})")
    parser.add_argument("--tier", choices=run_options.TIERS, default=tier, help=f"risk tier ({tier})")
    parser.add_argument("--backtest", action="store_true", help="a backtest over two years of it instead")
    parser.add_argument("--days", type=int, metavar="N", help="so many trading days (5 without screens, else 60)")
    parser.add_argument(
        "--day-seconds",
        type=_seconds,
        default=20.0,
        metavar="S",
        help="on the screens a trading day takes so long (20)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--no-ui", action="store_true", help="as fast as it can, print the result, open no screens")
    add_progress_option(parser)
    add_screen_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show the demo on the screens or, without a terminal, print what came of it. Returns the exit code."""
    has_screens = not (args.no_ui or args.json or args.progress == "json") and open_app.has_terminal()
    return _backtest(args, has_screens=has_screens) if args.backtest else _live(has_screens=has_screens)(args)


def _backtest(args: argparse.Namespace, *, has_screens: bool) -> int:
    if has_screens:
        return open_app.show_demo(args, seed=args.seed, capital=args.capital, tier=args.tier)
    from stonks_tui import demo_run

    return demo_run.run(args)


def _live(*, has_screens: bool) -> Callable[[argparse.Namespace], int]:
    from stonks_tui import demo_live

    return demo_live.show if has_screens else demo_live.run


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return seconds
