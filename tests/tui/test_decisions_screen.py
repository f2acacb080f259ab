"""The screen of decisions: it follows, new rows wait, its ends are those of the database, filters are kept."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.views import EVERY_DECISION, Alive, DecisionFilter, RunStory
from engine.ports import DecisionPage
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.decisions import DecisionsScreen
from tests.support.live_turns import a_heartbeat
from tests.support.terminal import Seen, shown
from tests.tui.list_tries import cells, listed, seek

SIZE = (120, 30)


class GrowingFeed(RunFeed):
    """A run of which only so many decisions have been made yet, by an engine that lives."""

    def __init__(self, data_dir: Path, made: int) -> None:
        super().__init__(data_dir)
        self.made = made

    async def story(self, run_id: int) -> RunStory:
        """See `Feed.story`."""
        found = await super().story(run_id)
        assert found.record is not None
        beat = a_heartbeat(self.made, at=found.days[-1].at, troubles=())
        return replace(found, alive=Alive(heartbeat=beat, seconds=0.0, turn=self.made, happened=self.made))

    async def decisions(
        self, run_id: int, where: DecisionFilter, after: int | None, limit: int, *, newest_first: bool = True
    ) -> DecisionPage:
        """See `Feed.decisions`."""
        if newest_first:
            after = min(after or self.made + 1, self.made + 1)
            return await super().decisions(run_id, where, after, limit)
        limit = min(limit, self.made - (after or 0))
        if limit <= 0:
            return DecisionPage(decisions=())
        return await super().decisions(run_id, where, after, limit, newest_first=False)


def screen(seen: Seen) -> DecisionsScreen:
    found = seen.app.screen
    assert isinstance(found, DecisionsScreen)
    return found


def row_key(seen: Seen) -> str | None:
    return listed(seen).table().row_key


async def grown(seen: Seen, feed: GrowingFeed, made: int) -> None:
    """Let there be `made` decisions, and let the screen hear of it."""
    feed.made = made
    assert seen.app.scope is not None
    seen.app.look_at(seen.app.scope.follow(await feed.story(2), None))
    await seen.idle()


async def test_the_list_follows_while_the_cursor_is_at_the_top(two: Path, tmp_path: Path) -> None:
    feed = GrowingFeed(two, 30)
    async with shown(two, tmp_path, size=SIZE, screen="decisions", feed=feed) as seen:
        assert row_key(seen) == "d30"
        for made in (31, 34):
            await grown(seen, feed, made)
            assert row_key(seen) == f"d{made}"
            assert listed(seen).table().position == (1, made)
            assert f"Trace · {cells(seen, 'ticker')[0]} d{made}" in seen.text


async def test_new_rows_wait_behind_a_count_once_the_cursor_has_left_the_top(two: Path, tmp_path: Path) -> None:
    feed = GrowingFeed(two, 30)
    async with shown(two, tmp_path, size=SIZE, screen="decisions", feed=feed) as seen:
        await seen.press("j", "j")
        before = cells(seen, "ticker")
        await grown(seen, feed, 33)
        assert cells(seen, "ticker") == before
        assert row_key(seen) == "d28"
        assert "· 3 new, g" in seen.lines[2]
        await grown(seen, feed, 133)
        assert "· 99+ new, g" in seen.lines[2]
        await seen.press("g")
        assert row_key(seen) == "d133"
        assert "new, g" not in seen.lines[2]


async def test_the_ends_of_the_list_are_those_of_the_database(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        count = await seen.app.feed.count_decisions(2, EVERY_DECISION)
        assert count > 250
        newest = row_key(seen)
        await seen.press("G")
        assert row_key(seen) == "d1"
        assert len(screen(seen).window.decisions) == 200
        await seen.press(*["k"] * 3)
        assert row_key(seen) == "d4"
        await seen.press("g")
        assert row_key(seen) == newest


async def test_what_is_above_the_last_page_comes_when_the_cursor_comes_near(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        await seen.press("G")
        count = await seen.app.feed.count_decisions(2, EVERY_DECISION)
        for _ in range(count // 20):
            await seen.press("pageup")
        ids = [d.decision_id for d in screen(seen).window.decisions]
        assert ids == [f"d{number}" for number in range(count, 0, -1)]
        assert row_key(seen) == f"d{count}"


async def test_the_next_match_is_found_in_the_database_and_the_rows_around_it_are_read(
    two: Path, tmp_path: Path
) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        count = await seen.app.feed.count_decisions(2, EVERY_DECISION)
        page = await seen.app.feed.decisions(2, DecisionFilter(), None, count)
        fitting = {d.ticker: d.decision_id for d in reversed(page.decisions[:200])}
        far = next(d for d in page.decisions[200:] if d.ticker in fitting)
        wanted = [d.decision_id for d in page.decisions if d.ticker == far.ticker]
        await seek(seen, far.ticker)
        await seen.press("escape", "g")
        went = []
        for _ in wanted:
            await seen.press("n")
            went.append(row_key(seen))
        assert [key for key in wanted if key in went] == [key for key in went[: len(wanted)] if key][: len(set(went))]
        assert far.decision_id in went
        seen.said.clear()
        await seen.press("n")
        assert seen.said == [f"no decision further back fits '{far.ticker}'"]
        for _ in wanted:
            await seen.press("N")
        assert row_key(seen) == wanted[0]


async def test_filters_tabs_columns_and_the_cursor_are_there_the_next_time(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        await seek(seen, "skip")
        await seen.press("v", "c", "space", "escape", "j", "j", "j")
        key, count = row_key(seen), screen(seen).count
        await seen.press("q")
    async with shown(two, tmp_path, size=SIZE) as seen:
        await seen.press("3")
        assert screen(seen).wanted == "skip"
        assert f"[skip {count}]" in seen.text
        assert row_key(seen) == key
        assert "at" not in [column.key for column in listed(seen).table().view.columns]


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "[]",
        '{"screen": 7, "theme": ["dark"], "lists": {"decisions": {"wanted": "conf>7000", "tabs": [3, "%", "act"]}}}',
        json.dumps({"lists": {"decisions": {"wanted": "a\nb", "order": 4, "hidden": "at", "cursor": "x:y:z"}}}),
        json.dumps({"lists": {"decisions": {"cursor": "2:d99999"}, "positions": {"cursor": "2:d99999"}}}),
        json.dumps({"lists": {"decisions": ["act"], "positions": None}}),
    ],
)
async def test_a_broken_or_foreign_memory_of_the_screens_is_no_fault(kept: str, two: Path, tmp_path: Path) -> None:
    (tmp_path / "ui.json").write_text(kept, encoding="utf-8")
    async with shown(two, tmp_path, size=SIZE) as seen:
        for number in "123":
            await seen.press(number)
        assert screen(seen).wanted == ""
        assert len(cells(seen, "ticker")) == 200
        assert seen.said == []


async def test_everything_that_the_filter_lets_through_is_exported(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        path = seen.app.data_dir / "exports" / "run-2-decisions.csv"
        for wanted in ("", "skip"):
            await seek(seen, wanted)
            await seen.press("e")
            rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
            assert len(rows) == screen(seen).count == len({row["id"] for row in rows})
            assert {row["verdict"] for row in rows} == ({"SKIP"} if wanted else {"ACT", "SKIP"})
        assert len(screen(seen).window.decisions) < 200 < await seen.app.feed.count_decisions(2, EVERY_DECISION)


async def test_tab_completes_reasons_and_tickers_while_a_filter_is_typed(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        ticker = cells(seen, "ticker")[0]
        await seen.press("slash")
        await seen.type("low")
        await seen.press("tab")
        assert seen.lines[-1] == "/low_confidence"
        await seen.type(ticker[:3].lower())
        await seen.press("tab", "enter")
        assert screen(seen).wanted == f"low_confidence {ticker}"
        assert set(cells(seen, "ticker")) <= {ticker}


async def test_a_ticker_that_never_was_says_so_and_names_those_near_it(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE, screen="decisions") as seen:
        ticker = cells(seen, "ticker")[0]
        await seek(seen, f"{ticker}X")
        assert f"Nothing was ever decided on {ticker}X; near it: {ticker}" in seen.text


async def test_a_decision_that_was_asked_for_is_found_however_far_back_it_is(two: Path, tmp_path: Path) -> None:
    async with shown(two, tmp_path, size=SIZE) as seen:
        decisions = seen.app.get_screen("decisions", DecisionsScreen)
        decisions.open(None, "d5")
        await seen.press("3")
        assert row_key(seen) == "d5"
        assert screen(seen).wanted == ""
        await seen.press("k")
        assert row_key(seen) == "d6"
