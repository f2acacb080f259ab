"""Very many closed trades: the list opens, is sorted and filtered, goes to its end and back as if there were twenty.

STONKS_MANY_TRADES=200000 makes as many as nobody ever had, and says how long each step took.
"""

import csv
import os
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from engine.model.trade_questions import EVERY_TRADE, TradeFilter, TradeOrder
from engine.ports import TradePage
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.positions import PositionsScreen
from stonks_tui.view_models import trade_filter
from stonks_tui.view_models.positions import TRADE_COLUMNS
from tests.support import many_trades
from tests.support.many_decisions import TICKERS
from tests.support.samples import AT
from tests.support.terminal import Seen, shown
from tests.tui.list_tries import seek

pytestmark = pytest.mark.lengthy

COUNT = int(os.environ.get("STONKS_MANY_TRADES", "1200"))
IS_LARGE = COUNT > 100_000
FILTERS = (f"ticker:{TICKERS[7]}", "reason:target", TICKERS[9], "hunch stop", "since:2024-03-02", "nothing like it")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of very many closed trades."""
    return many_trades.make(tmp_path_factory.mktemp("many"), COUNT)


class Asked(RunFeed):
    """Remembers how many rows each question brought."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.rows: list[int] = []

    async def trade_page(
        self,
        run_id: int,
        where: TradeFilter,
        order: TradeOrder,
        *,
        after: int | None = None,
        limit: int,
        backwards: bool = False,
    ) -> TradePage:
        """See `Feed.trade_page`."""
        page = await super().trade_page(run_id, where, order, after=after, limit=limit, backwards=backwards)
        self.rows.append(len(page.trades))
        return page


def screen(seen: Seen) -> PositionsScreen:
    found = seen.app.screen
    assert isinstance(found, PositionsScreen)
    return found


async def sort_by(seen: Seen, column: str) -> None:
    """Press s, once: as if the columns before it had been gone through."""
    keys = ["", *(c.key for c in TRADE_COLUMNS)]
    screen(seen).left = replace(screen(seen).left, order=keys[keys.index(column) - 1])
    await seen.press("s")


def under_cursor(seen: Seen) -> str | None:
    return screen(seen).table().row_key


