"""Makes every picture of this folder anew: `./stonks pictures`. The app is driven through the demo by its own keys.

The demo is the same on every machine, so the pictures are too: a picture that changes shows what a commit changed.
"""

import asyncio
import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine
from textual.app import App
from textual.pilot import Pilot

from stonks_tui import cli, ui_state
from stonks_tui.app import StonksApp
from stonks_tui.run_feed import RunFeed
from stonks_tui.welcome_app import WelcomeApp

FOLDER = Path(__file__).parent
WIDE, USUAL, NARROW = (120, 40), (80, 24), (60, 20)
MADE_ON = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: its name, the terminal's size, and the keys that lead there."""

    name: str
    keys: Sequence[str]
    size: tuple[int, int] = WIDE
    theme: str = "dark"


PICTURES = (
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
_NAMES = {"{": "left_curly_bracket", "/": "slash", "?": "question_mark", "=": "equals_sign", " ": "space"}


def main() -> int:
    """Make all pictures, or those named on the command line."""
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, time_machine.travel(MADE_ON, tick=False):
        data_dir = Path(folder) / "stonks"
        os.environ["STONKS_DATA_DIR"] = str(data_dir)  # then no command has to name it
        for tier in ("aggressive", "moderate"):
            cli.main(
                ["demo", "--backtest", "--no-ui", "--tier", tier, "--progress", "none", "--data-dir", str(data_dir)]
            )
        _take_as_long(data_dir / "demo")
        asyncio.run(_all(data_dir / "demo", wanted))
    return 0


def _take_as_long(demo: Path) -> None:
    """Let every run have taken one second: how long it took here is not what a picture is about."""
    for path in (demo / "runs").glob("*.db"):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE backtest_runs SET engine_seconds = 1.0")


async def _all(data_dir: Path, wanted: set[str]) -> None:
    for picture in PICTURES:
        if not wanted or picture.name in wanted:
            ui_state.path(data_dir).unlink(missing_ok=True)
            app = StonksApp(RunFeed(data_dir), data_dir=data_dir, mode="DEMO", theme=picture.theme, screen="overview")
            await _take(app, picture)
    if not wanted or "welcome" in wanted:
        welcome = WelcomeApp(theme="dark", colour=True, ascii_only=False)
        await _take(welcome, Picture(name="welcome", keys=(), size=USUAL))


async def _take(app: App[Any], picture: Picture) -> None:
    async with app.run_test(size=picture.size, notifications=False) as pilot:
        await _settled(pilot)
        for key in picture.keys:
            await pilot.press(_NAMES.get(key, key))
            await _settled(pilot)
        svg = app.export_screenshot(title="stonks")
    (FOLDER / f"{picture.name}.svg").write_text(_FONTS.sub("", svg), encoding="utf-8")
    print(picture.name)


async def _settled(pilot: Pilot[Any]) -> None:
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


if __name__ == "__main__":
    sys.exit(main())
