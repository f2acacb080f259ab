"""The screen of positions: prices that have just moved are marked; closed trades are found by days."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.trade_questions import EVERY_TRADE
from engine.model.views import Alive, RunStory
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.positions import PositionsScreen
from stonks_tui.view_models.text import plain
from stonks_tui.widgets.canvas import Canvas, Painter
from tests.support.live_turns import a_heartbeat
from tests.support.terminal import Seen, shown
from tests.tui.list_tries import cells, listed, seek


class LiveFeed(RunFeed):
    """A run of an engine that lives."""

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        found = await super().story(run_id)
        beat = a_heartbeat(1, at=found.days[-1].at, troubles=())
        return replace(found, alive=Alive(heartbeat=beat, seconds=0.0, turn=1))


def screen(seen: Seen) -> PositionsScreen:
    found = seen.app.screen
    assert isinstance(found, PositionsScreen)
    return found


def lasts(seen: Seen) -> list[str]:
    """Return the last prices with what stands behind them."""
    view = listed(seen).table().view
    place = [column.key for column in view.columns].index("last")
    return [plain(row.cells[place])[-1] for row in view.rows]


async def test_a_price_that_moves_is_marked_and_the_mark_goes_again(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="positions", feed=LiveFeed(two)) as seen:
        scope = seen.app.scope
        assert scope is not None
        assert scope.snapshot is not None
        first, second, *rest = scope.snapshot.positions
        assert set(lasts(seen)) == {" "}
        moved = (
            replace(first, last_price=first.last_price + 100),
            replace(second, last_price=second.last_price - 100),
            *rest,
        )
        seen.app.look_at(replace(scope, day=replace(scope.snapshot, positions=moved)))
        await seen.idle()
        assert lasts(seen) == ["↑", "↓", *[" "] * len(rest)]
        await seen.until(lambda: set(lasts(seen)) == {" "})


async def test_what_is_told_of_a_position_stays_while_it_is_read_anew(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="positions", feed=LiveFeed(two)) as seen:
        scope, canvas = seen.app.scope, screen(seen).query_one("#detail Canvas", Canvas)
        assert scope is not None
        assert scope.snapshot is not None
        painted, paint = [], canvas.paint

        def watched(painter: Painter) -> None:
            painted.append(" ".join(map(plain, painter(60, 40))))
            paint(painter)

        canvas.paint = watched  # type: ignore[method-assign, assignment]
        first, *rest = scope.snapshot.positions
        dearer = replace(first, last_price=first.last_price + 100)
        seen.app.look_at(replace(scope, day=replace(scope.snapshot, positions=(dearer, *rest))))
        await seen.idle()
        assert painted
        assert all("Opened by" in text for text in painted), painted


async def test_nothing_is_marked_when_somebody_goes_through_the_days(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="positions") as seen:
        await seen.press("[", "[", "]")
        assert set(lasts(seen)) == {" "}


async def test_closed_trades_are_filtered_by_days_and_words(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="positions") as seen:
        await seen.press("h")
        every = cells(seen, "closed")
        day = every[len(every) // 2]
        await seek(seen, f"on:{day}")
        assert set(cells(seen, "closed")) == {day}
        await seek(seen, f"since:{day}")
        assert cells(seen, "closed") == [on for on in every if on >= day]
        before = cells(seen, "closed")
        seen.said.clear()
        await seek(seen, "since:soon")
        assert seen.said == ["'since:soon': write the day like since:2024-03-01"]
        assert cells(seen, "closed") == before


async def test_held_and_closed_keep_filters_columns_and_tabs_of_their_own(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="positions") as seen:
        ticker = cells(seen, "ticker")[0]
        await seek(seen, ticker)
        await seen.press("v", "h")
        assert screen(seen).left.tabs == ()
        assert len(set(cells(seen, "ticker"))) > 1
        await seen.press("h")
        assert f"[{ticker} 1]" in seen.text


async def test_the_row_under_the_cursor_is_copied_by_osc_52(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    async with shown(two, tmp_path, screen="positions") as seen:
        driver = seen.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", written.append)
        await seen.press("y")
        row = listed(seen).table().view.rows[0]
        text = "\t".join(plain(cell).strip() for cell in row.cells)
        assert osc_52(text) in "".join(written)


def osc_52(text: str) -> str:
    """Return what asks a terminal to put `text` into the clipboard (xterm's control sequences, OSC 52)."""
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"


async def test_closed_trades_of_another_run_take_the_place_of_those_that_were_read(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, screen="positions", run_id=2) as seen:
        await seen.press("h")
        before = cells(seen, "pnl"), seen.lines[2]
        await seen.command("bt 1")
        assert (cells(seen, "pnl"), seen.lines[2]) != before
        wanted = await screen(seen).feed.count_trades(1, EVERY_TRADE)
        assert f"Closed trades · {wanted} ━" in seen.lines[2]
        assert len(cells(seen, "pnl")) == wanted
