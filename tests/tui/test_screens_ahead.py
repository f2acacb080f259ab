"""Screens ahead: are screens that nobody has looked at ready, and not to be seen?"""

from pathlib import Path

from stonks_tui.view_models.commands import SCREENS
from tests.support.terminal import shown


async def test_screens_are_ready_before_somebody_asks_for_them(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path) as seen:
        before = seen.text
        names = [screen.name for screen in SCREENS]
        assert not seen.app.get_screen("decisions").is_running
        await seen.app.ahead.make_ready(after=0, between=0)
        await seen.idle()
        assert all(seen.app.get_screen(name).is_running for name in names)
        assert seen.text == before
        await seen.press("3")
        assert "Decisions" in seen.text
