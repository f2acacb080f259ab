"""Every question is answered by an index on PostgreSQL too, in a history of many rows."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import ClauseElement, Connection, Executable, Update, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool

from engine.model.trade_questions import TradeFilter
from storage import run_queries, trade_queries
from storage.live_queries import last_seq_of
from storage.live_tables import AUDIT_EVENTS, EVENT_JOURNAL, LIVE_TABLES
from storage.tables import BACKTEST_TRADES
from tests.support import large_history, postgres, questions

LARGE = {table.name for table in LIVE_TABLES} - large_history.ONE
READS_ALL = {"the days", "the trades"}
"""What asks for every row of an account may read its table from one end to the other."""

QUESTIONS: dict[str, Any] = {
    **{name: query for name, (query, _) in questions.of_run(0).items() if name not in READS_ALL},
    **{name: query for name, (query, _) in questions.OF_AN_ENGINE.items()},
    **{f"notifications: {name}": query for name, (query, _) in questions.OF_NOTIFICATIONS.items()},
    **{
        f"a later page of trades by {order}{' backwards' * backwards}": trade_queries.page(
            0, TradeFilter(), order, after=100, limit=50, backwards=backwards
        )
        for order in questions.TRADE_COLUMNS
        for backwards in (False, True)
    },
    "the trades of a decision": trade_queries.of_decision(0, "d7"),
    "the lots of a trade": trade_queries.closures(0, (7,)),
    "the tickers": run_queries.tickers(0),
    "the last of the words": last_seq_of(AUDIT_EVENTS),
    "the last of the trades": last_seq_of(BACKTEST_TRADES),
}


class Explained(Executable, ClauseElement):
    """A query, and how it is answered instead of its answer."""

    inherit_cache = False

    def __init__(self, query: Any) -> None:
        self.query = query


@compiles(Explained)
def _explained(element: Explained, compiler: Any, **more: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.query, **more)}"


@pytest.fixture(scope="module")
async def connection() -> AsyncIterator[AsyncConnection]:
    with postgres.fresh_url() as url:

        async def connected() -> asyncpg.Connection:
            return await asyncpg.connect(url, server_settings={"search_path": "stonks"})

        filling = await connected()
        for statement in large_history.statements():
            await filling.execute(statement)
        await filling.close()
        engine = create_async_engine("postgresql+asyncpg://", async_creator=connected, poolclass=NullPool)
        async with engine.connect() as opened:
            yield opened
        await engine.dispose()


async def plan_of(connection: AsyncConnection, query: Any) -> dict[str, Any]:
    """Return how `query` is answered; of an update, how it finds its rows."""
    if isinstance(query, Update):
        assert query.whereclause is not None
        query = select(query.whereclause).where(query.whereclause)

    def answered(sync: Connection) -> Any:
        cursor: Any = sync.execute(Explained(query)).cursor  # the values themselves: they are none of the query's kinds
        return cursor.fetchone()[0]

    found = await connection.run_sync(answered)
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)


MAY_BE_ALL = {"how many trades until a day"}
"""Counts of nearly everything, for which a planner may take the index or not."""


@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_question_reads_a_large_table_from_end_to_end(connection: AsyncConnection, question: str) -> None:
    plan = await plan_of(connection, QUESTIONS[question])
    found = list(steps(plan))
    read = [step["Relation Name"] for step in found if step["Node Type"] == "Seq Scan"]
    if question not in MAY_BE_ALL:
        assert not LARGE & set(read), json.dumps(plan, indent=1)
    sorted_rows = [step["Plan Rows"] for step in found if step["Node Type"] == "Sort"]
    assert max(sorted_rows, default=0) < large_history.ROWS / 10, json.dumps(plan, indent=1)


async def test_what_reads_all_would_be_seen(connection: AsyncConnection) -> None:
    query = select(EVENT_JOURNAL).where(EVENT_JOURNAL.c.event == "e7")
    found = steps(await plan_of(connection, query))
    assert [step["Relation Name"] for step in found if step["Node Type"] == "Seq Scan"] == ["event_journal"]
