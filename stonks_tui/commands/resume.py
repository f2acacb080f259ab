"""`stonks resume`: entries are made again."""

import argparse

from engine.model.audit import Word
from stonks_tui import asking
from stonks_tui.asking import Danger

_DANGER = Danger(warning="From now on the engine buys again by itself.", type_this="resume")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks resume`."""
    asking.add_options(parser, dangerous=True, by_url=True)


def run(args: argparse.Namespace) -> int:
    """Let entries be made again, when it is meant; return the exit code."""
    return asking.put(args, Word.RESUME, {}, _DANGER)