async def test_every_way_through_the_list_reads_a_few_pages(many: Path, tmp_path: Path) -> None:
    feed, made = Asked(many), many_trades.trades(COUNT)
    fitting = {text: sum(map(trade_filter.parse(text).where.fits, made)) for text in FILTERS}
    steps: dict[str, float] = {}
    began = time.monotonic()

    def took(step: str) -> None:
        nonlocal began
        steps[step], began = time.monotonic() - began, time.monotonic()
        assert sum(feed.rows) <= 5 * 200 + 1, step
        feed.rows.clear()

    async with shown(many, tmp_path, size=(120, 40), screen="positions", feed=feed, run_id=1) as seen:
        took("up")
        await seen.press("h")
        took("open")
        assert f"Closed trades · {COUNT:,}" in seen.lines[2]
        assert under_cursor(seen) == str(COUNT)
        await seen.press("G")
        took("to the end")
        assert under_cursor(seen) == "1"
        await seen.press("g")
        took("and back")
        assert under_cursor(seen) == str(COUNT)
        for text in FILTERS:
            await seek(seen, text)
            took(f"/{text}")
            assert screen(seen).count == fitting[text], text
        await seen.press("escape")
        took("all")
        for column in TRADE_COLUMNS:
            await seen.press("s")
            took(f"by {column.key}")
        await seen.press("s", "g")
        feed.rows.clear()
        screen(seen).sought = f"{made[COUNT // 3].thesis.split()[0]} #{COUNT // 3 + 1}."
        await seen.press("n")
        took("next match")
        assert under_cursor(seen) == str(COUNT // 3 + 1)
        await seen.press("[")
        took("a day back")
        assert f"Closed trades · {COUNT // 2:,}" in seen.lines[2]
        assert under_cursor(seen) == str(COUNT // 3 + 1)
    print({step: round(seconds, 3) for step, seconds in steps.items()})
    if IS_LARGE:
        assert max(steps.values()) < 2.0, steps


@pytest.mark.parametrize("order", ["pnl", "ticker"])
async def test_pages_come_as_the_cursor_goes_down_and_up_again(many: Path, tmp_path: Path, order: str) -> None:
    made = many_trades.trades(COUNT)
    keys = {
        "pnl": lambda n: (-made[n - 1].pnl, -n),
        "ticker": lambda n: (made[n - 1].ticker, -n),
    }
    expected = sorted(range(1, COUNT + 1), key=keys[order])
    async with shown(many, tmp_path, size=(120, 40), screen="positions", run_id=1) as seen:
        await seen.press("h")
        await sort_by(seen, order)
        table = screen(seen).table()
        for _ in range(2):
            table.action_move_to(-1)
            await seen.idle()
        rows = [row.key for row in table.view.rows]
        assert len(rows) > 400
        assert rows == [str(n) for n in expected[: len(rows)]]
        await seen.press("G")
        for _ in range(2):
            table.action_move_to(0)
            await seen.idle()
        rows = [row.key for row in table.view.rows]
        assert len(rows) > 400
        assert rows == [str(n) for n in expected[-len(rows) :]]


async def test_the_row_under_the_cursor_stays_under_it_when_the_list_is_sorted_left_and_found_again(
    many: Path, tmp_path: Path
) -> None:
    async with shown(many, tmp_path, size=(120, 40), screen="positions", run_id=1) as seen:
        await seen.press("h")
        screen(seen).table().action_move_to(150)
        await seen.idle()
        chosen = under_cursor(seen)
        assert chosen == str(COUNT - 150)
        for _ in range(2):
            await seen.press("s")
            assert under_cursor(seen) == chosen
        await seen.press("h", "h")
        assert under_cursor(seen) == chosen
        assert f"#{chosen}." in seen.text.split("thesis ")[1]


async def test_everything_that_fits_is_exported_in_its_order_not_only_what_was_read(many: Path, tmp_path: Path) -> None:
    made = many_trades.trades(COUNT)
    async with shown(many, tmp_path, screen="positions", run_id=1) as seen:
        await seen.press("h")
        await seek(seen, "reason:stop")
        await sort_by(seen, "pnl")
        await seen.press("e")
        (said,) = seen.said
        path = seen.app.data_dir / "exports" / "run-1-trades.csv"
        wanted = sorted((t.pnl for t in made if t.exit_reason == "stop_loss"), reverse=True)
        assert said == f"{len(wanted):,} rows are in {path}"
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [float(row["pnl"]) for row in rows] == [pnl / 10_000 for pnl in wanted]


async def test_no_question_of_the_feed_reads_or_sorts_every_trade(many: Path) -> None:
    feed, asked = RunFeed(many), list[tuple[str, Any]]()

    def hear(_c: object, _r: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        for order in set(TradeOrder) - {TradeOrder.THESIS}:
            for backwards in (False, True):
                for after in (None, COUNT // 2):
                    await feed.trade_page(1, EVERY_TRADE, order, after=after, limit=200, backwards=backwards)
        await feed.count_trades(1, TradeFilter(until=AT))
        await feed.decision(1, "d7")
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    with closing(sqlite3.connect(many / "runs" / "1.db")) as file:
        plans = {
            statement: [step for *_, step in file.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in asked
            if "FROM backtest_trades" in statement or "FROM tax_lots" in statement
        }
    assert len(plans) > 30
    wrong = {s: plan for s, plan in plans.items() if any("SCAN" in p for p in plan)}
    sorts = {s: plan for s, plan in plans.items() if any("TEMP B-TREE" in p for p in plan) and "LIMIT" in s}
    assert not wrong | sorts
