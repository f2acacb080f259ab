"""What is typed: commands after a colon, filters after a slash. Letters type, and do nothing else."""

from pathlib import Path
from unittest.mock import patch

import pytest
from textual.events import Key

from stonks_tui.screens.decisions import DecisionsScreen
from stonks_tui.screens.list_screen import ListScreen
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models.command import Command
from stonks_tui.view_models.commands import COMMANDS, SCREENS, of_screen
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.prompt import Prompt
from stonks_tui.widgets.typed_line import TypedLine
from tests.support.terminal import DAYS, Seen, Stores, shown

SIZE = (80, 24)


def rows(seen: Seen) -> list[dict[str, str]]:
    screen = seen.app.screen
    assert isinstance(screen, ListScreen)
    view = screen.table().view
    return [{c.key: plain(cell) for c, cell in zip(view.columns, row.cells, strict=True)} for row in view.rows]


def name(seen: Seen) -> str:
    assert isinstance(seen.app.screen, RunScreen)
    return seen.app.screen.NAME


async def filtered(seen: Seen, text: str) -> list[dict[str, str]]:
    """Type a filter in place of the one that is there."""
    await seen.press("slash", "ctrl+u")
    await seen.type(f"/{text}")
    await seen.press("enter")
    return rows(seen)


async def test_decisions_are_filtered_by_each_word_that_the_help_names(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        assert {r["verdict"].strip() for r in await filtered(seen, "act")} == {"ACT"}
        assert {r["verdict"].strip() for r in await filtered(seen, "skip")} == {"SKIP"}
        assert {r["ticker"] for r in await filtered(seen, "zirk")} == {"ZIRK"}
        assert {r["why"] for r in await filtered(seen, "low_confidence")} == {"low confidence"}
        assert {r["why"] for r in await filtered(seen, "confidence")} == {"low confidence"}
        assert min(r["at"] for r in await filtered(seen, "since:2021-08-11")) >= "21-08-11"
        assert {r["at"][:8] for r in await filtered(seen, "on:2021-08-11")} == {"21-08-11"}
        assert min(float(r["confidence"]) for r in await filtered(seen, "conf>0.8")) >= 0.8
        assert max(float(r["confidence"]) for r in await filtered(seen, "conf<0.6")) <= 0.6
        both = await filtered(seen, "skip zirk conf<0.6")
        assert {(r["ticker"], r["verdict"].strip()) for r in both} == {("ZIRK", "SKIP")}
        assert "Decisions · 5 · /skip zirk conf<0.6" in seen.lines[2].replace(f"· {len(both)} ·", "· 5 ·")
        assert seen.said == []


@pytest.mark.parametrize("wrong", ["conf>7000", "since:yesterday", "%", "until"])
async def test_a_wrong_word_in_a_filter_says_so_and_changes_nothing(wrong: str, two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        before = await filtered(seen, "act")
        if wrong == "until":  # is a word that could be a ticker
            assert await filtered(seen, wrong) == []
            assert "No decision up to this day fits 'until'." in seen.text
            return
        assert await filtered(seen, wrong) == before
        (said,) = seen.said
        assert said.startswith(f"'{wrong}'")


async def test_a_filter_that_nothing_fits_says_how_to_leave_it(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        everything = rows(seen)
        assert await filtered(seen, "NOPE") == []
        assert "No decision up to this day fits 'NOPE'." in seen.text
        assert "Esc shows all of them." in seen.text
        await seen.press("escape")
        assert rows(seen) == everything


async def test_positions_and_trades_are_filtered_by_words_each_with_a_filter_of_its_own(
    two: Path, tmp_path: Path
) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="positions") as seen:
        held = rows(seen)
        some = await filtered(seen, "technology")
        assert some == [r for r in held if "Technology" in r["sector"]] != held
        await seen.press("h")
        sold = rows(seen)
        assert len(sold) > 50
        stopped = await filtered(seen, "stop")
        assert stopped == [r for r in sold if "stop" in (r["why"] + r["thesis"]).casefold()] != sold
        await seen.press("h")
        assert rows(seen) == some


async def test_filter_order_theme_and_screen_are_as_they_were_left(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        await seen.press("2")
        await filtered(seen, "technology")
        await seen.press("s", "s")
        await seen.command("theme light")
        left = seen.lines[2], rows(seen)
    async with shown(two, tmp_path, size=SIZE) as seen:
        assert name(seen) == "positions"
        assert (seen.lines[2], rows(seen)) == left
        assert seen.app.theme == "light"


WORDS = [(c.name, word) for c in COMMANDS for word in c.words if c.name not in {"quit", "day", "why", "open_run"}]


async def test_each_word_does_what_its_key_does(two: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    asked: list[str] = []

    def do(command: Command, _: str = "") -> None:
        asked.append(command.name)

    async with shown(two, tmp_path, size=SIZE) as seen:
        for command, word in WORDS:
            takes = next(c.takes for c in COMMANDS if c.name == command)
            with subtests.test(word):
                await seen.press("colon")
                await seen.type(f"{word} {takes}".strip())
                with patch.object(seen.app.screen, "_do", do):
                    await seen.press("enter")
                assert asked.pop() == command
                assert seen.said == []


async def test_day_goes_to_that_session_or_the_last_one_before_it(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        for typed, shows in (
            ("day 2021-02-01", "2021-02-01 day 21 of 160"),
            ("day 2021-02-07", "2021-02-05 day 25 of 160"),
            ("on 1999-01-01", f"2021-01-04 day 1 of {DAYS}"),
            ("day 2055-01-01", "2021-08-13 end"),
        ):
            await seen.command(typed)
            assert seen.lines[0].endswith(shows)
        assert seen.said == []
        await seen.command("day tomorrow")
        assert seen.said == ["'tomorrow' is no day\nwrite it like 2024-03-29"]
        assert seen.lines[0].endswith("2021-08-13 end")


async def test_why_shows_the_newest_decision_on_a_ticker(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        await seen.command("why velm")
        assert name(seen) == "decisions"
        assert {r["ticker"] for r in rows(seen)} == {"VELM"}
        screen = seen.app.screen
        assert isinstance(screen, DecisionsScreen)
        assert screen.table().row_key == rows(seen)[0]["id"]
        assert f"Trace · VELM {rows(seen)[0]['id']}" in seen.text


async def test_bt_opens_another_run_and_refuses_what_is_none(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        assert "AGGRESSIVE" in seen.lines[0]
        await seen.command("bt 1")
        assert "MODERATE" in seen.lines[0]
        assert seen.said == []
        await seen.command("bt seven")
        assert seen.said == ["'seven' is no run\n5 lists them with their numbers"]
        await seen.command("run 7")
        assert seen.said == ["there is no run 7\n`stonks backtest list` shows what there is"]
        assert "MODERATE" in seen.lines[0]


async def test_themes_change_the_colours_and_an_unknown_one_names_those_there_are(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        for word, textual_name in (("light", "light"), ("ansi", "ansi-dark"), ("high-contrast", "high-contrast")):
            await seen.command(f"theme {word}")
            assert seen.app.theme == textual_name
        assert seen.said == []
        await seen.command("theme pink")
        assert seen.said == ["there is no theme 'pink'\nthere are dark, light, blue-orange, high-contrast, ansi"]


async def test_an_unknown_word_says_so_and_one_that_needs_more_shows_what(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        await seen.command("fnord")
        assert seen.said == ["there is no command 'fnord'; ? lists them"]
        await seen.command("why")
        assert seen.said == [":why needs more, such as :why TSLA"]
        await seen.command("perf")
        assert name(seen) == "performance"
        await seen.command("")
        assert seen.said == []


async def test_letters_typed_into_a_line_do_nothing_else(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        for opener in ("colon", "slash"):
            await seen.press(opener)
            sign = seen.lines[-1]
            await seen.type("q1[]{}<>?.zsaeD-jG ")
            assert seen.lines[-1] == f"{sign}q1[]{{}}<>?.zsaeD-jG"
            assert name(seen) == "decisions"
            await seen.press("tab")
            assert seen.app.screen.query_one(Prompt).has_focus
            await seen.press("escape")
        (said,) = seen.said
        assert said.startswith("act, skip, entry")
        assert seen.app.scope is not None
        assert seen.app.scope.is_last


async def test_what_was_typed_before_comes_back_with_up(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        await seen.command("day 2021-02-01")
        await seen.command("last")
        await seen.press("colon", "up")
        assert seen.lines[-1] == ":last"
        await seen.press("up", "enter")
        assert "2021-02-01" in seen.lines[0]


@pytest.mark.parametrize("store", ["two", "none", "damaged"])
async def test_a_label_in_the_footer_acts_or_is_dimmed_and_says_why(
    store: str, stores: Stores, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    async with shown(getattr(stores, store), tmp_path, size=SIZE) as seen:
        for number, place in enumerate(SCREENS, start=1):
            for command in of_screen(place.name):
                if not command.label or command.name in {"quit", "command_line", "help"}:
                    continue
                with subtests.test(command.name, screen=place.name):
                    await seen.press("escape", "escape", str(number))
                    screen = seen.app.screen
                    assert isinstance(screen, RunScreen)
                    refused = screen.refusal(command)
                    before = seen.text, screen.turned(), getattr(screen, "order", None)
                    seen.said.clear()
                    await seen.press(command.keys[0])
                    if refused is not None:
                        assert seen.said == [refused]
                        assert (seen.text, screen.turned(), getattr(screen, "order", None)) == before
                    else:
                        acted = (seen.text, seen.app.screen) != (before[0], screen) or seen.app.clipboard or seen.said
                        assert acted, f"{command.shown} does nothing and does not say why"


@pytest.mark.parametrize(
    ("opened", "burst", "typed"),
    [
        (("5", "n"), "abcd<<XY", "abXY"),
        (("5", "n"), "abcd|<>>>ZY", "ZYd"),
        (("colon",), "posx<<<os", ":pos"),
    ],
)
async def test_what_is_typed_in_a_burst_comes_in_order(
    opened: tuple[str, ...], burst: str, typed: str, two: Path, tmp_path: Path
) -> None:
    named = {"<": "backspace", ">": "delete", "|": "home"}
    async with shown(two, tmp_path, size=(80, 24)) as seen:
        await seen.press(*opened)
        line = seen.app.focused
        assert isinstance(line, TypedLine)
        if isinstance(line, Prompt):
            assert line.value == ":"
        else:
            line.value = ""
        for letter in burst:
            key = named.get(letter, letter)
            seen.app.post_message(Key(key, letter if key == letter else None))
        await seen.idle()
        assert line.value == typed
