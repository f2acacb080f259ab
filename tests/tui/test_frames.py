"""Frames: what is on the screen, letter by letter. Read the differences before you take them over:
`./stonks test tests/tui/test_frames.py --snapshot-update`."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from engine.model.views import RunStory
from engine.ports import RunListing
from stonks_tui.run_events import Begun, Keeping, Progressed, Reading, RunEvent
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.list_screen import ListScreen
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models.commands import SCREENS
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.widgets.row_table import RowTable
from tests.support.terminal import FIRST, SIZES, Seen, SilentFeed, Stores, shown

COMMON = (80, 24)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory of the demo, where no command needs to name it."""
    monkeypatch.setenv("STONKS_DATA_DIR", str(tmp_path))
    return tmp_path / "demo"


class Placeless(RunFeed):
    """Names no folder that differs from one machine to the next."""

    async def runs(self) -> tuple[RunListing, ...]:
        return tuple([replace(listing, problem=self._bare(listing.problem)) for listing in await super().runs()])

    async def story(self, run_id: int) -> RunStory:
        found = await super().story(run_id)
        return replace(found, problem=self._bare(found.problem))

    def _bare(self, text: str) -> str:
        return text.replace(f"{self.data_dir}/", "")


async def each_screen(seen: Seen, snapshot: SnapshotAssertion) -> None:
    """Compare all five screens."""
    for number, screen in enumerate(SCREENS, start=1):
        await seen.press(str(number))
        assert seen.text == snapshot(name=screen.name)
        assert all(len(text) <= seen.app.size.width for text in seen.lines)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_last_day(size: tuple[int, int], two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=size) as seen:
        await each_screen(seen, snapshot)


async def test_a_day_in_the_middle(two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=COMMON) as seen:
        seen.app.go_to_day(70)
        await each_screen(seen, snapshot)


