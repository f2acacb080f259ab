"""The ladder of danger, at the keys of a terminal and the door of a real engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.geometry import Region

from engine.adapters import door_socket
from engine.model.audit import Answered, Asked, Word
from stonks_tui import bootstrap, live_account
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import DETACH, STOP, LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.steering import Beside, Through
from stonks_tui.widgets.panel import Panel
from tests.support.hand_clock import HandClock
from tests.support.terminal import Seen, up

SIZES = ((60, 20), (80, 24))


@asynccontextmanager
async def at(
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    unlocked: bool = True,
    now: HandClock | None = None,
    seconds: float = 10.0,
) -> AsyncIterator[Seen]:
    """Give a terminal that is attached to the account in `folder`."""
    door = Through(bootstrap.door_path(folder), seconds=seconds)
    app = LiveApp(LiveFeed(folder), door, data_dir=folder, mode="PAPER", now=now or HandClock())
    async with up(app, size=size) as seen:
        if unlocked:
            await seen.press("A")
            assert seen.said
        yield seen


def told(folder: Path, word: Word, **arguments: str) -> Answered:
    """Say something to the engine from elsewhere."""
    return door_socket.ask(bootstrap.door_path(folder), Asked(word=word, arguments=arguments, origin="cli"))


async def heard(folder: Path) -> list[str]:
    """Return the words that the engine has taken from the screens, oldest first."""
    audits = await live_account.reader(folder).audits()
    return [a.asked.word.value for a in reversed(audits) if a.asked.origin == "screens"]


def box(seen: Seen) -> list[str]:
    """Return the lines of the box that is up, none when there is none."""
    top = next((n for n, text in enumerate(seen.lines) if text.startswith("┏━ ") and text.endswith("┓")), None)
    return seen.lines[top:] if seen.app.screen.query("DockedBox") and top is not None else []


async def test_entries_are_resumed_when_a_person_means_it(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("p", "P")
        assert "trading  reducing → active" in seen.text
        assert "[ Cancel ]   y makes entries again" in seen.text
        await seen.press("y")
        assert await heard(folder) == ["pause", "resume"]
        assert "entries are made again, as far as breakers allow" in "".join(seen.said)
        assert box(seen) == []


@pytest.mark.parametrize("keys", [("enter",), ("escape",), ("n", "enter")])
async def test_cancel_has_the_focus(folder: Path, engine: EngineThread, keys: tuple[str, ...]) -> None:
    async with at(folder) as seen:
        await seen.press("p", "P")
        seen.said  # noqa: B018 - what was said until now
        await seen.press(*keys)
        assert await heard(folder) == ["pause"]
        assert seen.said == ["nothing was done"]
        assert box(seen) == []


async def test_entries_are_stopped_from_over_the_help_too(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("question_mark", "p")
        assert await heard(folder) == ["pause"]
        assert "entries are paused; exits are managed" in "".join(seen.said)


async def test_what_is_typed_ahead_reaches_the_question(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("p")
        await seen.type("Py")
        assert await heard(folder) == ["pause", "resume"]


async def test_a_position_is_sold_when_its_ticker_is_typed(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("2", "x")
        assert "┏━ Sell CCC ━" in seen.text
        assert "All 399 shares of CCC" in seen.text
        await seen.type("ccd")
        await seen.press("enter")
        assert await heard(folder) == []
        await seen.press("x")
        await seen.type("ccc")
        await seen.press("enter")
        assert await heard(folder) == ["close"]
        assert "CCC is being closed" in "".join(seen.said)


async def test_what_the_core_refuses_is_said_before_anybody_is_asked(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        for typed, words in (
            ("close ZZZ", "ZZZ is not held"),
            ("reserve 9999999", "the reserve goes from nothing to all the cash there is"),
            ("reserve much", "'much' is no amount"),
            ("tier bold", "there is no tier 'bold'"),
            ("tier moderate", "all is so already"),
            ("resume", "entries are being made already"),
        ):
            await seen.command(typed)
            assert words in "".join(seen.said)
            assert box(seen) == []
        assert await heard(folder) == []


async def test_a_question_expires(folder: Path, engine: EngineThread) -> None:
    now = HandClock()
    async with at(folder, now=now) as seen:
        await seen.command("halt")
        assert "15 s · Esc cancels" in seen.text
        now.seconds += 14.5
        await seen.until(lambda: "━ 1 s · Esc cancels" in seen.text)
        now.seconds += 0.5
        await seen.until(lambda: box(seen) == [])
        assert "nobody answered within 15 s: nothing was done" in "".join(seen.said)
        assert await heard(folder) == []


async def test_what_moved_under_a_question_is_said_and_nothing_is_done(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("2", "x")
        told(folder, Word.CLOSE, ticker="CCC")
        await seen.type("CCC")
        await seen.press("enter")
        assert "nothing was done: CCC was 399 shares and is " in "".join(seen.said)
        await seen.command("tier aggressive")
        told(folder, Word.TIER, name="conservative")
        await seen.press("y")
        assert "the tier was moderate and is conservative" in "".join(seen.said)
        assert told(folder, Word.BREAKER).done
        await seen.press("b", "c")
        assert "type clear to end it" in seen.text
        told(folder, Word.CLEAR, breaker="b1")
        await seen.type("clear")
        await seen.press("enter")
        assert "breaker b1 was on and is not on" in "".join(seen.said)
        assert await heard(folder) == []


async def test_a_locked_terminal_says_so_but_stops_entries(folder: Path, engine: EngineThread) -> None:
    async with at(folder, unlocked=False) as seen:
        for typed in ("tier conservative", "halt", "stop", "close all", "reserve 1"):
            await seen.command(typed)
            assert "A lets it steer" in "".join(seen.said)
        await seen.press("b", "t")
        assert "A lets it steer" in "".join(seen.said)
        await seen.press("b", "p")
        assert await heard(folder) == ["pause"]
        assert box(seen) == []


async def test_a_terminal_that_was_locked_while_it_asked_does_nothing(folder: Path, engine: EngineThread) -> None:
    now = HandClock()
    async with at(folder, now=now) as seen:
        now.seconds += 595
        await seen.command("tier aggressive")
        now.seconds += 10
        await seen.press("y")
        assert "this terminal was locked meanwhile" in "".join(seen.said)
        assert await heard(folder) == []


async def test_an_engine_that_has_gone_in_between_is_said_to_be_gone(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.command("tier aggressive")
        engine.stop()
        assert await asyncio.to_thread(engine.join, 30)
        await seen.press("y")
        assert "no engine runs" in "".join(seen.said)


async def test_a_silent_engine_is_not_waited_for(folder: Path) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    door = await asyncio.start_unix_server(silence, bootstrap.door_path(folder))
    bootstrap.door_path(folder).chmod(0o600)
    async with door, at(folder, seconds=0.2) as seen:
        await seen.press("p")
        assert "has not answered within 0.2 s; what was asked may have taken effect all the same" in "".join(seen.said)


async def test_breakers_are_tripped_at_once_and_cleared_by_their_word(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("b")
        assert "○ by hand" in seen.text
        await seen.press("t")
        assert await heard(folder) == ["breaker"]
        await seen.press("b")
        assert "● by hand" in seen.text
        assert "▸ b1 01-23 14:49 by hand, until somebody clears it" in seen.text
        await seen.press("c")
        await seen.type("clear")
        await seen.press("enter")
        assert await heard(folder) == ["breaker", "clear"]
        await seen.press("b")
        assert "01-23 14:49 by hand, ended 01-23 14:49" in seen.text


async def test_the_reserve_is_filled_at_once_and_emptied_when_it_is_meant(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("r")
        await seen.type("-20")
        assert "✗ the reserve goes from nothing to 71,862.13, all the cash" in seen.text
        await seen.press("enter")
        assert box(seen)  # what cannot be is not taken
        await seen.press(*["backspace"] * 3)
        await seen.type("1,000.50")
        assert "Reserve      14.01 → 1,014.51" in seen.text
        assert "Active pool  99,595.13 → 98,594.63" in seen.text
        await seen.press("enter")
        assert await heard(folder) == ["reserve"]
        await seen.press("r")
        await seen.type("-14.51")
        await seen.press("enter")
        assert "Reserve 1,014.51 → 1,000.00" in seen.text
        await seen.press("y")
        assert await heard(folder) == ["reserve", "reserve"]
        assert (await live_account.reader(folder).reserve_entries(0))[-1].balance_after == 10_000_000


async def test_a_tier_is_chosen_side_by_side(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("t")
        assert "●[moderate]" in seen.text
        await seen.press("h", "enter")
        assert await heard(folder) == ["tier"]
        assert box(seen) == []
        await seen.press("t")
        assert "moderate → conservative: operator" in seen.text
        await seen.press("l", "l", "l", "enter")
        assert "┏━ Tier up to aggressive ━" in seen.text
        await seen.press("y")
        assert (await live_account.state(folder)).tier == "aggressive"  # type: ignore[union-attr]


async def test_u_takes_back_what_was_just_done(folder: Path, engine: EngineThread) -> None:
    now = HandClock()
    async with at(folder, now=now) as seen:
        await seen.press("u")
        assert "nothing was done here within the last 10 s" in "".join(seen.said)
        await seen.press("p", "u")
        assert "taking the pause back" in "".join(seen.said)
        await seen.press("y")
        assert await heard(folder) == ["pause", "resume"]
        await seen.press("u")
        assert await heard(folder) == ["pause", "resume", "pause"]  # less risk: at once
        now.seconds += 11
        await seen.press("u")
        assert await heard(folder) == ["pause", "resume", "pause"]


async def test_a_move_of_the_reserve_is_taken_back_by_its_opposite(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.command("reserve 250")
        await seen.press("u", "y")
        entries = await live_account.reader(folder).reserve_entries(0)
        assert [e.amount for e in entries[-2:]] == [2_500_000, -2_500_000]


async def test_nothing_behind_a_box_moves(folder: Path, engine: EngineThread) -> None:
    def places(seen: Seen) -> list[Region]:
        return [panel.region for panel in seen.app.screen.query(Panel)]

    async with at(folder) as seen:
        before, lines = places(seen), seen.lines
        await seen.press("b")
        assert places(seen) == before
        covered = len(box(seen))
        assert covered > 5
        assert _words(seen.lines[8:-covered]) == _words(lines[8:-covered])
        await seen.press("escape")
        assert seen.lines[8:] == lines[8:]


def _words(lines: list[str]) -> list[list[str]]:
    """Return what stands on the lines, frames left out: they say which pane has the keys."""
    return [[word for word in text.split() if word.isalnum()] for text in lines]


async def test_a_click_elsewhere_answers_nothing(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.command("halt")
        await seen.pilot.click(offset=(10, 4))
        await seen.idle()
        assert box(seen) == []
        assert await heard(folder) == []


@asynccontextmanager
async def beside(folder: Path, engine: EngineThread) -> AsyncIterator[Seen]:
    """Give a terminal with the engine in its own process."""
    app = LiveApp(LiveFeed(folder), Beside(engine), engine=engine, data_dir=folder, mode="PAPER", now=HandClock())
    async with up(app, size=(80, 24)) as seen:
        await seen.until(lambda: app.scope is not None)
        yield seen


async def left_by(seen: Seen, key: str) -> int | None:
    """Press the key that ends the screens; return what they were left with."""
    seen._send(key)
    async with asyncio.timeout(30):
        while seen.app.return_value is None:  # noqa: ASYNC110 - an app that ends is never idle again
            await asyncio.sleep(0.02)
    return seen.app.return_value


async def test_leaving_asks_what_becomes_of_the_engine(folder: Path, engine: EngineThread) -> None:
    async with beside(folder, engine) as seen:
        await seen.press("q")
        assert "┏━ Leave ━" in seen.text
        await seen.press("enter")
        assert "still here" in seen.said
        await seen.press("q", "s")
        assert "type stop to stop it" in seen.text
        await seen.press("escape")
        assert not seen.app.is_leaving
        await seen.press("q", "s")
        await seen.type("stop")
        assert await left_by(seen, "enter") == STOP


async def test_leaving_may_let_the_engine_trade_on(folder: Path, engine: EngineThread) -> None:
    async with beside(folder, engine) as seen:
        await seen.press("q")
        assert await left_by(seen, "d") == DETACH
    assert engine.is_alive


@pytest.mark.parametrize("size", SIZES)
async def test_every_box_fits(
    folder: Path, engine: EngineThread, size: tuple[int, int], snapshot: SnapshotAssertion
) -> None:
    frames: list[str] = []
    async with at(folder, size=size) as seen:
        await seen.press("p")

        async def take(*keys: str, typed: str = "") -> None:
            if typed:
                await seen.command(typed)
            await seen.press(*keys)
            frames.append("\n".join(box(seen)))
            await seen.press("escape")

        await take("P")
        for words in ("tier aggressive", "halt", "stop", "close ccc", "close all", "reserve -10"):
            await take(typed=words)
        await take("t", "l")
        await take("r", "5", "0")
        told(folder, Word.BREAKER)
        await take("b")
        await take("b", "c")
    async with beside(folder, engine) as seen:
        await seen.resize(*size)
        await take("q")
    assert all(frame and len(frame.split("\n")) < size[1] for frame in frames)
    assert all(len(text) <= size[0] for frame in frames for text in frame.split("\n"))
    assert "\n\n".join(frames) == snapshot


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_told_stays_readable_above_a_box(
    folder: Path, engine: EngineThread, size: tuple[int, int]
) -> None:
    app = LiveApp(LiveFeed(folder), Through(bootstrap.door_path(folder)), data_dir=folder, mode="PAPER")
    async with up(app, size=size, notifications=True) as seen:
        await seen.press("A", "p")
        assert "u takes it back within 10 s" in "\n".join(seen.lines[-6:])
        await seen.command("halt")
        assert "type halt to halt:" in seen.lines[-3]
        above = "\n".join(seen.lines[: -len(box(seen))] if len(box(seen)) < size[1] else seen.lines)
        assert "entries are paused; exits are managed" in above
        assert "u takes it back within 10 s" in above
        assert seen.lines[0].startswith(" PAPER")
        await seen.press("escape")
        assert "nothing was done" in "\n".join(seen.lines[-6:])
