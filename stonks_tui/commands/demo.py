"""`stonks demo`: the engine at work on a made-up market, from nothing to the screens in one command."""

import argparse

from stonks_tui import open_app, run_options
from stonks_tui.open_app import DEMO_CAPITAL, DEMO_SEED, DEMO_TIER, add_screen_options
from stonks_tui.progress import add_progress_option


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks demo`."""
    seed, capital, tier = DEMO_SEED, DEMO_CAPITAL, DEMO_TIER
    parser.add_argument("--seed", type=int, default=seed, metavar="N", help=f"which market to make up ({seed})")
    parser.add_argument("--capital", default=capital, metavar="USD", help=f"what the account starts with ({capital})")
    parser.add_argument("--tier", choices=run_options.TIERS, default=tier, help=f"risk tier ({tier})")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--no-ui", action="store_true", help="print the result, open no screens")
    add_progress_option(parser)
    add_screen_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show the demo on the screens or, without a terminal, print what came of it. Returns the exit code."""
    if args.no_ui or args.json or args.progress == "json" or not open_app.has_terminal():
        from stonks_tui import demo_run

        return demo_run.run(args)
    return open_app.show_demo(args, seed=args.seed, capital=args.capital, tier=args.tier)
