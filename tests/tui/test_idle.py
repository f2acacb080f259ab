"""When the tests take an app for idle: after all that was begun, and not before."""

import asyncio
from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static

from tests.support.terminal import frame, idle


class Slow(App[None]):
    """Takes its time over a key, and writes it down in another widget."""

    def compose(self) -> ComposeResult:
        yield Static("nothing", id="said")

    async def on_key(self, event: Key) -> None:
        await {"s": self._sleeps, "t": self._asks_a_thread, "r": self._is_painted_first, "x": self._fails}[event.key]()

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(text)

    async def _sleeps(self) -> None:
        await asyncio.sleep(0.05)
        self._say("slept")

    async def _asks_a_thread(self) -> None:
        self._say(await asyncio.to_thread(lambda: "a thread"))

    async def _is_painted_first(self) -> None:
        self._then("painted", 5)

    def _then(self, text: str, times: int) -> None:
        self._say(text if times == 0 else "not yet")
        if times:
            self.call_after_refresh(self._then, text, times - 1)

    async def _fails(self) -> None:
        raise ZeroDivisionError


@pytest.mark.parametrize(("key", "words"), [("s", "slept"), ("t", "a thread"), ("r", "painted")])
async def test_whoever_is_in_the_middle_of_a_message_is_waited_for(key: str, words: str) -> None:
    async with Slow().run_test(size=(20, 3)) as pilot:
        await idle(pilot)
        assert frame(pilot.app)[0] == "nothing"
        pilot.app.post_message(Key(key, key))
        await idle(pilot)
        assert frame(pilot.app)[0] == words


async def test_a_key_is_waited_for_that_is_on_its_way_from_the_terminal() -> None:
    async with Slow().run_test(size=(20, 3)) as pilot:
        await idle(pilot)
        send: Callable[[Key], None] = pilot.app._driver.send_message  # type: ignore[union-attr]
        send(Key("s", "s"))
        await idle(pilot)
        assert frame(pilot.app)[0] == "slept"


async def _break() -> None:
    async with Slow().run_test(size=(20, 3)) as pilot:
        pilot.app.post_message(Key("x", "x"))
        await idle(pilot)


async def test_an_app_that_broke_is_not_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        await _break()
