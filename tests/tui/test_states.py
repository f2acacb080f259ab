"""The states of every panel: at each size, on the screens that an operator looks at all day, without colours too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from syrupy.assertion import SnapshotAssertion
from textual.color import Color

from engine.model.portfolio import TradingState
from engine.model.runs import RunStatus
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.view_models.run_progress import RunProgress
from stonks_tui.widgets.output_filters import Ascii, NoColour
from stonks_tui.widgets.panel import PanelState
from tests.support.dressed_feed import DressedFeed
from tests.support.terminal import SIZES, Seen, SilentFeed, Stores, shown

SCREENS = ("overview", "positions", "decisions")
NORMAL, LOADING, EMPTY, STALE, ERROR = PanelState
STOPPED_AT = datetime(2021, 8, 13, 18, 40, tzinfo=UTC)
PAUSED = {"trading": TradingState.REDUCING, "cause": "paused"}
TRIPPED = {"trading": TradingState.REDUCING, "cause": "daily_loss"}
LEFT = timedelta(hours=3, minutes=19)
Showing = AbstractAsyncContextManager[Seen]
Shows = Callable[..., Showing]


def _dressed(stores: Stores, home: Path, *, mode: str = "PAPER", **how: Any) -> Showing:
    return shown(stores.two, home, feed=DressedFeed(stores.two, **how), mode=mode, size=SIZES[1])


STATES: dict[str, tuple[Shows, tuple[PanelState, ...]]] = {
    "loading": (
        lambda s, h: shown(s.none, h, feed=SilentFeed(s.none), reads=False, size=SIZES[1]),
        (LOADING,),
    ),
    "empty": (lambda s, h: shown(s.none, h, size=SIZES[1]), (EMPTY,)),
    "stale": (lambda s, h: _dressed(s, h, alive={"seconds": 17.4}), (STALE, EMPTY)),
    "gone": (lambda s, h: _dressed(s, h, alive={"seconds": 300.0}), (STALE, EMPTY)),
    "error": (lambda s, h: _dressed(s, h, broken=True), (ERROR, NORMAL, EMPTY)),
    "normal": (_dressed, (NORMAL, EMPTY)),
}
"""How each state comes about, and in which states panels then are: there is not always something for a person to do."""


async def _frames(seen: Seen) -> AsyncIterator[tuple[str, RunScreen]]:
    for size in SIZES:
        await seen.resize(*size)
        for number, name in enumerate(SCREENS, start=1):
            await seen.press(str(number))
            assert isinstance(seen.app.screen, RunScreen)
            yield f"{name} {size[0]}x{size[1]}", seen.app.screen


@pytest.mark.parametrize("state", STATES)
async def test_each_state_at_each_size(state: str, stores: Stores, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    made, states = STATES[state]
    async with made(stores, tmp_path) as seen:
        async for name, screen in _frames(seen):
            assert {panel.state for panel in screen.panels()} <= set(states), name
            assert states[0] in {panel.state for panel in screen.panels()}, name
            assert all(len(text) <= seen.app.size.width for text in seen.lines)
            assert seen.text == snapshot(name=name)
            painted = bare(seen)
            assert "".join(segment.text for segment in painted).isascii(), name
            assert not [s for s in painted if s.style and (s.style.color or s.style.bgcolor)], name


def bare(seen: Seen) -> list[Segment]:
    """Return what is painted with NO_COLOR and --ascii."""
    strips, background = seen.app.screen._compositor.render_strips(), Color.parse("#14161b")
    painted = [segment for strip in strips for segment in strip]
    assert any(segment.style and segment.style.color for segment in painted)  # there is something to take away
    return Ascii().apply(NoColour().apply(painted, background), background)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("breaker", {"trips": True, "beat": TRIPPED, "alive": {"market_left": LEFT}}),
        ("paused", {"beat": PAUSED, "alive": {"stopped_at": STOPPED_AT}}),
        ("unwatched", {"beat": {"protected": 0.8}, "alive": {"untold": 2}}),
        ("real money", {"mode": "LIVE"}),
    ],
)
async def test_what_an_operator_must_see(
    name: str, how: dict[str, Any], stores: Stores, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    async with _dressed(stores, tmp_path, **how) as seen:
        for size in (*SIZES, (50, 12)):
            await seen.resize(*size)
            assert seen.text == snapshot(name=f"{size[0]}x{size[1]}")


async def test_the_dot_goes_where_something_can_be_done(stores: Stores, tmp_path: Path) -> None:
    async with _dressed(stores, tmp_path, beat={"protected": 0.8}, alive={"untold": 2}) as seen:
        assert ". needs you(4)" in seen.lines[-1]
        await seen.press("full_stop")
        assert seen.app.screen.name == "positions"
        assert "1 of 4: 20 % of what is held has no stop that is watched\n2 shows what is held" in seen.said
        await seen.press("full_stop")
        assert seen.app.screen.name == "notifications"
        assert "2 of 4: 2 notifications of the last day could not be sent\n7 says why" in seen.said


async def test_a_title_is_of_now_again_when_the_engine_is_back(stores: Stores, tmp_path: Path) -> None:
    feed = DressedFeed(stores.two, alive={"seconds": 17.4})
    async with shown(stores.two, tmp_path, feed=feed, mode="PAPER") as seen:
        assert "✗ STALE 17 s" in seen.lines[0]
        assert "Capital · STALE 17 s" in seen.text
        scope = seen.app.scope
        assert scope is not None
        back = await DressedFeed(stores.two).story(scope.run_id)
        seen.app.look_at(scope.follow(back, scope.day))
        await seen.idle()
        assert "● RUNNING" in seen.lines[0]
        assert "STALE" not in seen.text


class Ended:
    """A backtest that has just been made: the first of the folder."""

    is_busy = False

    async def run(self, _: tuple[str, ...], __: Callable[[RunProgress | None], None]) -> RunProgress:
        """See `RunLaunch.run`."""
        return RunProgress(run_id=1, ended=RunStatus.COMPLETED, done=160, decisions=281)

    async def close(self) -> None:
        """See `RunLaunch.close`."""


async def test_a_backtest_that_is_done_does_not_lead_away_from_an_account_and_says_how_it_is_opened(
    stores: Stores, tmp_path: Path
) -> None:
    async with _dressed(stores, tmp_path) as seen:
        assert "● RUNNING" in seen.lines[0]
        seen.app.launches = Ended()  # type: ignore[assignment]
        seen.app.launch(())
        await seen.pilot.pause()
        await seen.idle()
        assert seen.said[-1].endswith("\n:bt 1 opens it")
        assert seen.app.scope is not None
        assert seen.app.scope.run_id == 2
        await seen.command("bt 1")
        assert seen.app.scope.run_id == 1