async def test_no_runs(stores: Stores, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(stores.none, home, size=COMMON) as seen:
        await each_screen(seen, snapshot)


async def test_a_run_that_decided_nothing(stores: Stores, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(stores.idle, home, size=COMMON) as seen:
        await each_screen(seen, snapshot)


async def test_an_interrupted_run(stores: Stores, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(stores.interrupted, home, size=COMMON, run_id=1) as seen:
        await each_screen(seen, snapshot)


async def test_a_damaged_run(stores: Stores, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(stores.damaged, home, size=COMMON, run_id=1, feed=Placeless(stores.damaged)) as seen:
        await each_screen(seen, snapshot)


async def test_a_database_that_does_not_answer_yet(stores: Stores, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(stores.none, home, size=COMMON, feed=SilentFeed(stores.none), reads=False) as seen:
        await each_screen(seen, snapshot)


def told(sessions: int) -> Sequence[RunEvent]:
    """What a run tells of itself up to so many sessions."""
    events: list[RunEvent] = [Reading(what="prices and recommendations")]
    events.append(Begun(run_id=3, sessions=160, start=FIRST, end=FIRST + timedelta(days=223)))
    for done in range(1, sessions + 1):
        worth = 1_000_000_000 + (done * 37 % 23) * 1_000_000 + done * 500_000
        on, seconds = FIRST + timedelta(days=done), done / 100
        events.append(Progressed(on=on, done=done, total=160, decisions=done * 2, equity=worth, seconds=seconds))
    return events


def progress(events: Sequence[RunEvent]) -> RunProgress:
    found = RunProgress()
    for number, event in enumerate(events):
        found = found.after(event, seconds=number / 50)
    return found


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_run_that_is_being_made(
    size: tuple[int, int], two: Path, home: Path, snapshot: SnapshotAssertion
) -> None:
    async with shown(two, home, size=size, screen="backtest") as seen:
        seen.app.progressed(progress(told(96)))
        await seen.idle()
        assert seen.text == snapshot
        if size[0] == 60:
            await seen.press("tab")
            assert seen.text == snapshot(name="the pane of the run")


async def test_the_first_run_while_it_is_made(stores: Stores, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(stores.none, home, size=COMMON) as seen:
        for name, events in (
            ("starting", []),
            ("reading", told(0)[:1]),
            ("begun", told(0)),
            ("simulating", told(40)),
            ("keeping", [*told(160), Keeping(decisions=320)]),
        ):
            seen.app.progressed(progress(events))
            await seen.idle()
            assert seen.text == snapshot(name=name)


async def test_a_screen_that_comes_up_while_a_run_tells_of_itself(stores: Stores, home: Path) -> None:
    async with shown(stores.none, home, size=COMMON) as seen:
        for screen in reversed(SCREENS):
            going = asyncio.ensure_future(seen.app.show_screen(screen.name))
            for done in range(30):
                await asyncio.sleep(0)
                seen.app.progressed(progress(told(done)))
            await going
            await seen.idle()
            assert "simulating 18 %" in seen.lines[0]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_trades(size: tuple[int, int], two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=size, screen="positions") as seen:
        await seen.press("h")
        assert seen.text == snapshot


@pytest.mark.parametrize("size", [COMMON, (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_comparison(size: tuple[int, int], two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=size, screen="backtest") as seen:
        await seen.press("m", "m", "equals_sign", "z")
        assert seen.text == snapshot


@pytest.mark.parametrize("size", [(60, 20), COMMON], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_form_of_a_new_run(size: tuple[int, int], two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=size, screen="backtest") as seen:
        await seen.press("n")
        assert seen.text == snapshot


async def test_help(two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=(120, 60), screen="decisions") as seen:
        await seen.press("question_mark")
        assert seen.text == snapshot


async def test_lines_that_are_typed_and_what_is_told(two: Path, home: Path, snapshot: SnapshotAssertion) -> None:
    async with shown(two, home, size=COMMON, screen="decisions", notifications=True) as seen:
        await seen.press("slash")
        await seen.type("conf>7000")
        assert seen.lines[-1] == snapshot(name="filter")
        await seen.press("enter")
        assert seen.text == snapshot(name="refusal")


@pytest.mark.parametrize("size", [(50, 12), (59, 40), (120, 15), (20, 3)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_terminal_too_small_for_panes_has_the_essentials(
    size: tuple[int, int], two: Path, home: Path, snapshot: SnapshotAssertion
) -> None:
    async with shown(two, home, size=size) as seen:
        assert seen.text.rstrip() == snapshot
        assert f"needs 60x16, has {size[0]}x{size[1]}" in seen.text or size[0] < 30


async def test_a_terminal_that_changes_its_size_keeps_the_row_under_the_cursor(two: Path, home: Path) -> None:
    async with shown(two, home) as seen:
        for number, screen in enumerate(SCREENS, start=1):
            await seen.resize(120, 40)
            await seen.press(str(number))
            here = seen.app.screen
            if not (isinstance(here, ListScreen) and here.has_list()):  # nobody is told of a backtest
                for size in ((60, 20), (50, 12), (80, 24)):
                    await seen.resize(*size)
                continue
            table = seen.app.screen.query_one(RowTable)
            await seen.press("j", "j", "j")
            row = table.row_key
            assert row is not None
            for size in ((60, 20), (50, 12), (80, 24)):
                await seen.resize(*size)
                assert table.row_key == row, screen.name
                if size != (50, 12):
                    assert any("┃ › " in text for text in seen.lines), (screen.name, size, seen.text)


@pytest.mark.parametrize("size", [(60, 20), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_single_pane_has_all_the_room(size: tuple[int, int], two: Path, home: Path) -> None:
    async with shown(two, home, size=size) as seen:
        for number in range(1, 6):
            await seen.press(str(number), *["z"] * (size[0] > 60))
            screen = seen.app.screen
            assert isinstance(screen, RunScreen)
            for panel in screen.panels():
                assert screen.turned() is panel
                assert panel.content.has_focus
                assert panel.outer_size == (size[0], size[1] - 3)
                await seen.press("tab")


async def test_the_comparison_has_the_keys(two: Path, home: Path) -> None:
    async with shown(two, home, size=COMMON, screen="backtest") as seen:
        await seen.press("m", "m", "equals_sign")
        before = seen.lines
        await seen.press("j")
        assert seen.lines != before


async def test_the_same_run_is_painted_the_same_at_any_way_to_a_size(two: Path, home: Path) -> None:
    async with shown(two, home, size=COMMON) as seen:
        frames = []
        for number in range(1, 6):
            await seen.press(str(number))
            frames.append(seen.text)
        for size in ((60, 20), (120, 40), (50, 12), COMMON):
            await seen.resize(*size)
        for number, before in enumerate(frames, start=1):
            await seen.press(str(number))
            assert seen.text == before
