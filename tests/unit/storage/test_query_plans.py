"""Every question that a screen asks is answered by a key or an index."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, create_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from engine.model.decisions import TradingDecisionType
from engine.model.runs import RunBooks
from engine.model.trade_questions import TradeFilter, TradeOrder
from storage import trade_queries
from storage.live_file import prepare_live_file
from storage.moments import to_micros
from storage.run_repository import SqlRunStore
from storage.table_kinds import METADATA
from storage.tables import BACKTEST_TRADES, TAX_LOTS
from tests.support import questions
from tests.support.live_turns import ACCOUNT
from tests.support.samples import (
    AT,
    a_closure,
    a_decision,
    a_notice,
    a_record,
    a_snapshot,
    a_stop_change,
    a_trade,
    an_execution,
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A finished run of 600 decisions, of which every third was taken."""
    folder = tmp_path_factory.mktemp("runs")
    tickers, reasons = ("AAPL", "MSFT", "XOM", "JPM"), ("heat", "sector", "cash")
    decisions = [
        a_decision(i, ticker=tickers[i % 4], outcome=TradingDecisionType.SKIP, skip_reason=reasons[i % 3])
        if i % 3
        else a_decision(i, ticker=tickers[i % 4], outcome=TradingDecisionType.ACT, skip_reason=None)
        for i in range(600)
    ]
    taken = [d for d in decisions if d.outcome is TradingDecisionType.ACT]
    books = RunBooks(
        decisions=decisions,
        executions=tuple(an_execution(d.decision_id) for d in taken),
        stop_changes=tuple(a_stop_change(d.decision_id) for d in taken),
        notices=tuple(a_notice(reference_id=d.decision_id) for d in taken),
        trades=tuple(
            a_trade(
                ticker=tickers[i % 4],
                decision_id=f"d{i}",
                exit_decision_id=f"e{i}",
                exit_at=AT + timedelta(hours=i),
                closures=(a_closure(),),
            )
            for i in range(300)
        ),
        snapshots=tuple(a_snapshot(on=AT.date() + timedelta(days=n)) for n in range(200)),
    )

    async def fill() -> None:
        async with SqlRunStore(folder) as store:
            await store.finish(a_record(run_id=await store.create(a_record())), books)

    asyncio.run(fill())
    engine = create_engine(f"sqlite:///{folder / '1.db'}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


QUESTIONS = questions.of_run(1)
TRADE_COLUMNS = questions.TRADE_COLUMNS


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_without_reading_or_sorting_it_all(connection: Connection, question: str) -> None:
    query, index = QUESTIONS[question]
    is_answered_by(index, connection, words_of(query))


@pytest.mark.parametrize("order", TRADE_COLUMNS)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("file", ["connection", "live"])
def test_a_later_page_of_trades_begins_in_the_index(
    request: pytest.FixtureRequest, order: TradeOrder, backwards: bool, file: str
) -> None:
    opened = request.getfixturevalue(file)
    query = trade_queries.page(1, TradeFilter(), order, after=100, limit=50, backwards=backwards)
    first, *others = plan_of(opened, words_of(query))
    sign = ">" if order.is_of_texts is not backwards else "<"
    column = TRADE_COLUMNS[order]
    assert f"INDEX ix_backtest_trades_{column} (backtest_id=? AND {column}{sign}?)" in first
    assert all(step.startswith(("SCALAR SUBQUERY", "SEARCH")) for step in others)


@pytest.mark.parametrize("file", ["connection", "live"])
def test_the_trades_and_lots_of_a_decision_are_found_by_indexes(request: pytest.FixtureRequest, file: str) -> None:
    opened = request.getfixturevalue(file)
    plan = "; ".join(plan_of(opened, words_of(trade_queries.of_decision(1, "d7"))))
    assert "ix_backtest_trades_decision_id (backtest_id=? AND decision_id=?)" in plan
    assert "ix_backtest_trades_exit_decision_id (backtest_id=? AND exit_decision_id=?)" in plan
    (lots,) = plan_of(opened, words_of(trade_queries.closures(1, (7,))))
    assert "ix_tax_lots_trade_seq (run_id=? AND trade_seq=?)" in lots


def words_of(query: Select[Any]) -> str:
    asked = query.compile(dialect=sqlite.dialect())
    if not any(isinstance(value, datetime) for value in asked.params.values()):
        return str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    said = [to_micros(v) if isinstance(v, datetime) else v for v in map(asked.params.get, asked.positiontup or ())]
    return str(asked).replace("?", "{}").format(*said)


def is_answered_by(index: str, connection: Connection, words: str) -> None:
    plan = plan_of(connection, words)
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH")
    assert index in plan[0]


def plan_of(connection: Connection, words: str) -> list[str]:
    return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A live account's file as it is when it was made: nobody has looked how its rows are spread."""
    path = tmp_path_factory.mktemp("live") / "stonks.db"
    asyncio.run(prepare_live_file(path, ACCOUNT))
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_to_a_live_account_is_answered_so_from_its_first_day_on(live: Connection, question: str) -> None:
    query, index = questions.of_run(0)[question]
    is_answered_by(index, live, words_of(query))


LIVE_QUESTIONS = questions.OF_AN_ENGINE


@pytest.mark.parametrize("question", LIVE_QUESTIONS)
def test_what_an_engine_asks_is_answered_without_reading_or_sorting_it_all(live: Connection, question: str) -> None:
    query, index = LIVE_QUESTIONS[question]
    is_answered_by(index, live, words_of(query))


def test_all_tables_can_be_made_on_postgresql() -> None:
    from sqlalchemy.dialects import postgresql

    from storage import market_tables

    assert market_tables.PRICE_BARS.metadata is METADATA
    on_postgresql = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = {table.name: str(CreateTable(table).compile(dialect=on_postgresql)) for table in METADATA.sorted_tables}
    assert "active_pool_at_decision NUMERIC(20, 4) NOT NULL" in made["trading_decisions"]
    assert "decision_trace JSONB" in made["trading_decisions"]
    assert "start_at TIMESTAMP WITH TIME ZONE NOT NULL" in made["price_bars"]


async def test_an_account_that_was_made_without_the_indexes_of_trades_gets_them_when_it_is_opened(
    tmp_path: Path,
) -> None:
    path = tmp_path / "stonks.db"
    await prepare_live_file(path, ACCOUNT)
    added = sorted(str(index.name) for table in (BACKTEST_TRADES, TAX_LOTS) for index in table.indexes)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        for name in added:
            raw.execute(f"DROP INDEX {name}")
        raw.execute("DELETE FROM sqlite_stat1 WHERE tbl IN ('backtest_trades', 'tax_lots')")
    await prepare_live_file(path, ACCOUNT)
    with closing(sqlite3.connect(path)) as raw:
        found = raw.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_%' ORDER BY name")
        assert set(added) <= {name for (name,) in found}
        believed = {name for (name,) in raw.execute("SELECT idx FROM sqlite_stat1 WHERE tbl = 'backtest_trades'")}
        assert believed == {"backtest_trades", *(name for name in added if "trades_" in name)}
