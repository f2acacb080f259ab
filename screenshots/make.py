"""Makes every picture of this folder anew: `./stonks pictures`; `--check` says which are out of date.

The app is driven through the demos by its own keys. The demos are the same on every machine, so the pictures are too:
a picture that changes shows what a commit changed.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import time_machine
from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from screenshots import live_demo, svg
from stonks_tui import cli, ui_state
from stonks_tui.app import StonksApp
from stonks_tui.run_feed import RunFeed
from stonks_tui.welcome_app import WelcomeApp

FOLDER = Path(__file__).parent
WIDE, USUAL, NARROW = (120, 40), (80, 24), (60, 20)
MADE_ON = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: its name, the terminal's size, and the keys that lead there."""

    name: str
    keys: Sequence[str]
    size: tuple[int, int] = WIDE
    theme: str = "dark"


MORNING = datetime(2023, 5, 23, 14, 30, tzinfo=UTC)
"""On the first day of the live demo, an hour after the open: the demo is there soon."""
BREAKER_AT = datetime(2023, 5, 24, 15, 20, tzinfo=UTC)
"""On the second day, an hour after three stops at once; 11:20 in New York."""
HELD_AT = datetime(2023, 5, 25, 17, 0, tzinfo=UTC)
"""In the middle of its third day."""
OF_THE_BREAKER = (
    Picture(name="live-breaker", keys=()),
    Picture(name="live-notifications", keys=("7",)),
)
OF_THE_LIVE_DEMO = (
    Picture(name="live", keys=()),
    Picture(name="live-80x24", keys=(), size=USUAL),
    Picture(name="live-positions", keys=("2",)),
    Picture(name="live-decisions", keys=("3", "enter")),
    Picture(name="live-micro", keys=("6",)),
)
OF_THE_FIRST_MORNING = (
    Picture(name="live-settings", keys=("8", "/", *"heat", "enter")),
    Picture(name="live-setting", keys=("8", "/", *"open", "enter", "enter"), size=USUAL),
    Picture(name="live-question", keys=("2", "x"), size=USUAL),
)
OF_THE_BACKTEST = (
    Picture(name="overview", keys=()),
    Picture(name="overview-80x24", keys=(), size=USUAL),
    Picture(name="overview-60x20", keys=("tab", "tab"), size=NARROW),
    Picture(name="overview-light", keys=("{", "{", "{"), theme="light"),
    Picture(name="positions", keys=("2", "{", "{", "{", "{", "j", "j")),
    Picture(name="trades", keys=("2", "h", "j")),
    Picture(name="decisions", keys=("3", "/", *"skip earnings", "enter")),
    Picture(name="decisions-80x24", keys=("3", "a", "j", "j", "j", "j", "j", "j"), size=USUAL),
    Picture(name="performance", keys=("4", "{", "{", "{")),
    Picture(name="performance-blue-orange", keys=("4", "w", "w"), theme="blue-orange"),
    Picture(name="backtest", keys=("5",)),
    Picture(name="comparison", keys=("5", "m", "m", "=")),
    Picture(name="form", keys=("5", "n"), size=USUAL),
    Picture(name="help", keys=("3", "?")),
)
WELCOME = Picture(name="welcome", keys=(), size=USUAL)
HELD = ((MORNING, OF_THE_FIRST_MORNING), (BREAKER_AT, OF_THE_BREAKER), (HELD_AT, OF_THE_LIVE_DEMO))
NAMES = frozenset(p.name for p in (*(p for _, held in HELD for p in held), *OF_THE_BACKTEST, WELCOME))
_KEYS = {"{": "left_curly_bracket", "/": "slash", "?": "question_mark", "=": "equals_sign", " ": "space"}


