"""`stonks tier NAME`: how bold is the engine to be?"""

import argparse

from engine.model.audit import Word
from engine.model.portfolio import RiskTierName
from stonks_tui import asking
from stonks_tui.asking import Danger

_UPWARDS = tuple(RiskTierName)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks tier`."""
    parser.add_argument("name", type=str.lower, choices=[tier.value for tier in _UPWARDS], metavar="NAME", help=_NAMES)
    asking.add_options(parser, dangerous=True, by_url=True)


_NAMES = f"{', '.join(_UPWARDS)}: from careful to bold"


def run(args: argparse.Namespace) -> int:
    """Choose the tier; one that is bolder than the present one has to be meant. Returns the exit code."""
    danger = None if args.yes else _danger(args, RiskTierName(args.name))
    return asking.put(args, Word.TIER, {"name": args.name}, danger)


def _danger(args: argparse.Namespace, wanted: RiskTierName) -> Danger | None:
    """Return what is dangerous about it: nothing, when it is not bolder than what the engine says it has now."""
    now = asking.ask(args, Word.STATUS).after.get("tier", "")
    if now in list(_UPWARDS) and _UPWARDS.index(wanted) <= _UPWARDS.index(RiskTierName(now)):
        return None
    return Danger(
        warning=f"{wanted.value.capitalize()} is bolder than {now or 'the present tier'}: positions may be larger, "
        "stops are further away and more may be lost at once.",
        type_this=wanted.value,
    )
