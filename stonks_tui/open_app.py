"""Open app: how does a command bring up the screens, and what does it tell the shell when they are left?"""

import argparse
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.ports import RunListing, RunState
from stonks_tui import run_options
from stonks_tui.version import __version__
from stonks_tui.view_models.theme_names import NAMES

if TYPE_CHECKING:
    from textual.app import App

Left = TypeVar("Left")

TERMINAL_GONE = 129
"""What the shell is told of a program that SIGHUP ended."""
DEMO_SEED, DEMO_CAPITAL, DEMO_TIER = 7, "100000", "moderate"
"""The demo that everybody sees who asks for no other."""


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
    asks: bool = False,
) -> int:
    """Show the runs in `data_dir` until the person leaves. Returns the exit code.

    It begins with `run_id`, else with the newest run that is `wanted`, else it makes one by the command `launch`. One
    that `asks` begins with the form for a new run.
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
        asks=asks,
        theme=args.theme,
        colour=not os.environ.get("NO_COLOR"),
        ascii_only=args.ascii,
    )
    left_with = run(app)
    return left_with if left_with is not None else app.return_code or 0


def run(app: "App[Left]") -> "Left | None":
    """Run `app` and return what it was left with. Held up by its terminal, the program ends here.

    Raises what broke it.
    """
    from stonks_tui.output.framed_app import FramedApp

    left_with = app.run()
    if is_held_up():
        os._exit(TERMINAL_GONE)
    if isinstance(app, FramedApp) and app.fault is not None:
        raise app.fault
    return left_with


def is_held_up() -> bool:
    """Does a thread of Textual's go on for ever, reading from a terminal that went away or writing to one that hangs?

    Then the end of the program would wait for it.
    """
    return any(thread.name in ("textual-input", "textual-output") for thread in threading.enumerate())


def show_demo(
    args: argparse.Namespace, *, seed: int = DEMO_SEED, capital: str = DEMO_CAPITAL, tier: str = DEMO_TIER
) -> int:
    """Show the demo, made anew unless it was made before by this version. Returns the exit code."""
    amount = run_options.capital_of(capital)

    def is_it(listing: RunListing) -> bool:
        record = listing.record
        return (
            listing.state is RunState.COMPLETED
            and record is not None
            and (record.seed, record.initial_capital) == (seed, amount)
            and (record.risk_tier.value, record.code_version) == (tier, __version__)
        )

    made = (
        *("demo", "--backtest", f"--seed={seed}", f"--capital={capital}", f"--tier={tier}"),
        *("--no-ui", "--data-dir", str(args.data_dir)),
    )
    return show(args, args.data_dir / "demo", mode="DEMO", launch=made, wanted=is_it, screen="overview")
