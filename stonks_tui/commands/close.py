"""`stonks close TICKER|--all`: sell what is held."""

import argparse

from engine.errors import BadInput
from engine.model.audit import Word
from stonks_tui import asking
from stonks_tui.asking import Danger


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks close`."""
    parser.add_argument("ticker", nargs="?", metavar="TICKER", help="which position")
    parser.add_argument("--all", action="store_true", help="every position")
    asking.add_options(parser, dangerous=True, by_url=True)


def run(args: argparse.Namespace) -> int:
    """Have it sold at the market, when it is meant; return the exit code."""
    if args.all == bool(args.ticker):
        raise BadInput("name one ticker, or --all and none", hint="for example stonks close AAPL")
    if args.all:
        danger = Danger(warning="Every position is sold at the market, at whatever it brings.", type_this="close all")
        return asking.put(args, Word.CLOSE_ALL, {}, danger)
    ticker = args.ticker.upper()
    danger = Danger(warning=f"All of {ticker} is sold at the market, at whatever it brings.", type_this=ticker)
    return asking.put(args, Word.CLOSE, {"ticker": ticker}, danger)
