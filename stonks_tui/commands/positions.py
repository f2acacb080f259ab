"""`stonks positions`: what is held, what it cost, and where it is sold?"""

import argparse
import asyncio
from typing import Any

from stonks_tui import remote
from stonks_tui.reports import script_forms


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks positions`."""
    remote.add_option(parser)
    script_forms.add(parser, "position")


def run(args: argparse.Namespace) -> int:
    """Print what is held after the last turn; return the exit code."""
    from stonks_tui.reports import script_tables

    found = _found(args)
    script_forms.show(args, found, found["positions"], script_tables.positions)
    return 0


def _found(args: argparse.Namespace) -> dict[str, Any]:
    if (engine := remote.chosen(args)) is not None:
        return engine.get("/positions")
    from stonks_tui import account_answers

    return asyncio.run(account_answers.positions(args.data_dir))
