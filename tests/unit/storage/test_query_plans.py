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

from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.runs import RunBooks
from engine.model.trade_questions import TradeFilter, TradeOrder
from engine.model.views import DecisionFilter
from storage import live_queries, run_queries, trade_queries
from storage.decision_tables import TRADING_DECISIONS
from storage.live_file import prepare_live_file
from storage.moments import to_micros
from storage.risk_tables import NOTICES
from storage.run_repository import SqlRunStore
from storage.table_kinds import METADATA
from storage.tables import BACKTEST_TRADES, ORDER_FILLS, POSITION_STOP_LEVELS, TAX_LOTS
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


def decisions(
    *,
    after: int | None = None,
    within: range | None = None,
    newest_first: bool = False,
    with_traces: bool = False,
    **asked: Any,
) -> Select[Any]:
    return run_queries.decisions(
        1,
        DecisionFilter(**asked),
        after=after,
        within=within,
        limit=50,
        newest_first=newest_first,
        with_traces=with_traces,
    )


def trades(order: TradeOrder = TradeOrder.CLOSED, *, backwards: bool = False, **asked: Any) -> Select[Any]:
    return trade_queries.page(1, TradeFilter(**asked), order, after=None, limit=50, backwards=backwards)


TRADE_COLUMNS = {
    TradeOrder.CLOSED: "exit_at",
    TradeOrder.TICKER: "ticker",
    TradeOrder.QUANTITY: "quantity",
    TradeOrder.ENTRY: "entry_price",
    TradeOrder.EXIT: "exit_price",
    TradeOrder.PNL: "pnl",
    TradeOrder.RETURN: "pnl_pct",
    TradeOrder.HELD: "hold_duration_days",
    TradeOrder.WHY: "exit_reason",
}
QUESTIONS = {
    "the first page": (decisions(), "PRIMARY KEY"),
    "a later page": (decisions(after=100), "PRIMARY KEY"),
    "the first page of all fields": (decisions(with_traces=True), "PRIMARY KEY"),
    "a later page of a ticker": (decisions(ticker="AAPL", after=100), "ix_trading_decisions_ticker"),
    "the first page of a ticker": (decisions(ticker="AAPL"), "ix_trading_decisions_ticker"),
    "the first page of an outcome": (decisions(outcome=TradingDecisionType.ACT), "ix_trading_decisions_decision"),
    "the first page of a reason": (decisions(reason="heat"), "ix_trading_decisions_skip_reason"),
    "the first page of a kind": (decisions(kind=DecisionKind.MICRO), "ix_trading_decisions_kind"),
    "a later page of a common kind": (decisions(kind=DecisionKind.EXIT, after=100), "PRIMARY KEY"),
    "the newest page": (decisions(newest_first=True), "PRIMARY KEY"),
    "the newest page of a ticker": (decisions(ticker="AAPL", newest_first=True), "ix_trading_decisions_ticker"),
    "a later page of a time": (decisions(within=range(100, 200), after=150, newest_first=True), "PRIMARY KEY"),
    "how many of a reason": (
        run_queries.count_decisions(1, DecisionFilter(reason="heat"), None),
        "ix_trading_decisions_skip_reason",
    ),
    "when a decision was made": (run_queries.moment(1, 7), "PRIMARY KEY"),
    "the last decision": (run_queries.last_decision(1), "trading_decisions"),
    "a day": (run_queries.day(1, AT.date()), "sqlite_autoindex_portfolio_snapshots_1"),
    "a decision": (run_queries.one_decision(1, "d1")[0], "uq_trading_decisions_decision_id"),
    "a recommendation": (run_queries.one_decision(1, "r1")[1], "uq_trading_decisions_recommendation_id"),
    "a signal": (run_queries.one_decision(1, "s1")[2], "ix_trading_decisions_cause"),
    "what is told of a decision": (run_queries.book(NOTICES, 1, reference_id="d1"), "ix_notices_reference_id"),
    "the fills of a decision": (
        run_queries.book(ORDER_FILLS, 1, decision_id="d1"),
        "ix_order_fills_decision_id",
    ),
    "the stops of a position": (
        run_queries.book(POSITION_STOP_LEVELS, 1, decision_id="d1"),
        "ix_position_stop_levels_decision_id",
    ),
    "the days": (
        run_queries.days(1, with_positions=False),
        "sqlite_autoindex_portfolio_snapshots_1",
    ),
    "the trades": (trade_queries.trades(1), "PRIMARY KEY"),
    **{
        f"the first trades by {order}": (trades(order), f"ix_backtest_trades_{column}")
        for order, column in TRADE_COLUMNS.items()
    },
    **{
        f"the last trades by {order}": (trades(order, backwards=True), f"ix_backtest_trades_{column}")
        for order, column in TRADE_COLUMNS.items()
    },
    "the trades of some days": (trades(since=AT, until=AT), "ix_backtest_trades_exit_at"),
    "the trades of a ticker by ticker": (trades(TradeOrder.TICKER, ticker="AAPL"), "ix_backtest_trades_ticker"),
    "how many trades until a day": (
        trade_queries.count(1, TradeFilter(until=AT)),
        "COVERING INDEX ix_backtest_trades_exit_at",
    ),
    "how many trades in a ticker": (
        trade_queries.count(1, TradeFilter(ticker="AAPL")),
        "COVERING INDEX ix_backtest_trades_ticker",
    ),
    "how many trades for a reason": (
        trade_queries.count(1, TradeFilter(reasons=("stop_loss",))),
        "COVERING INDEX ix_backtest_trades_exit_reason",
    ),
}


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
    query, index = QUESTIONS[question]
    words = words_of(query).replace("run_id = 1", "run_id = 0").replace("backtest_id = 1", "backtest_id = 0")
    is_answered_by(index, live, words)


LIVE_QUESTIONS = {
    "the state": (live_queries.STATE, "INTEGER PRIMARY KEY"),
    "the last errand": (live_queries.LAST_ERRAND, "PRIMARY KEY"),
    "what waits": (live_queries.WAITING, "ix_outbox_waiting"),
    "the lease": (live_queries.LEASE, "sqlite_autoindex_leases_1"),
    "the last decision": (live_queries.last_seq_of(TRADING_DECISIONS), "PRIMARY KEY"),
    "a page of the journal": (live_queries.journal(7, limit=50), "sqlite_autoindex_event_journal_1"),
    "recommendations with a decision": (
        live_queries.decided(["r1", "r2"])[0],
        "uq_trading_decisions_recommendation_id",
    ),
    "the rules that hold": (live_queries.SETTINGS, "sqlite_autoindex_engine_settings_1"),
    "the last sign of life": (live_queries.HEARTBEAT, "INTEGER PRIMARY KEY"),
    "the last turn": (live_queries.LAST_TURN, "INTEGER PRIMARY KEY"),
    "the first checkpoint": (live_queries.checkpoint(None), "sqlite_autoindex_checkpoints_1"),
    "the checkpoint before a moment": (live_queries.checkpoint(AT), "sqlite_autoindex_checkpoints_1"),
    "looks to forget": (live_queries.mere_looks(7, AT, limit=50), "ix_event_journal_mere_looks"),
    "what was measured since a moment": (live_queries.metrics(AT), "PRIMARY KEY (run_id=? AND at>?)"),
    "the last words": (live_queries.audits(limit=50), "PRIMARY KEY"),
    "signals with a decision": (live_queries.decided(["s1", "s2"])[1], "ix_trading_decisions_cause"),
}


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
