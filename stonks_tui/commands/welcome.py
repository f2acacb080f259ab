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
        return _as_typed("demo", args)
    if way == "paper":
        return _as_typed("attach" if _engine_runs(args) else "run", args)
    if way == "backtest":
        return open_app.show(args, args.data_dir, mode="BACKTEST", screen="backtest", asks=True)
    return 0


def _as_typed(word: str, args: argparse.Namespace) -> int:
    """Do what the command `word` does without arguments of its own; how the screens look was said already."""
    from importlib import import_module

    command = import_module(f"stonks_tui.commands.{word}")
    parser = argparse.ArgumentParser(prog=f"stonks {word}")
    command.configure(parser)
    code: int = command.run(parser.parse_args([], args))
    return code


def _engine_runs(args: argparse.Namespace) -> bool:
    import asyncio

    from engine.errors import NoEngine, Unavailable
    from engine.model.audit import Asked, Word
    from stonks_tui import ways

    try:
        asyncio.run(ways.ask(args.data_dir, Asked(word=Word.STATUS, origin="cli")))
    except NoEngine:
        return False
    except Unavailable:  # it is there, and silent
        return True
    return True
