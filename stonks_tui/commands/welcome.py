"""`stonks`: nothing was asked for; which ways are there?"""

import argparse
import os

from stonks_tui import open_app
from stonks_tui.open_app import add_screen_options
from stonks_tui.view_models import welcome


def configure(parser: argparse.ArgumentParser) -> None:
    """Add how the screens look."""
    add_screen_options(parser)


def run(args: argparse.Namespace) -> int:
    """Let the person choose, and go there; without a terminal, say which ways there are. Returns the exit code."""
    if not open_app.has_terminal():
        print("\n".join(welcome.plain()))
        return 0
    from stonks_tui.welcome_app import WelcomeApp

    colour = not os.environ.get("NO_COLOR")
    way = open_app.run(WelcomeApp(theme=args.theme, colour=colour, ascii_only=args.ascii))
    if way == "demo":
        return open_app.show_demo(args)
    if way == "backtest":
        return open_app.show(args, args.data_dir, mode="BACKTEST", screen="backtest", asks=True)
    return 0
