"""`stonks run`: the engine trades an account on paper, with the screens or without."""

import argparse
from pathlib import Path

from stonks_tui import open_app, run_options
from stonks_tui.open_app import add_screen_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks run`."""
    account = parser.add_argument_group("a new account (one that is there goes on with what it has)")
    run_options.add_account_options(parser, account)
    sources = parser.add_argument_group(
        "what comes in, besides what others write into market.db; files that grow, or folders that fill"
    )
    sources.add_argument("--quotes", type=Path, metavar="FILE|DIR", help="prices: ticker, price, at")
    sources.add_argument("--recommendations", type=Path, metavar="FILE|DIR", help="what others suggest")
    sources.add_argument("--signals", type=Path, metavar="FILE|DIR", help="intraday signals, for micro-trading")
    sources.add_argument("--macro-events", type=Path, metavar="FILE|DIR", help="what shakes the market")
    process = parser.add_argument_group("the process")
    process.add_argument("--no-ui", action="store_true", help="no screens: a log, a line an event")
    process.add_argument("--log-format", choices=("text", "json"), default="text", help="how the log reads (text)")
    process.add_argument(
        "--log-file",
        type=Path,
        metavar="FILE",
        help="where the log goes (standard error; with the screens, logs/stonks.log in the data directory)",
    )
    process.add_argument("--log-level", choices=("debug", "info", "warning"), default="info", help="(info)")
    add_screen_options(parser)


def run(args: argparse.Namespace) -> int:
    """Trade until somebody says stop. Returns the exit code."""
    from stonks_tui import engine_log, engine_process, live_plan

    plan = live_plan.make(args)
    if args.no_ui or not open_app.has_terminal():
        with engine_log.configure(args.log_level, args.log_format, args.log_file):
            engine_process.without_screens(plan)
        return 0
    return engine_process.with_screens(plan, args, log=args.log_file, level=args.log_level, fmt=args.log_format)
