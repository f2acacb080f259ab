"""Keys that steer: what cannot act now is dimmed and says why; what stops entries always acts."""

import asyncio
from pathlib import Path

from textual.widgets._toast import Toast

from engine.model.audit import Word
from stonks_tui import bootstrap, live_account
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.steering import Beside, Through
from stonks_tui.view_models import acting
from stonks_tui.view_models.command import DEMO, ENGINE
from stonks_tui.view_models.commands import COMMANDS, SCREENS
from stonks_tui.view_models.text import Mood
from stonks_tui.widgets.canvas import Canvas
from tests.support.hand_clock import HandClock
from tests.support.terminal import Seen, shown, up


def attached(folder: Path, now: HandClock, *, mode: str = "PAPER") -> LiveApp:
    """Return a terminal that is attached to the account in `folder`."""
    return LiveApp(LiveFeed(folder), Through(bootstrap.door_path(folder)), data_dir=folder, mode=mode, now=now)


def dimmed(seen: Seen) -> set[str]:
    """Return the labels of the footer that are dimmed."""
    (spans,) = seen.app.screen.query_one("#footer", Canvas).lines
    return {span.text for span in spans if span.mood is Mood.DIM}


async def refused(seen: Seen, key: str) -> str:
    """Press a key that is refused; return what was said, which is the reason for its dimming."""
    screen = seen.app.screen
    assert isinstance(screen, RunScreen)
    command = next(c for c in COMMANDS if key in c.keys and c.place in (ENGINE, DEMO))
    why = screen.why_not(command)
    seen.said.clear()
    await seen.press(key)
    assert seen.said == [why]
    assert not screen.query("DockedBox")
    return why or ""


async def test_a_locked_terminal_dims_what_it_refuses_until_it_is_unlocked(folder: Path, engine: EngineThread) -> None:
    now = HandClock()
    async with up(attached(folder, now), size=(120, 40)) as seen:
        assert {"t tier", "r reserve"} <= dimmed(seen)
        assert not {"p stop entries", "b breakers"} & dimmed(seen)
        for key in "tr":
            assert await refused(seen, key) == acting.LOCKED
        await seen.press("2")
        assert await refused(seen, "x") == acting.LOCKED
        await seen.press("1", "A")
        assert not {"t tier", "r reserve"} & dimmed(seen)
        now.seconds += 600
        await seen.until(lambda: {"t tier", "r reserve"} <= dimmed(seen))  # no key was pressed
        assert await refused(seen, "t") == acting.LOCKED


async def test_whatever_is_refused_entries_can_be_stopped(folder: Path, engine: EngineThread) -> None:
    async with up(attached(folder, HandClock()), size=(80, 24)) as seen:
        for number, place in enumerate(SCREENS, start=1):
            await seen.press("escape", str(number))
            assert seen.app.screen.name == place.name
            assert "p stop entries" not in dimmed(seen)
            await seen.press("p")
        audits = await live_account.reader(folder).audits()
        assert [audit.asked.word for audit in audits] == [Word.PAUSE] * len(SCREENS)


async def test_without_an_engine_nothing_is_told_but_to_stop_entries(folder: Path) -> None:
    async with up(attached(folder, HandClock()), size=(80, 24)) as seen:
        assert "OFFLINE" in seen.lines[0]
        await seen.press("A")
        for key in "trP":
            assert await refused(seen, key) == acting.OFFLINE
        await seen.press("2")
        assert await refused(seen, "x") == acting.OFFLINE
        seen.said.clear()
        await seen.press("p")
        assert "no engine runs" in "".join(seen.said)
        assert acting.OFFLINE not in "".join(seen.said)
        await seen.press("b")
        assert "┏━ Breakers ━" in seen.text  # they can be looked at


async def test_each_key_says_what_it_lacks(folder: Path, engine: EngineThread) -> None:
    async with up(attached(folder, HandClock()), size=(80, 24)) as seen:
        await seen.press("A")
        assert await refused(seen, "x") == acting.NO_POSITION
        assert await refused(seen, "u") == "nothing was done here within the last 10 s"
        for key in "fl":
            assert await refused(seen, key) == acting.NO_CLOCK
        await seen.press("2", "x")
        assert "┏━ Sell CCC ━" in seen.text
        await seen.press("escape", "h")
        assert await refused(seen, "x") == acting.NO_POSITION  # a closed trade is none
        await seen.command("close ccc")
        assert "┏━ Sell CCC ━" in seen.text


async def test_a_demo_that_somebody_looks_at_from_elsewhere_has_no_clock(folder: Path, engine: EngineThread) -> None:
    async with up(attached(folder, HandClock(), mode="DEMO"), size=(120, 40)) as seen:
        assert "f freeze" in dimmed(seen)


async def test_the_terminal_of_the_engine_is_never_locked(folder: Path, engine: EngineThread) -> None:
    app = LiveApp(LiveFeed(folder), Beside(engine), engine=engine, data_dir=folder, mode="PAPER", now=HandClock())
    async with up(app, size=(120, 40)) as seen:
        await seen.until(lambda: app.scope is not None)
        assert not {"t tier", "r reserve"} & dimmed(seen)
        assert await refused(seen, "A") == acting.NEVER_LOCKED
        engine.stop()
        assert await asyncio.to_thread(engine.join, 30)
        app.is_leaving = True  # it is not to end with its engine
        assert await refused(seen, "t") == acting.OFFLINE


async def test_a_key_that_is_held_down_does_not_fill_the_screen_with_its_reason(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, notifications=True) as seen:
        await seen.type("x" * 30 + "]" + "x" * 30)
        assert len(seen.said) == 60
        assert len(seen.app.screen.query(Toast)) == 1
