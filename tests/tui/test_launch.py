"""A backtest made from the screens, in a process of its own: followed, cancelled, refused, and never left over."""

import os
import shutil
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Self

import pytest

from stonks_tui import bootstrap, run_launch
from stonks_tui.run_app import RunApp
from stonks_tui.run_process import RunProcess
from stonks_tui.screens.run_form import RunFormDialog
from stonks_tui.view_models.run_form import FIELDS
from stonks_tui.view_models.run_progress import RunProgress
from tests.support import small_market
from tests.support.made_once import made_once
from tests.support.program import SAYS, SLOWED, make_calendars
from tests.support.terminal import Seen, shown

SLOW = ("-c", SLOWED.replace(SAYS, "pass"))
LAST = FIELDS[-1].name


@pytest.fixture(scope="module")
def calendars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exchange calendar, which takes most of a second to make."""
    made = made_once(tmp_path_factory, "calendars", make_calendars)
    return shutil.copytree(made, tmp_path_factory.mktemp("calendars") / "cache")


@pytest.fixture
def files(tmp_path: Path) -> small_market.Files:
    """The small market."""
    return small_market.write(tmp_path)


@pytest.fixture
def at(tmp_path: Path, calendars: Path) -> Path:
    """A data directory with a calendar in it."""
    folder = tmp_path / "data"
    shutil.copytree(calendars, bootstrap.cache_path(folder))
    return folder


class SlowProcess(RunProcess):
    """Takes 50 ms a session."""

    @classmethod
    async def start(cls, arguments: Sequence[str], *, program: Sequence[str] = SLOW) -> Self:
        return await super().start(arguments, program=program)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are so slow that they can be watched."""
    monkeypatch.setattr(run_launch, "RunProcess", SlowProcess)


def screen(folder: Path, **options: Any) -> AbstractAsyncContextManager[Seen]:
    return shown(folder, folder, mode="BACKTEST", screen="backtest", size=(80, 24), **options)


def form(seen: Seen) -> RunFormDialog:
    assert isinstance(seen.app.screen, RunFormDialog)
    return seen.app.screen


def focused(seen: Seen) -> str | None:
    found = form(seen).focused
    return found.id if found is not None else None


async def fill_in(seen: Seen, **values: str) -> None:
    """Open the form, put something in place of what stands in some of its lines, and go to the last one.

    Long paths are pasted: a letter that is typed has the form painted.
    """
    await seen.press("n")
    for name, text in values.items():
        form(seen).query_one(f"#{name}").focus()
        await seen.press("ctrl+u", "ctrl+k")
        await (seen.paste if "/" in text else seen.type)(text)
    form(seen).query_one(f"#{LAST}").focus()
    await seen.idle()


async def states(seen: Seen) -> dict[int, str]:
    return {listing.run_id: listing.state.value for listing in await seen.app.feed.runs()}


def process(seen: Seen) -> int:
    """Return the id of the process that makes the run."""
    found = seen.app.launches._process
    assert found is not None
    return found._process.pid


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_run_from_the_form_is_followed_and_opens_in_the_end(
    at: Path, files: small_market.Files, slow: None
) -> None:
    async with screen(at) as seen:
        await fill_in(
            seen,
            data=str(files.bars),
            recommendations=str(files.recommendations),
            sectors=str(files.sectors),
            tier="aggressive",
            name="from the form",
        )
        assert "stonks backtest run --bars" in seen.text
        await seen.press("enter")
        await seen.until(lambda: seen.app.progress is not None and seen.app.progress.done > 3)
        assert "simulating" in seen.lines[0]
        assert "Running" in seen.text
        assert "of 60" in seen.text
        await seen.press("n")
        assert seen.said == ["a run is being made: x cancels it"]
        await seen.press("1")
        assert "of 60" in seen.text
        await seen.until(lambda: seen.app.scope is not None)
        await seen.idle()
        assert seen.app.progress is None
        assert seen.app.scope is not None
        assert seen.app.scope.record is not None
        assert (seen.app.scope.run_id, seen.app.scope.record.name) == (1, "from the form")
        assert "COMPLETED" in seen.lines[0]
        assert "AGGRESSIVE" in seen.lines[0]
        assert seen.lines[0].endswith("2014-03-28 end")
        (said,) = seen.said
        assert said.startswith("run 1 completed: 60 sessions, ")
        await seen.press("5")
        assert "Running" not in seen.text
        assert "Runs · 1" in seen.text
        assert not seen.app.launches.is_busy


