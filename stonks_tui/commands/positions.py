"""`stonks positions`: what is held, what it cost, and where it is sold?"""

import argparse
import asyncio
import json
from typing import Any

from stonks_tui import remote


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks positions`."""
    remote.add_option(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object (docs/scripting.md)")
    form.add_argument("--jsonl", action="store_true", help="print a JSON object a line, one for each position")


def run(args: argparse.Namespace) -> int:
    """Print what is held after the last turn; return the exit code."""
    from stonks_tui.reports import script_tables

    found = _found(args)
    if args.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    elif args.jsonl:
        for position in found["positions"]:
            print(json.dumps(position, ensure_ascii=False))
    else:
        print("\n".join(script_tables.positions(found["positions"])))
    return 0


def _found(args: argparse.Namespace) -> dict[str, Any]:
    if (engine := remote.chosen(args)) is not None:
        return engine.get("/positions")
    from stonks_tui import account_answers

    return asyncio.run(account_answers.positions(args.data_dir))
