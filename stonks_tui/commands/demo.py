"""`stonks demo`: the engine at work on a made-up market, from nothing to the screens in one command."""

import argparse

from engine.ports import RunListing, RunState
from stonks_tui import open_app, run_options
from stonks_tui.open_app import add_screen_options
from stonks_tui.progress import add_progress_option
from stonks_tui.version import __version__


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks demo`."""
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="which market to make up (7)")
    parser.add_argument("--capital", default="100000", metavar="USD", help="what the account starts with (100000)")
    parser.add_argument("--tier", choices=run_options.TIERS, default="moderate", help="risk tier (moderate)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--no-ui", action="store_true", help="print the result, open no screens")
    add_progress_option(parser)
    add_screen_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show the demo on the screens or, without a terminal, print what came of it. Returns the exit code."""
    capital = run_options.capital(args)
    if args.no_ui or args.json or args.progress == "json" or not open_app.has_terminal():
        from stonks_tui import demo_run

        return demo_run.run(args)

    def is_it(listing: RunListing) -> bool:
        record = listing.record
        return (
            listing.state is RunState.COMPLETED
            and record is not None
            and (record.seed, record.initial_capital) == (args.seed, capital)
            and (record.risk_tier.value, record.code_version) == (args.tier, __version__)
        )

    made = (
        *("demo", f"--seed={args.seed}", f"--capital={args.capital}", f"--tier={args.tier}"),
        *("--no-ui", "--data-dir", str(args.data_dir)),
    )
    return open_app.show(args, args.data_dir / "demo", mode="DEMO", launch=made, wanted=is_it, screen="overview")