@pytest.mark.lengthy
async def test_a_cancelled_run_keeps_what_it_had_come_to_and_says_so(
    at: Path, files: small_market.Files, slow: None
) -> None:
    async with screen(at) as seen:
        await fill_in(seen, data=str(files.bars), recommendations=str(files.recommendations), name="cut short")
        await seen.press("enter")
        await seen.until(lambda: seen.app.progress is not None and seen.app.progress.done > 3)
        pid = process(seen)
        seen.said.clear()
        await seen.press("x")
        assert "cancelling: what the run had come to is kept" in seen.said
        await seen.until(lambda: seen.app.progress is None)
        assert seen.said[-1].startswith("run 1 cancelled")
        assert await states(seen) == {1: "cancelled"}
        assert not lives(pid)
        await seen.press("enter")
        assert "CANCELLED" in seen.lines[0]
        assert seen.app.scope is not None
        assert 3 < len(seen.app.scope.days) < 60


async def test_leaving_with_a_run_going_ends_its_process(at: Path, files: small_market.Files, slow: None) -> None:
    async with screen(at) as seen:
        await fill_in(seen, data=str(files.bars), recommendations=str(files.recommendations))
        await seen.press("enter")
        await seen.until(lambda: seen.app.progress is not None and seen.app.progress.done > 1)
        pid = process(seen)
        await seen.app.action_leave()
        assert seen.app.return_value == 0
    assert not lives(pid)
    assert await states(seen) == {1: "cancelled"}


async def test_a_run_that_is_refused_shows_the_message_and_its_hint(at: Path, files: small_market.Files) -> None:
    async with screen(at) as seen:
        await fill_in(
            seen, data=str(files.bars), recommendations=str(files.recommendations), start="2031-01-01", end="2031-02-01"
        )
        await seen.press("enter")
        await seen.until(lambda: not seen.app.launches.is_busy and seen.app.progress is None)
        assert seen.said[-1] == (
            "there is no session from 2031-01-01 to 2031-02-01\nthe prices go from 2014-01-02 to 2014-03-28"
        )
        assert await states(seen) == {}
        assert "Running" not in seen.text


WRONG = [
    ("data", "nowhere.csv", "✗ Data: there is no file nowhere.csv"),
    ("capital", "-5", "✗ Capital: "),
    ("capital", "much", "✗ Capital: "),
    ("tier", "bold", "✗ Tier: there is no tier bold"),
    ("start", "tomorrow", "✗ Start: tomorrow is no date"),
    ("slippage", "a bit", "✗ Slippage: a bit is no number"),
    ("settings", "max_positions", "✗ Settings: "),
]


async def test_a_wrong_field_shows_its_problem_and_nothing_is_run(
    at: Path, files: small_market.Files, subtests: pytest.Subtests
) -> None:
    right = {"data": str(files.bars), "recommendations": str(files.recommendations)}
    async with screen(at) as seen:
        for field, text, problem in WRONG:
            with subtests.test(field, text=text):
                await fill_in(seen, **{**right, field: text})
                assert problem in seen.text
                await seen.press("enter")
                assert focused(seen) == field
                await seen.press("escape")
                assert not seen.app.launches.is_busy
                assert await states(seen) == {}


async def test_enter_goes_from_line_to_line(at: Path) -> None:
    async with screen(at) as seen:
        await seen.press("n")
        for field in FIELDS:
            assert focused(seen) == field.name
            await seen.press("enter")
        assert focused(seen) == "data"  # the first that has something wrong: nothing is imported, and no file named


async def test_letters_in_the_form_type_and_do_nothing_else(at: Path) -> None:
    async with screen(at) as seen:
        await seen.press("n", "ctrl+u", "ctrl+k")
        await seen.type("q1?x[]")
        assert form(seen).form.value("data") == "q1?x[]"
        await seen.press("down", "up", "tab", "shift+tab")
        assert focused(seen) == "data"
        assert seen.said == []


async def test_again_fills_in_what_the_run_under_the_cursor_was_made_of(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="backtest", size=(80, 24)) as seen:
        await seen.press("j", "a")
        values = {field.name: form(seen).form.value(field.name) for field in FIELDS}
        assert values["data"] == "demo 7"
        assert (values["capital"], values["tier"], values["slippage"]) == ("100000", "moderate", "5")
        assert "stonks demo --backtest --seed 7" in " ".join(seen.text.split())


async def test_a_demo_without_a_run_makes_one_at_once(
    at: Path, calendars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def progressed(app: RunApp, progress: RunProgress | None) -> None:
        show(app, progress)
        told.append(progress.done if progress is not None else 0)

    show = RunApp.progressed
    monkeypatch.setattr(RunApp, "progressed", progressed)
    demo = at / "demo"
    shutil.copytree(calendars, bootstrap.cache_path(demo))
    command = ("demo", "--backtest", "--seed=7", "--no-ui", "--data-dir", str(at))
    async with shown(demo, demo, mode="DEMO", size=(80, 24), launch=command) as seen:
        await seen.until(lambda: seen.app.scope is not None)
        assert max(told) > 0
        await seen.idle()
        assert "DEMO ● COMPLETED" in seen.lines[0]