def main(argv: Sequence[str]) -> int:
    """Make the pictures that are named, all when none is, or say which are out of date. Return the exit code."""
    parser = argparse.ArgumentParser(prog="stonks pictures", description="Makes the pictures of screenshots/ anew.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--check", action="store_true", help="change nothing: say which are out of date")
    args = parser.parse_args(argv)
    if unknown := set(args.names) - NAMES:
        print(f"no picture is called {', '.join(sorted(unknown))}: {', '.join(sorted(NAMES))}", file=sys.stderr)
        return 2
    is_old = False
    with tempfile.TemporaryDirectory() as folder:
        for name, svg_text in made(frozenset(args.names) or NAMES, Path(folder)):
            is_new = is_kept(name, svg_text)
            is_old |= not is_new
            print(name if is_new else f"{name} {'is out of date' if args.check else 'has changed'}")
            if not args.check:
                path(name).write_text(svg_text, encoding="utf-8")
    return 1 if args.check and is_old else 0


def path(name: str) -> Path:
    """Return where the picture `name` is kept."""
    return FOLDER / f"{name}.svg"


def is_kept(name: str, svg_text: str) -> bool:
    """Is that the picture which is kept?"""
    return path(name).exists() and path(name).read_text(encoding="utf-8") == svg_text


def made(names: Collection[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Make the pictures `names`, with demos in `folder`, and yield the name and the SVG of each."""
    for held_at, pictures in HELD:
        if chosen := [p for p in pictures if p.name in names]:
            yield from asyncio.run(live(chosen, folder / f"{held_at:%d}", held_at))
    if chosen := [p for p in OF_THE_BACKTEST if p.name in names]:
        with time_machine.travel(MADE_ON, tick=False):
            yield from asyncio.run(_backtests(chosen, _made_backtests(folder / "stonks")))
    if WELCOME.name in names:
        yield WELCOME.name, asyncio.run(welcome())


async def welcome() -> str:
    """Return the picture of what is shown to whoever asks for nothing."""
    return await _taken(WelcomeApp(theme="dark", colour=True, ascii_only=False), WELCOME)


async def live(pictures: Sequence[Picture], demo_dir: Path, held_at: datetime) -> list[tuple[str, str]]:
    """Return `pictures` of the live demo in `demo_dir` as it is at `held_at`: name and SVG of each."""
    found = []
    with live_demo.held(demo_dir, held_at) as demo:
        for picture in pictures:
            ui_state.path(demo_dir).unlink(missing_ok=True)
            found.append((picture.name, await _taken(demo.app(picture.theme), picture)))
    return found


def _made_backtests(data_dir: Path) -> Path:
    """Make the demo's backtest in two tiers and return the folder in which they are."""
    os.environ["STONKS_DATA_DIR"] = str(data_dir)  # then no command has to name it
    for tier in ("aggressive", "moderate"):
        with redirect_stdout(StringIO()):
            cli.main(["demo", "--backtest", "--no-ui", "--tier", tier, "--progress", "none"])
    for path in (data_dir / "demo" / "runs").glob("*.db"):  # how long it took here is not what a picture is about
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE backtest_runs SET engine_seconds = 1.0")
    return data_dir / "demo"


async def _backtests(pictures: Sequence[Picture], demo_dir: Path) -> list[tuple[str, str]]:
    found = []
    for picture in pictures:
        ui_state.path(demo_dir).unlink(missing_ok=True)
        app = StonksApp(RunFeed(demo_dir), data_dir=demo_dir, mode="DEMO", theme=picture.theme, screen="overview")
        found.append((picture.name, await _taken(app, picture)))
    return found


async def _taken(app: App[Any], picture: Picture) -> str:
    async with app.run_test(size=picture.size, notifications=False) as pilot:
        await settled(pilot)
        for key in picture.keys:
            await pilot.press(_KEYS.get(key, key))
            await settled(pilot)
        return svg.tidied(app.export_screenshot(title="stonks"))


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until all that was asked for is shown."""
    for _ in range(3):
        with suppress(WorkerCancelled):  # another does what it was to do
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
