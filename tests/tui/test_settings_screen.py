"""The screen of the settings: what it shows of them, of whom, and what it says that it cannot do."""

from pathlib import Path

from stonks_tui.engine_thread import EngineThread
from stonks_tui.widgets.prompt import Prompt
from tests.tui.setting_account import at, at_setting, edit, on_screen, settings_of, told
from tests.tui.setting_tries import names


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
        assert " 3 10 count beginning" in on_screen(seen, "max_open_positions")
        assert "Changes, newest first" not in seen.text
        await seen.press("enter")
        assert seen.said == ["rules of a day that is over: > goes to those of now"]
        await seen.press("greater_than_sign")
        assert " 2 10 count" in on_screen(seen, "max_open_positions")


async def test_what_a_file_says_otherwise_is_told_with_its_line(folder: Path, engine: EngineThread) -> None:
    (folder / "stonks.toml").write_text(
        "# mine\n[trading]\nmax_open_positions = 7\n\n[trading.tiers.moderate]\nmax_position_pct = 2\n"
    )
    async with at(folder) as seen:
        await at_setting(seen, "max_open_positions")
        assert "✗ stonks.toml [trading]: max_position_pct is 2" in seen.lines[3]  # so nothing of it is known
        (folder / "stonks.toml").write_text("# mine\n[trading]\nmax_open_positions = 7\n")
        assert told(folder, max_open_positions="2").done
        await seen.until(lambda: " 2 10" in on_screen(seen, "max_open_positions"))
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
