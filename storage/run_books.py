"""Run books: how does all that was written down, of a run or of a turn of the live engine, get into its tables?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

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
    for table, values, columns_of in _numbered(books):
        if values:
            rows.append((table, numbered(columns_of(values), first=first_of(table), run_id=run_id)))
    if books.trades:
        first = first_of(tables.BACKTEST_TRADES)
        trades = mappers.TRADES.columns_of(books.trades)
        rows.append((tables.BACKTEST_TRADES, numbered(trades, first=first, backtest_id=run_id)))
    rows += _lot_rows(run_id, books, first_of)
    if books.snapshots:
        days = mappers.SNAPSHOTS.columns_of(books.snapshots)
        rows.append((tables.PORTFOLIO_SNAPSHOTS, {**days, "run_id": [run_id] * len(books.snapshots)}))
    return rows


def numbered_tables(books: RunBooks) -> tuple[Table, ...]:
    """Return the tables of which `table_rows` asks where their rows begin."""
    found = [table for table, values, _ in _numbered(books) if values]
    if books.trades or books.open_lots:
        found += [tables.BACKTEST_TRADES, tables.TAX_LOTS]
    return tuple(found)


def _numbered(books: RunBooks) -> tuple[tuple[Table, Sequence[Any], Callable[[Any], Columns]], ...]:
    return (
        (TRADING_DECISIONS, books.decisions, mappers.decision_columns),
        (tables.ORDER_FILLS, books.executions, mappers.EXECUTIONS.columns_of),
        (tables.POSITION_STOP_LEVELS, books.stop_changes, mappers.STOP_CHANGES.columns_of),
        (risk_tables.RESERVE_POOL_LEDGER, books.reserve_entries, risk_mappers.RESERVE_ENTRIES.columns_of),
        (risk_tables.RISK_TIER_HISTORY, books.tier_changes, risk_mappers.TIER_CHANGES.columns_of),
        (risk_tables.CIRCUIT_BREAKER_EVENTS, books.breakers, risk_mappers.BREAKERS.columns_of),
        (risk_tables.CASH_FLOWS, books.flows, risk_mappers.FLOWS.columns_of),
        (risk_tables.POSITION_SPLITS, books.splits, risk_mappers.SPLITS.columns_of),
        (risk_tables.NOTICES, books.notices, risk_mappers.NOTICES.columns_of),
    )


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
