"""The settings of an account that trades: a terminal that shows them, and what a person does there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.adapters import door_socket
from engine.model.audit import Answered, Asked, AuditEvent, Word
from engine.settings import Settings
from stonks_tui import bootstrap, live_account
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.steering import Through
from tests.support.terminal import Seen, up
from tests.tui.setting_tries import settings_screen


@asynccontextmanager
async def at(folder: Path, *, size: tuple[int, int] = (120, 40), unlocked: bool = True) -> AsyncIterator[Seen]:
    """Give a terminal that is attached to the account in `folder` and shows its settings."""
    door = Through(bootstrap.door_path(folder))
    app = LiveApp(LiveFeed(folder), door, data_dir=folder, mode="PAPER", screen="settings", now=lambda: 100.0)
    async with up(app, size=size) as seen:
        if unlocked:
            await seen.press("A")
            assert seen.said
        yield seen


async def at_setting(seen: Seen, name: str) -> None:
    """Go to a setting."""
    assert settings_screen(seen).table().go_to(name)
    await seen.idle()


async def edit(seen: Seen, name: str, value: str) -> None:
    """Make a setting something else, as a person does."""
    await at_setting(seen, name)
    await seen.press("enter", "ctrl+u")
    await seen.type(f"{name} = {value}")
    await seen.press("enter")


async def settings_of(folder: Path) -> Settings:
    """Return the settings as the account's file has them."""
    return (await live_account.settings(folder))[0]


async def last_audit(folder: Path) -> AuditEvent:
    """Return the newest word that the engine took."""
    return (await live_account.reader(folder).audits(1))[0]


async def audited(folder: Path) -> int:
    """Return how many words the engine took."""
    return len(await live_account.reader(folder).audits())


def told(folder: Path, **arguments: str) -> Answered:
    """Set something from elsewhere."""
    return door_socket.ask(bootstrap.door_path(folder), Asked(word=Word.SET, arguments=arguments, origin="cli"))


def on_screen(seen: Seen, name: str) -> str:
    """Return the words of a setting's line in the list."""
    found = next(text for text in seen.lines if f" {name} " in text and "┃" in text)
    return " ".join(found.split())
