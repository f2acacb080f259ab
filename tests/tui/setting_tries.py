"""What is tried with the keys of the settings: they are a run's, whose rules nobody changes."""

from collections.abc import Awaitable, Callable, Mapping

from stonks_tui.screens.settings import SettingsScreen
from stonks_tui.widgets.prompt import Prompt
from tests.support.terminal import Seen


def settings_screen(seen: Seen) -> SettingsScreen:
    """Return the screen of the settings."""
    found = seen.app.screen
    assert isinstance(found, SettingsScreen)
    return found


def names(seen: Seen) -> list[str]:
    """Return the names of the settings in the list, without the headings."""
    return [row.key for row in settings_screen(seen).table().view.rows if not row.key.startswith("§")]


async def edit_setting(seen: Seen, key: str) -> None:
    await seen.press(key)
    assert seen.said == ["there is no setting under the cursor"]  # a heading is
    await seen.press("j", key)
    assert seen.said == ["a run keeps its rules: a on 5 makes it again with others"]
    assert not isinstance(seen.app.screen.focused, Prompt)


async def find_setting(seen: Seen, key: str) -> None:
    await seen.press(key)
    await seen.type("largest sector")
    await seen.press("enter")
    assert names(seen) == [f"tiers.{tier}.max_sector_pct" for tier in ("conservative", "moderate", "aggressive")]
    await seen.press("escape")
    assert len(names(seen)) > 90


async def changed_only(seen: Seen, key: str) -> None:
    every = names(seen)
    await seen.press(key)
    assert names(seen) == ["risk_tier"]
    await seen.press(key)
    assert names(seen) == every


async def reveal(seen: Seen, key: str) -> None:
    await seen.press(key)  # test_settings_screen has addresses
    assert seen.said == ["none of these settings is hidden"]


async def copy_setting(seen: Seen, key: str) -> None:
    await seen.press("j", key)
    assert seen.said == ["the setting is copied"]
    assert seen.app.clipboard == "capital=100000.00"


SETTING_TRIES: Mapping[str, Callable[[Seen, str], Awaitable[None]]] = {
    "edit_setting": edit_setting,
    "find_setting": find_setting,
    "changed_only": changed_only,
    "reveal": reveal,
    "copy_setting": copy_setting,
}
