"""Very many decisions: the screen opens, goes to the end and back, filters and counts as if there were twenty.

STONKS_MANY_DECISIONS=200000 makes as many as an account has after years, and says how long each step took.
"""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from engine.model.views import DecisionFilter
from engine.ports import DecisionPage
from stonks_tui.run_feed import RunFeed
from stonks_tui.screens.decisions import DecisionsScreen
from stonks_tui.view_models import decision_filter
from tests.support import many_decisions
from tests.support.many_decisions import TICKERS
from tests.support.samples import AT
from tests.support.terminal import shown
from tests.tui.list_tries import cells, listed, seek

pytestmark = pytest.mark.lengthy

COUNT = int(os.environ.get("STONKS_MANY_DECISIONS", "5000"))
IS_LARGE = COUNT > 100_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of very many decisions."""
    return many_decisions.make(tmp_path_factory.mktemp("many"), COUNT)


class Asked(RunFeed):
    """Remembers how many rows each question brought."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.rows: list[int] = []

    async def decisions(
        self,
        run_id: int,
        where: DecisionFilter,
        after: int | None,
        limit: int,
        *,
        newest_first: bool = True,
    ) -> DecisionPage:
        """See `Feed.decisions`."""
        page = await super().decisions(run_id, where, after, limit, newest_first=newest_first)
        self.rows.append(len(page.decisions))
        return page


async def test_every_way_through_the_list_reads_a_page_or_two(many: Path, tmp_path: Path) -> None:
    feed, filters = Asked(many), _filters()
    steps: dict[str, float] = {}
    began = time.monotonic()

    def took(step: str) -> None:
        nonlocal began
        steps[step], began = time.monotonic() - began, time.monotonic()
        assert sum(feed.rows) <= 3 * 200 + 1, step
        feed.rows.clear()

    async with shown(many, tmp_path, size=(120, 40), screen="decisions", feed=feed, run_id=1) as seen:
        screen = listed(seen)
        assert isinstance(screen, DecisionsScreen)
        took("open")
        assert f"Decisions · {COUNT:,}" in seen.lines[2]
        await seen.press("G")
        took("to the end")
        assert screen.table().row_key == "d1"
        await seen.press("g")
        took("and back")
        assert screen.table().row_key == f"d{COUNT}"
        for text, count in filters:
            await seek(seen, text)
            took(f"/{text}")
            assert screen.count == count, text
        await seek(seen, TICKERS[1])
        await seen.press("escape", "g")
        feed.rows.clear()
        await seen.press("n")
        took("next match")
        assert cells(seen, "ticker")[screen.table().position[0] - 1] == TICKERS[1]
    print({step: round(seconds, 3) for step, seconds in steps.items()})
    if IS_LARGE:
        assert max(steps.values()) < 2.0, steps


def _filters() -> list[tuple[str, int]]:
    """Return filters, and how many decisions each lets through."""
    made = many_decisions.decisions(COUNT)
    return [
        ("act", sum(d.outcome.value == "act" for d in made)),
        (TICKERS[7], sum(d.ticker == TICKERS[7] for d in made)),
        ("reason:sector", sum(d.skip_reason == "sector" for d in made)),
        ("conf>0.9", sum((d.confidence or 0) >= 0.9 for d in made)),
        (f"skip {TICKERS[9]} conf<0.5", sum(d.ticker == TICKERS[9] and (d.confidence or 0) <= 0.5 for d in made)),
    ]


async def test_no_question_of_the_feed_reads_or_sorts_every_decision(many: Path) -> None:
    feed = RunFeed(many)
    asked: list[tuple[str, Any]] = []

    def hear(_c: object, _r: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        for where in (DecisionFilter(), *(decision_filter.parse(text).where for text, _ in _filters())):
            for newest_first in (True, False):
                await feed.decisions(1, where, COUNT // 2, 200, newest_first=newest_first)
            await feed.count_decisions(1, decision_filter.by_day(where, AT.date()))
        await feed.tickers(1)
        await feed.decision(1, "d7")
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    with closing(sqlite3.connect(many / "runs" / "1.db")) as file:
        plans = {
            statement: [step for *_, step in file.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            for statement, parameters in asked
            if statement.lstrip().startswith(("SELECT", "WITH")) and "trading_decisions" in statement
        }
    assert len(plans) > 10
    wrong = {s: plan for s, plan in plans.items() if any("SCAN trading" in p or "TEMP B-TREE" in p for p in plan)}
    assert not wrong


async def test_the_tickers_are_found_without_reading_every_decision(many: Path) -> None:
    assert await RunFeed(many).tickers(1) == TICKERS


async def test_pages_upwards_and_downwards_meet(many: Path) -> None:
    feed = RunFeed(many)
    down = await feed.decisions(1, DecisionFilter(ticker=TICKERS[3]), None, 10)
    up = await feed.decisions(1, DecisionFilter(ticker=TICKERS[3]), (down.last or 0) - 1, 100, newest_first=False)
    assert [d.decision_id for d in up.decisions] == [d.decision_id for d in reversed(down.decisions)]
    assert (up.first, up.last, up.next) == (down.last, down.first, None)
