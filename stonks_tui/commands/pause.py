"""`stonks pause`: no more entries; what is held is managed."""

import argparse

from engine.model.audit import Word
from stonks_tui import asking


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks pause`."""
    asking.add_options(parser, dangerous=False, note=True, by_url=True)


def run(args: argparse.Namespace) -> int:
    """Stop entries at once, without a question; return the exit code."""
    return asking.put(args, Word.PAUSE, {"note": args.note})
