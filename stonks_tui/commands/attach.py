"""`stonks attach`: the screens of an engine that runs elsewhere on the same account."""

import argparse
import os

from engine.errors import NotFound
from stonks_tui import account_place, bootstrap, open_app
from stonks_tui.open_app import add_screen_options


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks attach`."""
    add_screen_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show the account until the person leaves; the engine goes on. Returns the exit code."""
    if not bootstrap.has_account(args.data_dir):
        place = account_place.place_of(args.data_dir)
        raise NotFound(f"there is no account in {place}", hint="stonks run begins one, stonks demo shows one")
    from stonks_tui.first_look import FirstLook

    first = FirstLook(args.data_dir)
    from stonks_tui.live_app import LiveApp
    from stonks_tui.live_feed import LiveFeed
    from stonks_tui.steering import FromAnywhere

    app = LiveApp(
        LiveFeed(args.data_dir, first),
        FromAnywhere(args.data_dir),
        data_dir=args.data_dir,
        mode="PAPER",
        theme=args.theme,
        colour=not os.environ.get("NO_COLOR"),
        ascii_only=args.ascii,
    )
    left_with = open_app.run(app)
    return app.return_code or 0 if left_with is None else 0
