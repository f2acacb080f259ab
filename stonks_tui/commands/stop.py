"""`stonks stop`: the engine ends."""

import argparse

from engine.model.audit import Word
from stonks_tui import asking
from stonks_tui.asking import Danger

_DANGER = Danger(
    warning="What is held stays held, and nobody watches its stops until the engine runs again.", type_this="stop"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks stop`."""
    asking.add_options(parser, dangerous=True)


def run(args: argparse.Namespace) -> int:
    """End the engine, when it is meant; return the exit code."""
    return asking.put(args, Word.STOP, {}, _DANGER)
