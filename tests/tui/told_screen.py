"""Told screen: screen 7 over an account that told people of something, and what stands there."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from engine.notification_settings import NotificationSettings
from stonks_tui import bootstrap, live_account
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.screens.notifications import NotificationsScreen
from stonks_tui.steering import Through
from stonks_tui.view_models.text import plain
from tests.support import told_account
from tests.support.standing_feed import StandingFeed
from tests.support.terminal import Seen, shown, up

KEY = "7"


def live(folder: Path, home: Path, **how: object) -> AbstractAsyncContextManager[Seen]:
    """Give the screens over the account in `folder`, whose engine stands as `how` says."""
    feed = StandingFeed(folder, at=told_account.AT, **how)  # type: ignore[arg-type]
    return shown(folder, home, feed=feed, mode="PAPER", run_id=0, size=(80, 24))


@asynccontextmanager
async def attached(folder: Path, *, unlocked: bool = True, mode: str = "PAPER") -> AsyncIterator[Seen]:
    """Give the screen, attached to the engine of the account in `folder`."""
    app = LiveApp(LiveFeed(folder), Through(bootstrap.door_path(folder)), data_dir=folder, mode=mode)
    async with up(app, size=(80, 24)) as seen:
        await seen.press(KEY, *["A"] * unlocked)
        seen.said.clear()
        yield seen


def screen(seen: Seen) -> NotificationsScreen:
    """Return the screen that is up."""
    found = seen.app.screen
    assert isinstance(found, NotificationsScreen)
    return found


def cells(seen: Seen, key: str) -> list[str]:
    """Return what stands in a column of the history."""
    view = screen(seen).table().view
    place = [column.key for column in view.columns].index(key)
    return [plain(row.cells[place]) for row in view.rows]


async def settings(folder: Path) -> NotificationSettings:
    """Return whom the account tells of what."""
    return (await live_account.settings(folder))[0].notifications
