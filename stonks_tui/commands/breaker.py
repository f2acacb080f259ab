"""`stonks breaker trip|clear|list`: what stops entries until when, and the breaker in a person's hand."""

import argparse
import json
from collections.abc import Mapping

from engine.model.audit import Word
from stonks_tui import asking, remote
from stonks_tui.asking import Danger


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks breaker` and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="trip|clear|list")
    trip = words.add_parser("trip", help="exits only, until somebody clears it")
    asking.add_options(trip, dangerous=False, note=True, by_url=True)
    clear = words.add_parser("clear", help="end a breaker before its time, or one that was tripped by hand")
    clear.add_argument("id", metavar="ID", help="as stonks breaker list shows it")
    asking.add_options(clear, dangerous=True, by_url=True)
    listing = words.add_parser("list", help="which breakers are on")
    remote.add_option(listing)
    listing.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Do what the word says and return the exit code."""
    if args.word == "trip":
        return asking.put(args, Word.BREAKER, {"note": args.note})
    if args.word == "clear":
        warning = f"What tripped {args.id} may still be true; without it the engine buys again."
        return asking.put(args, Word.CLEAR, {"breaker": args.id}, Danger(warning=warning, type_this="clear"))
    return _list(args)


def _list(args: argparse.Namespace) -> int:
    from stonks_tui.reports.numbers import table

    figures = _figures(args)
    breakers = {name.removeprefix("breaker "): text for name, text in figures.items() if name.startswith("breaker ")}
    if args.json:
        print(json.dumps(breakers, indent=1))
    elif breakers:
        print("\n".join(table(list(breakers.items()), indent="")))
    else:
        print("no breaker is on")
    return 0


def _figures(args: argparse.Namespace) -> Mapping[str, str]:
    if remote.chosen(args) is not None:
        return asking.ask(args, Word.STATUS).after
    import asyncio

    from stonks_tui import engine_status

    return asyncio.run(engine_status.read(args.data_dir)).figures
