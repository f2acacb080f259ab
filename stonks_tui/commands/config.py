"""`stonks config [show|get|set|diff|apply]`: what is set, who said so, and what may be changed while an account trades?

Exit codes of `diff`: 0 when file and environment say nothing that the account does not have, 1 when they do.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.model.audit import Word
from stonks_tui import account_place, asking
from stonks_tui.asking import Danger

if TYPE_CHECKING:
    from stonks_tui.config_reading import Account
    from stonks_tui.configuration import Configuration, Difference

DIFFERS = 1
_NOTHING = "file and environment say nothing that the account does not have"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the words after `stonks config` and their arguments."""
    parser.set_defaults(word="show", name=[], changed=False, json=False, reveal=False, config=None)
    words = parser.add_subparsers(dest="word", metavar="show|get|set|diff|apply")
    show = words.add_parser("show", help="every setting: value, default, range, who said so, what it does")
    show.add_argument("name", nargs="*", metavar="NAME", help="only those with this in their names")
    show.add_argument("--changed", action="store_true", help="only those that are not at their default")
    get = words.add_parser("get", help="the value of one setting")
    get.add_argument("name", metavar="NAME")
    change = words.add_parser("set", help="change settings of the running engine, from the next event on")
    change.add_argument("values", nargs="+", metavar="NAME=VALUE", help="such as max_open_positions=8, or paused=yes")
    asking.add_options(change, dangerous=True)
    diff = words.add_parser("diff", help="what file and environment say otherwise than the account has it")
    apply = words.add_parser("apply", help="have the running engine take what file and environment say")
    asking.add_options(apply, dangerous=True)
    for word in (show, get, diff):
        word.add_argument("--json", action="store_true", help="print it as JSON")
        word.add_argument("--reveal", action="store_true", help="addresses and numbers as they are")
    for word in (show, get, diff, apply):
        word.add_argument("--config", type=Path, metavar="FILE", help="the file (default: stonks.toml of the account)")


def run(args: argparse.Namespace) -> int:
    """Show or change settings and return the exit code."""
    return {"show": _show, "get": _get, "set": _set, "diff": _diff, "apply": _apply}[args.word or "show"](args)


def _show(args: argparse.Namespace) -> int:
    from stonks_tui import config_reading, terminal
    from stonks_tui.reports import config_report

    account, said = _read(args)
    found = config_reading.found(config_reading.settings(account, said, os.environ), args.name)
    if args.changed:
        found = tuple(setting for setting in found if setting.value != setting.default)
    if args.json:
        plain = [config_report.as_plain(setting, reveal=args.reveal) for setting in found]
        print(json.dumps(plain, indent=1, ensure_ascii=False))
        return 0
    if not account.has_turns:
        print(
            f"nothing has been traded in {account_place.place_of(args.data_dir)}: this is what would begin",
            file=sys.stderr,
        )
    width = terminal.width(most=200) if sys.stdout.isatty() else 10_000  # a pipe gets every column
    for line in config_report.lines(found, width=width, reveal=args.reveal):
        print(line)
    return 0


def _get(args: argparse.Namespace) -> int:
    from stonks_tui import config_reading
    from stonks_tui.config_names import near_to
    from stonks_tui.reports import config_report

    by_name = {setting.name: setting for setting in config_reading.settings(*_read(args), os.environ)}
    if args.name not in by_name:
        raise BadInput(f"there is no setting {args.name!r}", hint=near_to(args.name, by_name))
    setting = by_name[args.name]
    if args.json:
        print(json.dumps(config_report.as_plain(setting, reveal=args.reveal)["value"], ensure_ascii=False))
    else:
        print(config_report.written(setting, reveal=args.reveal))
    return 0


