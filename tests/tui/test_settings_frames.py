"""The screen of the settings letter by letter: each state of its panes, and a person at work."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from engine.errors import Unavailable
from stonks_tui.engine_thread import EngineThread
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.settings import SettingsScreen
from stonks_tui.view_models.setting_book import SettingBook
from stonks_tui.widgets.panel import PanelState
from tests.support.dressed_feed import DressedFeed
from tests.support.terminal import SIZES, Seen, SilentFeed, Stores, shown
from tests.tui.setting_account import at, at_setting
from tests.tui.test_states import bare

NORMAL, LOADING, EMPTY, STALE, ERROR = PanelState


class Unreadable(DressedFeed):
    """Knows no settings."""

    async def settings(self, _: int, until: datetime | None = None) -> SettingBook:  # noqa: ARG002
        """See `Feed.settings`."""
        raise Unavailable("the run's file is locked", hint="close what writes to it")


class Asleep(DressedFeed):
    """Is still looking for the settings."""

    is_asked = False

    async def settings(self, _: int, until: datetime | None = None) -> SettingBook:  # noqa: ARG002
        """See `Feed.settings`."""
        self.is_asked = True
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")


def _feed(state: str, stores: Stores) -> RunFeed:
    match state:
        case "nothing yet":
            return SilentFeed(stores.none)
        case "loading":
            return Asleep(stores.two)
        case "empty":
            return RunFeed(stores.none)
        case "stale":
            return DressedFeed(stores.two, alive={"seconds": 17.4})
        case "error":
            return Unreadable(stores.two)
        case "a run":
            return RunFeed(stores.two)
        case _:
            return DressedFeed(stores.two)


STATES = {
    "nothing yet": LOADING,
    "loading": LOADING,
    "empty": EMPTY,
    "stale": STALE,
    "error": ERROR,
    "a run": NORMAL,
    "normal": NORMAL,
}


@pytest.mark.parametrize("state", STATES)
async def test_each_state_at_each_size(state: str, stores: Stores, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    reads = state not in {"nothing yet", "loading"}
    feed = _feed(state, stores)
    async with shown(stores.two, tmp_path, feed=feed, mode="PAPER", reads=reads) as seen:
        await seen.command("settings")
        if isinstance(feed, Asleep):
            await seen.until(lambda: feed.is_asked)
        for size in SIZES:
            await seen.resize(*size)
            screen = seen.app.screen
            assert isinstance(screen, SettingsScreen)
            assert {panel.state for panel in screen.panels()} == {STATES[state]}
            assert all(len(text) <= size[0] for text in seen.lines)
            assert _below_tabs(seen) == snapshot(name=f"{size[0]}x{size[1]}")
            painted = bare(seen)
            assert "".join(segment.text for segment in painted).isascii()
            assert not [s for s in painted if s.style and (s.style.color or s.style.bgcolor)]


def _below_tabs(seen: Seen) -> str:
    """Return the screen without the lines of the frame, which have tests of their own."""
    return "\n".join(seen.lines[2:])


async def test_frames_of_a_person_at_work(folder: Path, engine: EngineThread, snapshot: SnapshotAssertion) -> None:
    async with at(folder, size=SIZES[1]) as seen:
        await at_setting(seen, "max_open_positions")
        await seen.press("enter")
        for size in SIZES:
            await seen.resize(*size)
            assert _below_tabs(seen) == snapshot(name=f"typing {size[0]}x{size[1]}")
        await seen.press("backspace")
        await seen.type("12")
        await seen.press("enter")
        for size in SIZES:
            await seen.resize(*size)
            assert _below_tabs(seen) == snapshot(name=f"asking {size[0]}x{size[1]}")
