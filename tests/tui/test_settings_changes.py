"""Settings are changed at the keys of their screen and in its command line, at the door of a real engine."""

from pathlib import Path

from engine.model.audit import Word
from stonks_tui.engine_thread import EngineThread
from stonks_tui.widgets.prompt import Prompt
from tests.support.terminal import SIZES
from tests.tui.setting_account import at, at_setting, audited, edit, last_audit, on_screen, settings_of, told
from tests.tui.setting_tries import settings_screen


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
        assert " 2 10 count" in on_screen(seen, "max_open_positions")
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
        assert " 12 10 count" in on_screen(seen, "max_open_positions")


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


async def test_entries_are_paused_and_resumed_by_a_setting_too(folder: Path, engine: EngineThread) -> None:
    async with at(folder) as seen:
        await edit(seen, "paused", "yes")
        assert "entries are paused; exits are managed" in "".join(seen.said)
        assert " yes no" in on_screen(seen, "paused")
        await edit(seen, "paused", "no")
        assert "y makes entries again" in seen.text
        await seen.press("y")
        assert " no no" in on_screen(seen, "paused")
        assert (await last_audit(folder)).asked.word is Word.RESUME
