"""`stonks decisions`: what was decided, newest first?"""

import argparse
import asyncio
import re
import sys
from datetime import UTC, datetime
from typing import Any

from stonks_tui import remote
from stonks_tui.reports import script_forms

_MOST = 200
"""So many of a page, as over HTTP."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks decisions`."""
    parser.add_argument("--ticker", type=_ticker, metavar="TICKER", help="of this ticker")
    parser.add_argument("--decision", choices=("act", "skip"), help="those that were acted on, or those that were not")
    parser.add_argument("--from", dest="since", type=_moment, metavar="WHEN", help="from this day or moment on, UTC")
    parser.add_argument("--to", dest="until", type=_moment, metavar="WHEN", help="before this day or moment, UTC")
    parser.add_argument("--limit", type=_limit, default=50, metavar="N", help=f"1 to {_MOST} (%(default)s)")
    parser.add_argument("--cursor", type=_cursor, metavar="N", help="next_cursor of the page before")
    remote.add_option(parser)
    script_forms.add(parser, "decision")


def run(args: argparse.Namespace) -> int:
    """Print a page; return the exit code."""
    from stonks_tui.reports import script_tables

    found = _found(args)
    script_forms.show(args, found, found["decisions"], script_tables.decisions)
    if found["next_cursor"] is not None and not args.json:
        print(f"there are more: --cursor {found['next_cursor']}", file=sys.stderr)
    return 0


def _found(args: argparse.Namespace) -> dict[str, Any]:
    if (engine := remote.chosen(args)) is not None:
        asked = {"ticker": args.ticker, "decision": args.decision, "limit": args.limit, "cursor": args.cursor}
        moments = {"from": args.since and args.since.isoformat(), "to": args.until and args.until.isoformat()}
        return engine.get("/decisions", **asked, **moments)
    from engine.model.decisions import TradingDecisionType
    from engine.model.views import DecisionFilter
    from stonks_tui import account_answers

    outcome = TradingDecisionType(args.decision) if args.decision else None
    where = DecisionFilter(ticker=args.ticker, outcome=outcome, since=args.since, until=args.until)
    return asyncio.run(account_answers.decisions(args.data_dir, where, args.cursor, args.limit))


def _ticker(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.\-]{0,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no ticker")
    return text.upper()


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no day or moment; such as 2026-03-02T14:30:00Z") from None


def _limit(text: str) -> int:
    number = _cursor(text)
    if number > _MOST:
        raise argparse.ArgumentTypeError(f"{text} is too many; {_MOST} are a page, and --cursor gives the next one")
    return number


def _cursor(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:18]) <= 2**53:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)