def _set(args: argparse.Namespace) -> int:
    from engine.settings import from_mapping
    from stonks_tui import config_differences, live_account
    from stonks_tui.config_names import PAUSED
    from stonks_tui.configuration import require_changeable

    wanted = dict(map(_name_and_value, args.values))
    if PAUSED in wanted:
        return _pause(args, wanted)
    for name in wanted:
        require_changeable(name)
    settings, _ = asyncio.run(live_account.settings(args.data_dir))
    looser = config_differences.looser(from_mapping(wanted, settings).policy, settings.policy)
    return asking.put(args, Word.SET, wanted, asking.loosening(looser))


def _pause(args: argparse.Namespace, wanted: dict[str, str]) -> int:
    """The engine's state is not one of its settings: it has words of its own."""
    from stonks_tui.config_names import PAUSED

    says = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
    if (word := wanted[PAUSED].lower()) not in says:
        raise BadInput(f"paused is {wanted[PAUSED]!r}", hint="it is yes or no")
    if len(wanted) > 1:
        raise BadInput("paused is set by itself", hint="stonks config set paused=yes, and the others after it")
    if says[word]:
        return asking.put(args, Word.PAUSE, {})
    danger = Danger(warning="The engine will make entries again.", type_this="resume")
    return asking.put(args, Word.RESUME, {}, danger)


def _diff(args: argparse.Namespace) -> int:
    from stonks_tui.reports import config_diff_report

    account, said = _read(args)
    differences, fixed = _differences(account, said)
    if args.json:
        plain = config_diff_report.as_plain(differences, fixed, account.settings, reveal=args.reveal)
        print(json.dumps(plain, indent=1, ensure_ascii=False))
    else:
        if not account.has_turns:
            print(
                f"nothing has been traded in {account_place.place_of(args.data_dir)}: nothing is there to differ",
                file=sys.stderr,
            )
        for line in config_diff_report.lines(differences, fixed, account.settings, reveal=args.reveal):
            print(line)
    return DIFFERS if differences or fixed else 0


def _apply(args: argparse.Namespace) -> int:
    from stonks_tui.reports import config_diff_report

    account, said = _read(args)
    differences, fixed = _differences(account, said)
    for line in (*config_diff_report.wanted_lines(differences), *fixed):
        print(line, file=sys.stderr)
    if fixed:
        print("what an account began with cannot be changed", file=sys.stderr)
    if not differences:
        print(_NOTHING, file=sys.stderr)
        return DIFFERS if fixed else 0
    return _take_over(args, account, said, differences)


def _take_over(
    args: argparse.Namespace, account: "Account", said: "Configuration", differences: "tuple[Difference, ...]"
) -> int:
    from engine.adapters.door_socket import NoEngine
    from stonks_tui import config_differences

    wanted = said.settings(account.settings)
    try:
        return asking.put(
            args,
            Word.SET,
            {d.name: config_differences.exact(d.wanted) for d in differences},
            asking.loosening(config_differences.looser(wanted.policy, account.settings.policy)),
            origin=" and ".join(dict.fromkeys(d.said.origin for d in differences)),
        )
    except NoEngine as nobody:
        hint = f"stonks run{account_place.option(args.data_dir)} --on-difference apply starts one that takes them"
        raise NoEngine(nobody.message, hint=hint) from None


def _read(args: argparse.Namespace) -> "tuple[Account, Configuration]":
    from stonks_tui import config_reading, configuration

    said = configuration.read(args.data_dir, file=args.config)
    return asyncio.run(config_reading.account_in(args.data_dir)), said


def _differences(account: "Account", said: "Configuration") -> "tuple[tuple[Difference, ...], tuple[str, ...]]":
    """Return what settings are said otherwise than the account has them, and in words what of its beginning is."""
    from stonks_tui import config_differences

    if account.record is None or not account.has_turns:
        return (), ()
    names = said.fixed_differences(account.record.initial_capital, account.record.costs)
    fixed = tuple(config_differences.fixed_words(name, said, account.record) for name in names)
    return said.differences(account.settings), fixed


def _name_and_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise BadInput(f"{text!r} is not NAME=VALUE", hint="for example max_open_positions=8")
    return name.strip(), value.strip()
