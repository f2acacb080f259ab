"""Run books: how does all that was written down, of a run or of a turn of the live engine, get into its tables?"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.model.runs import RunBooks
from storage import bulk, mappers, risk_mappers, risk_tables, tables
from storage.columns import Columns
from storage.decision_tables import TRADING_DECISIONS
from storage.row_map import numbered


async def write_books(connection: AsyncConnection, run_id: int, books: RunBooks, *, decisions_too: bool) -> None:
    """Write `books` under `run_id`; without the decisions if somebody has written those.

    The caller's transaction makes it all or nothing.
    """
    for table, columns in table_rows(run_id, books if decisions_too else replace(books, decisions=())):
        await bulk.insert(connection, table, columns)


def table_rows(
    run_id: int, books: RunBooks, first_of: Callable[[Table], int] = lambda _: 1
) -> list[tuple[Table, Columns]]:
    """Return the rows that keep `books`, by table and in the order in which they go in; no table comes without rows.

    `first_of` says with which `seq` a table's rows begin; it is asked only for tables that get some.
    """
    rows: list[tuple[Table, Columns]] = []
    for table, columns in _numbered_tables(books):
        if _count(columns):
            rows.append((table, numbered(columns, first=first_of(table), run_id=run_id)))
    if books.trades:
        first = first_of(tables.BACKTEST_TRADES)
        trades = mappers.TRADES.columns_of(books.trades)
        rows.append((tables.BACKTEST_TRADES, numbered(trades, first=first, backtest_id=run_id)))
    rows += _lot_rows(run_id, books, first_of)
    if books.snapshots:
        days = mappers.SNAPSHOTS.columns_of(books.snapshots)
        rows.append((tables.PORTFOLIO_SNAPSHOTS, {**days, "run_id": [run_id] * len(books.snapshots)}))
    return rows


def _numbered_tables(books: RunBooks) -> list[tuple[Table, Columns]]:
    return [
        (TRADING_DECISIONS, mappers.decision_columns(books.decisions)),
        (tables.ORDER_FILLS, mappers.EXECUTIONS.columns_of(books.executions)),
        (tables.POSITION_STOP_LEVELS, mappers.STOP_CHANGES.columns_of(books.stop_changes)),
        (risk_tables.RESERVE_POOL_LEDGER, risk_mappers.RESERVE_ENTRIES.columns_of(books.reserve_entries)),
        (risk_tables.RISK_TIER_HISTORY, risk_mappers.TIER_CHANGES.columns_of(books.tier_changes)),
        (risk_tables.CIRCUIT_BREAKER_EVENTS, risk_mappers.BREAKERS.columns_of(books.breakers)),
        (risk_tables.CASH_FLOWS, risk_mappers.FLOWS.columns_of(books.flows)),
        (risk_tables.POSITION_SPLITS, risk_mappers.SPLITS.columns_of(books.splits)),
        (risk_tables.NOTICES, risk_mappers.NOTICES.columns_of(books.notices)),
    ]


def _lot_rows(run_id: int, books: RunBooks, first_of: Callable[[Table], int]) -> list[tuple[Table, Columns]]:
    closures = [closure for trade in books.trades for closure in trade.closures]
    if not closures and not books.open_lots:
        return []
    first = first_of(tables.TAX_LOTS)
    first_trade = first_of(tables.BACKTEST_TRADES)
    closed = numbered(mappers.CLOSURES.columns_of(closures), first=first, run_id=run_id)
    closed["trade_seq"] = [seq for seq, trade in enumerate(books.trades, start=first_trade) for _ in trade.closures]
    still_open = numbered(mappers.OPEN_LOTS.columns_of(books.open_lots), first=first + len(closures), run_id=run_id)
    return [(tables.TAX_LOTS, columns) for columns in (closed, still_open) if _count(columns)]


def _count(columns: Columns) -> int:
    return len(next(iter(columns.values())))
