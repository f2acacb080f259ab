"""`stonks replay`: does the account's journal, decided on again, come to the same, byte for byte?"""

import argparse
import asyncio
import json
from datetime import datetime


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks replay`."""
    parser.add_argument(
        "--from",
        dest="since",
        type=_moment,
        metavar="MOMENT",
        help="begin at the last checkpoint before it, such as 2026-11-26 or 2026-11-26T14:30 (default: at the first)",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Print how the replay went; the exit code is 0 when all of it came out alike."""
    from stonks_tui import account_replay
    from stonks_tui.reports import replay_report

    found = asyncio.run(account_replay.replay_account(args.data_dir, args.since))
    if args.json:
        print(json.dumps(replay_report.as_plain(found), indent=1, ensure_ascii=False))
    else:
        for line in replay_report.lines(found):
            print(line)
    return 0 if found.is_alike else 1


def _moment(text: str) -> datetime:
    from datetime import UTC

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment; write it like 2026-11-26T14:30") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
