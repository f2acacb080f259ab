"""`stonks halt`: nothing leaves any more, not even a stop."""

import argparse

from engine.model.audit import Word
from stonks_tui import asking
from stonks_tui.asking import Danger

_DANGER = Danger(
    warning="While it is halted no stop is executed either: what is held may lose without a limit. "
    "stonks pause stops entries only.",
    type_this="halt",
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks halt`."""
    asking.add_options(parser, dangerous=True, note=True, by_url=True)


def run(args: argparse.Namespace) -> int:
    """Halt, when it is meant; return the exit code."""
    return asking.put(args, Word.HALT, {"note": args.note}, _DANGER)
