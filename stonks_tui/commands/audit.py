"""`stonks audit`: who told the engine what, from where, and what did it change?"""

import argparse
import asyncio
import json
import sys


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks audit`."""
    parser.add_argument("--limit", type=_count, default=20, metavar="N", help="the last N words (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the words that were taken, newest first, and return the exit code."""
    from stonks_tui import live_account, terminal
    from stonks_tui.reports import audit_report

    events = asyncio.run(live_account.reader(args.data_dir).audits(args.limit))
    if args.json:
        print(json.dumps([audit_report.as_plain(event) for event in events], indent=1, ensure_ascii=False))
        return 0
    width = terminal.width(most=160) if sys.stdout.isatty() else 10_000  # a pipe gets every column
    for line in audit_report.lines(events, width=width):
        print(line)
    return 0


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of words; 1 or more")
    return int(text)
