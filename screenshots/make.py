"""Makes every picture of this folder anew: `./stonks pictures`. The app is driven through the demos by its own keys.

The demos are the same on every machine, so the pictures are too: a picture that changes shows what a commit changed.
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
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


BREAKER_AT = datetime(2023, 5, 24, 15, 20, tzinfo=UTC)
"""On the second day of the live demo, an hour after three stops at once; 11:20 in New York."""
HELD_AT = datetime(2023, 5, 25, 17, 0, tzinfo=UTC)
"""In the middle of its third day."""
OF_THE_BREAKER = (Picture(name="live-breaker", keys=()),)
OF_THE_LIVE_DEMO = (
    Picture(name="live", keys=()),
    Picture(name="live-80x24", keys=(), size=USUAL),
    Picture(name="live-positions", keys=("2",)),
    Picture(name="live-decisions", keys=("3", "enter")),
    Picture(name="live-micro", keys=("6",)),
    Picture(name="live-notifications", keys=("7",)),
    Picture(name="live-settings", keys=("8", "/", *"heat", "enter")),
    Picture(name="live-settings-80x24", keys=("8", "j", "j"), size=USUAL),
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
NAMES = frozenset(p.name for p in (*OF_THE_BREAKER, *OF_THE_LIVE_DEMO, *OF_THE_BACKTEST, WELCOME))
_KEYS = {"{": "left_curly_bracket", "/": "slash", "?": "question_mark", "=": "equals_sign", " ": "space"}


def main(names: Sequence[str]) -> int:
    """Make the pictures `names`, all when there are none, and return the exit code."""
    wanted = set(names) or NAMES
    if unknown := wanted - NAMES:
        print(f"no picture is called {', '.join(sorted(unknown))}: {', '.join(sorted(NAMES))}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        for held_at, pictures in ((BREAKER_AT, OF_THE_BREAKER), (HELD_AT, OF_THE_LIVE_DEMO)):
            if chosen := [p for p in pictures if p.name in wanted]:
                asyncio.run(_live(chosen, Path(folder) / f"{held_at:%d}", held_at))
        if chosen := [p for p in OF_THE_BACKTEST if p.name in wanted]:
            with time_machine.travel(MADE_ON, tick=False):
                asyncio.run(_backtests(chosen, _made_backtests(Path(folder) / "stonks")))
        if WELCOME.name in wanted:
            asyncio.run(_take(WelcomeApp(theme="dark", colour=True, ascii_only=False), WELCOME))
    return 0


async def _live(pictures: Sequence[Picture], demo_dir: Path, held_at: datetime) -> None:
    with live_demo.held(demo_dir, held_at) as demo:
        for picture in pictures:
            ui_state.path(demo_dir).unlink(missing_ok=True)
            await _take(demo.app(picture.theme), picture)


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


async def _backtests(pictures: Sequence[Picture], demo_dir: Path) -> None:
    for picture in pictures:
        ui_state.path(demo_dir).unlink(missing_ok=True)
        app = StonksApp(RunFeed(demo_dir), data_dir=demo_dir, mode="DEMO", theme=picture.theme, screen="overview")
        await _take(app, picture)


async def _take(app: App[Any], picture: Picture) -> None:
    async with app.run_test(size=picture.size, notifications=False) as pilot:
        await settled(pilot)
        for key in picture.keys:
            await pilot.press(_KEYS.get(key, key))
            await settled(pilot)
        taken = app.export_screenshot(title="stonks")
    (FOLDER / f"{picture.name}.svg").write_text(svg.tidied(taken), encoding="utf-8")
    print(picture.name)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until all that was asked for is shown."""
    for _ in range(3):
        with suppress(WorkerCancelled):  # another does what it was to do
            await pilot.app.workers.wait_for_complete()
        await pilot.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
