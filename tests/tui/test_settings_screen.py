"""The screen of the settings: at its keys, at the door of a real engine, and letter by letter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from engine.adapters import door_socket
from engine.errors import Unavailable
from engine.model.audit import Answered, Asked, AuditEvent, Word
from engine.settings import Settings
from stonks_tui import bootstrap, live_account
from stonks_tui.engine_thread import EngineThread
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.settings import SettingsScreen
from stonks_tui.steering import Through
from stonks_tui.view_models.setting_book import SettingBook
from stonks_tui.widgets.panel import PanelState
from stonks_tui.widgets.prompt import Prompt
from tests.support.dressed_feed import DressedFeed
from tests.support.terminal import SIZES, Seen, SilentFeed, Stores, shown, up
from tests.tui.setting_tries import names, settings_screen
from tests.tui.test_states import bare

NORMAL, LOADING, EMPTY, STALE, ERROR = PanelState


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
    """Return the line of a setting in the list."""
    return next(text for text in seen.lines if f" {name} " in text and "┃" in text)


async def test_what_tightens_is_done_at_once_and_file_and_screen_agree(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "max_open_positions", "2")
        assert seen.said == ["max_open_positions is 2\nu takes it back within 10 s"]
        assert (await settings_of(folder)).policy.max_open_positions == 2
        event = await last_audit(folder)
        assert (event.asked.word, event.asked.origin, event.done) == (Word.SET, "screens", True)
        assert (event.before, event.after) == (
            {"setting.max_open_positions": "3"},
            {"setting.max_open_positions": "2"},
        )
        assert " 2         10  count" in on_screen(seen, "max_open_positions")
        assert f"{event.at:%Y-%m-%d %H:%M} 3 → 2  {event.asked.who}" in seen.text


async def test_what_loosens_is_asked_about_with_before_and_after(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        before = await audited(folder)
        await edit(seen, "max_open_positions", "12")
        assert "┏━ Loosen max_open_positions ━" in seen.text
        assert "max_open_positions  3 → 12" in seen.text
        await seen.press("enter")
        assert seen.said == ["nothing was done"]
        assert await audited(folder) == before
        await edit(seen, "max_open_positions", "12")
        await seen.press("y")
        assert (await settings_of(folder)).policy.max_open_positions == 12
        assert " 12         10  count" in on_screen(seen, "max_open_positions")


async def test_a_switch_that_lets_the_engine_buy_is_asked_about_and_off_it_goes_at_once(
    folder: Path, engine: EngineThread
) -> None:
    async with at(folder) as seen:
        await seen.command("set micro_trading_enabled no")
        seen.said.clear()
        await seen.command("set micro_trading_enabled yes")
        assert "micro_trading_enabled  no → yes" in seen.text
        await seen.press("y")
        assert (await settings_of(folder)).policy.micro_trading_enabled
        await seen.command("set micro_trading_enabled no")
        assert not (await settings_of(folder)).policy.micro_trading_enabled


async def test_a_setting_is_set_from_any_screen(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.command("pos")
        await seen.command("set daily_summary_time=")
        assert (await settings_of(folder)).notifications.daily_summary_time == ""
        for typed, words in (
            ("set", "such as :set max_open_positions 8"),
            ("set max_open_positions", "a setting wants its name and its value"),
            ("set max_open_positions many", "max_open_positions is 'many'"),
            ("set max_open_positions -1", "it goes from 0 to 100000"),
            ("set max_opn_positions 2", "did you mean 'max_open_positions'?"),
            ("set max_open_positions 3", "all is so already"),
            ("set capital 5", "capital is what an account begins with"),
            ("set account live", "between paper and live nobody goes from a screen"),
        ):
            await seen.command(typed)
            assert words in "".join(seen.said), typed
        assert (await last_audit(folder)).after == {"setting.daily_summary_time": ""}


async def test_a_value_that_cannot_be_is_said_and_stays_to_be_corrected(folder: Path, engine: EngineThread) -> None:
    async with at(folder, size=SIZES[1]) as seen:
        before = await audited(folder)
        await at_setting(seen, "max_open_positions")
        await seen.press("e")
        assert seen.lines[-1] == "max_open_positions = 3"
        assert "0 to 100000 count · default 10 · upwards risks more" in seen.text
        await seen.press("backspace")
        await seen.type("-1")
        await seen.press("enter")
        assert seen.said == ["max_open_positions is -1: it goes from 0 to 100000"]
        assert seen.lines[-1] == "max_open_positions = -1"
        await seen.press("escape")
        assert not isinstance(seen.app.screen.focused, Prompt)
        assert "risks more" not in seen.text
        assert await audited(folder) == before


async def test_a_second_click_changes_a_setting_too(folder: Path, engine: EngineThread) -> None:
    async with at(folder, size=SIZES[1]) as seen:
        await at_setting(seen, "max_open_positions")
        settings_screen(seen).table().action_open()
        await seen.idle()
        assert seen.lines[-1] == "max_open_positions = 3"


async def test_what_belongs_together_is_checked_together(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "sms_enabled", "yes")
        assert seen.said == ["sms_enabled needs somebody to send to: set sns_phone_number or sns_topic_arn with it"]
        await seen.press("escape")


async def test_u_takes_a_setting_back_and_asks_where_that_loosens(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "max_open_positions", "2")
        await seen.press("u")
        assert "back to max_open_positions 3" in "".join(seen.said)
        assert "max_open_positions  2 → 3" in seen.text
        await seen.press("y")
        assert (await settings_of(folder)).policy.max_open_positions == 3


async def test_what_moved_under_the_question_is_said_and_nothing_is_done(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "max_open_positions", "12")
        assert told(folder, max_open_positions="5").done
        await seen.press("y")
        assert "nothing was done: max_open_positions was 3 and is 5" in "".join(seen.said)
        assert (await settings_of(folder)).policy.max_open_positions == 5


async def test_addresses_are_masked_until_somebody_asks(folder: Path, engine: EngineThread) -> None:
    address = "somebody.else@example.com"
    async with at(folder) as seen:
        await edit(seen, "gmail_recipient", address)
        assert seen.said == ["gmail_recipient is s***@example.com\nu takes it back within 10 s"]
        assert (await settings_of(folder)).notifications.gmail_recipient == address
        await seen.press("enter")
        assert seen.lines[-1] == "gmail_recipient ="  # it is not typed out either
        await seen.press("enter")
        assert "v shows what it is" in "".join(seen.said)
        await seen.press("y")
        assert seen.app.clipboard == "gmail_recipient=s***@example.com"
        assert address not in seen.text
        await seen.press("v")
        assert f"value {address}" in seen.text
        assert "s***" not in seen.text
        await seen.press("1")
        await seen.command("settings")
        assert address not in seen.text
        await seen.press("v", "enter")
        assert seen.lines[-1] == f"gmail_recipient = {address}"
        await seen.press("ctrl+u")
        await seen.type("gmail_recipient = ")
        await seen.press("enter")
        assert (await settings_of(folder)).notifications.gmail_recipient == ""


async def test_entries_are_paused_and_resumed_by_a_setting_too(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "paused", "yes")
        assert "entries are paused; exits are managed" in "".join(seen.said)
        assert " yes         no" in on_screen(seen, "paused")
        await edit(seen, "paused", "no")
        assert "y makes entries again" in seen.text
        await seen.press("y")
        assert " no         no" in on_screen(seen, "paused")
        assert (await last_audit(folder)).asked.word is Word.RESUME


async def test_a_terminal_that_only_looks_on_says_so(folder: Path, engine: EngineThread) -> None:
    async with at(folder, unlocked=False) as seen:
        await at_setting(seen, "max_open_positions")
        for key in ("enter", "e"):
            await seen.press(key)
            assert not isinstance(seen.app.screen.focused, Prompt)
        await seen.command("set max_open_positions 2")
        assert "A lets it steer" in "".join(seen.said)
        assert (await settings_of(folder)).policy.max_open_positions == 3


async def test_what_never_changes_says_why(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        for name, words in (
            ("capital", "capital is what an account begins with: it cannot be changed"),
            ("log_level", "log_level is of the process, not of the account"),
            ("STONKS_GMAIL_CLIENT_SECRET", "is read from the environment alone"),
            ("account", "between paper and live nobody goes from a screen"),
        ):
            await at_setting(seen, name)
            await seen.press("enter")
            assert words in "".join(seen.said), name


async def test_a_past_day_shows_the_rules_of_that_day(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "max_open_positions", "2")
        seen.said.clear()
        await seen.press("left_square_bracket")
        assert "as of 2024-01-22" in seen.text
        assert "rules of a day that is over: > goes to those of now" in seen.text
        assert " 3         10  count     beginning" in on_screen(seen, "max_open_positions")
        assert "Changes, newest first" not in seen.text
        await seen.press("enter")
        assert seen.said == ["rules of a day that is over: > goes to those of now"]
        await seen.press("greater_than_sign")
        assert " 2         10  count" in on_screen(seen, "max_open_positions")


async def test_what_a_file_says_otherwise_is_told_with_its_line(folder: Path, engine: EngineThread) -> None:
    (folder / "stonks.toml").write_text(
        "# mine\n[trading]\nmax_open_positions = 7\n\n[trading.tiers.moderate]\nmax_position_pct = 2\n"
    )
    async with at(folder) as seen:
        await at_setting(seen, "max_open_positions")
        assert "✗ stonks.toml [trading]: max_position_pct is 2" in seen.lines[3]  # so nothing of it is known
        (folder / "stonks.toml").write_text("# mine\n[trading]\nmax_open_positions = 7\n")
        assert told(folder, max_open_positions="2").done
        await seen.until(lambda: " 2         10" in on_screen(seen, "max_open_positions"))
        assert "now stonks.toml line 3 says 7: " in seen.text
        assert "✗" not in seen.lines[3]


async def test_a_search_goes_through_names_sections_and_words(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await seen.press("slash")
        await seen.type("breakers minutes")
        await seen.press("enter")
        assert names(seen) == [
            "daily_loss_cooldown_minutes",
            "single_position_cooldown_minutes",
            "volatility_window_minutes",
            "volatility_cooldown_minutes",
        ]
        await seen.press("slash", "ctrl+u")
        await seen.type("/zebra")
        await seen.press("enter")
        assert "No setting fits 'zebra'." in seen.text
        await seen.press("enter")
        assert seen.said == ["there is no setting under the cursor"]
        await seen.press("escape")
        assert len(names(seen)) > 120


async def test_an_engine_that_is_gone_is_said_to_be_gone(folder: Path) -> None:
    async with at(folder) as seen:
        await at_setting(seen, "max_open_positions")
        await seen.press("enter")
        assert "no engine runs" in "".join(seen.said)


# Frames


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
