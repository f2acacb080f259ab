"""`stonks reserve AMOUNT`: money into the reserve, or out of it again."""

import argparse

from engine.errors import BadInput
from engine.model.audit import Word
from engine.model.money import from_text, usd
from stonks_tui import asking
from stonks_tui.asking import Danger


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks reserve`."""
    parser.add_argument(
        "amount", metavar="AMOUNT", help="dollars into the reserve, such as 500; out of it with a minus: -250.50"
    )
    asking.add_options(parser, dangerous=True, note=True, by_url=True)


def run(args: argparse.Namespace) -> int:
    """Move the money; out of the reserve it has to be meant. Returns the exit code."""
    text = args.amount.removeprefix("$").replace(",", "")
    try:
        amount = from_text(text)
    except ValueError:
        raise BadInput(f"{args.amount!r} is no amount", hint="dollars, such as 500 or -250.50") from None
    danger = None
    if amount < 0:
        warning = f"${usd(-amount)} that was put out of the engine's reach is traded with again."
        danger = Danger(warning=warning, type_this="reserve")
    return asking.put(args, Word.RESERVE, {"amount": text, "note": args.note}, danger)
