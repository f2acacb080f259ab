"""`stonks settings [show|set]`: by which numbers does the account trade, and what may be changed while it does?"""

import argparse
import asyncio
import json
import sys

from engine.errors import BadInput
from engine.model.audit import Word
from engine.settings import from_mapping
from stonks_tui import asking
from stonks_tui.asking import Danger


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks settings` and their arguments."""
    parser.set_defaults(word="show", name=[], changed=False, json=False)
    words = parser.add_subparsers(dest="word", metavar="show|set")
    show = words.add_parser("show", help="every setting: value, default, unit, range, what it does")
    show.add_argument("name", nargs="*", metavar="NAME", help="only these, or those that begin or end so")
    show.add_argument("--changed", action="store_true", help="only those that are not at their default")
    show.add_argument("--json", action="store_true", help="print it as JSON")
    change = words.add_parser("set", help="change settings of the running engine, from the next event on")
    change.add_argument("values", nargs="+", metavar="NAME=VALUE", help="such as max_open_positions=8")
    asking.add_options(change, dangerous=True)


def run(args: argparse.Namespace) -> int:
    """Show or change settings and return the exit code."""
    return _set(args) if args.word == "set" else _show(args)


def _show(args: argparse.Namespace) -> int:
    from stonks_tui import live_account, terminal
    from stonks_tui.reports import settings_report

    settings, is_account = asyncio.run(live_account.settings(args.data_dir))
    found = settings_report.settings(settings.policy, names=args.name, only_changed=args.changed)
    if args.json:
        print(json.dumps([settings_report.as_plain(setting) for setting in found], indent=1))
        return 0
    if not is_account:
        print(f"there is no account in {args.data_dir}: these are the defaults", file=sys.stderr)
    width = terminal.width(most=160) if sys.stdout.isatty() else 10_000  # a pipe gets every column
    for line in settings_report.lines(found, width=width):
        print(line)
    return 0


def _set(args: argparse.Namespace) -> int:
    from stonks_tui import live_account
    from stonks_tui.reports import settings_report

    wanted = dict(map(_name_and_value, args.values))
    settings, _ = asyncio.run(live_account.settings(args.data_dir))
    danger = None
    if looser := settings_report.looser(from_mapping(wanted, settings).policy, settings.policy):
        warning = "This lets the engine risk more: " + "; ".join(looser)
        danger = Danger(warning=warning, type_this="loosen")
    return asking.put(args, Word.SET, wanted, danger)


def _name_and_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise BadInput(f"{text!r} is not NAME=VALUE", hint="for example max_open_positions=8")
    return name.strip(), value.strip()
