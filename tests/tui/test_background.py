"""What is done in the background may come back to screens that are gone, or to one that lacks a widget."""

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerFailed

from stonks_tui.background import background


class _Slow(Screen[None]):
    """Its app is still shutting down while the reading comes back."""

    def compose(self) -> ComposeResult:
        yield Static(id="rows")

    async def on_unmount(self) -> None:
        app = self.app
        assert isinstance(app, _Reading)
        app.answered.set()
        await asyncio.wait_for(app.came_back.wait(), 5)


class _Reading(App[None]):
    """Reads something that takes long."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = asyncio.Event()
        self.came_back = asyncio.Event()
        self.found: list[str] = []

    def get_default_screen(self) -> Screen[None]:
        return _Slow()

    @background(group="reading")
    async def read(self, wanted: str) -> None:
        await self.answered.wait()
        try:
            self.screen_stack[0].query_one(wanted)
            self.found.append(wanted)
        except NoMatches:
            self.found.append("none")
            raise
        finally:
            self.came_back.set()


async def test_what_comes_back_while_the_app_ends_is_no_fault() -> None:
    app = _Reading()
    async with app.run_test():
        app.read("#rows")
    assert app.found == ["none"]


async def test_a_widget_that_lacks_while_the_app_runs_is_one() -> None:
    with pytest.raises(WorkerFailed, match="#no-such-thing"):
        await _read_and_find("#no-such-thing")


async def _read_and_find(wanted: str) -> None:
    app = _Reading()
    async with app.run_test() as pilot:
        app.read(wanted)
        app.answered.set()
        await pilot.pause()
