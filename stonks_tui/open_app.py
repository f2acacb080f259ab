"""Open app: how does a command bring up the screens, and what does it tell the shell when they are left?"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from engine.ports import RunListing
from stonks_tui.widgets.themes import NAMES


def add_screen_options(parser: argparse.ArgumentParser) -> None:
    """Add how the screens look."""
    group = parser.add_argument_group("the screens")
    group.add_argument("--theme", choices=NAMES, default="", help="colours (default: as they were left)")
    group.add_argument("--ascii", action="store_true", help="letters and signs of ASCII only, for poor fonts")


def has_terminal() -> bool:
    """Is there a person at a terminal that can show screens?"""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def show(
    args: argparse.Namespace,
    data_dir: Path,
    *,
    mode: str,
    run_id: int | None = None,
    launch: tuple[str, ...] = (),
    wanted: Callable[[RunListing], bool] | None = None,
    screen: str = "",
) -> int:
    """Show the runs in `data_dir` until the person leaves. Returns the exit code.

    It begins with `run_id`, else with the newest run that is `wanted`, else it makes one by the command `launch`.
    """
    from stonks_tui.app import StonksApp
    from stonks_tui.run_feed import RunFeed

    app = StonksApp(
        RunFeed(data_dir),
        data_dir=data_dir,
        mode=mode,
        run_id=run_id,
        launch=launch,
        wanted=wanted,
        screen=screen,
        theme=args.theme,
        colour=not os.environ.get("NO_COLOR"),
        ascii_only=args.ascii,
    )
    left_with = app.run()
    return left_with if left_with is not None else app.return_code or 0
