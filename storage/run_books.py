"""Run books: how does all that a run wrote down get into its tables?"""

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.model.positions import ClosedTrade
from engine.model.runs import RunBooks
from storage import bulk, mappers, risk_mappers, risk_tables, tables
from storage.columns import Columns
from storage.decision_tables import TRADING_DECISIONS
from storage.row_map import numbered


async def write_books(connection: AsyncConnection, run_id: int, books: RunBooks, *, decisions_too: bool) -> None:
    """Write `books` under `run_id`; without the decisions if somebody has written those.

    The caller's transaction makes it all or nothing.
    """
    if decisions_too:
        decisions = numbered(mappers.decision_columns(books.decisions), run_id=run_id)
        await bulk.insert(connection, TRADING_DECISIONS, decisions)
    for table, columns in _tables(run_id, books):
        await bulk.insert(connection, table, columns)


def _tables(run_id: int, books: RunBooks) -> list[tuple[Table, Columns]]:
    closures = [closure for trade in books.trades for closure in trade.closures]
    closed = {**mappers.CLOSURES.columns_of(closures), "trade_seq": _trade_seqs(books.trades)}
    still_open = numbered(mappers.OPEN_LOTS.columns_of(books.open_lots), first=len(closures) + 1)
    days = {**mappers.SNAPSHOTS.columns_of(books.snapshots), "run_id": [run_id] * len(books.snapshots)}
    trades = numbered(mappers.TRADES.columns_of(books.trades), backtest_id=run_id)
    in_order = {
        tables.ORDER_FILLS: mappers.EXECUTIONS.columns_of(books.executions),
        tables.TAX_LOTS: closed,
        tables.POSITION_STOP_LEVELS: mappers.STOP_CHANGES.columns_of(books.stop_changes),
        risk_tables.RESERVE_POOL_LEDGER: risk_mappers.RESERVE_ENTRIES.columns_of(books.reserve_entries),
        risk_tables.RISK_TIER_HISTORY: risk_mappers.TIER_CHANGES.columns_of(books.tier_changes),
        risk_tables.CIRCUIT_BREAKER_EVENTS: risk_mappers.BREAKERS.columns_of(books.breakers),
        risk_tables.CASH_FLOWS: risk_mappers.FLOWS.columns_of(books.flows),
        risk_tables.POSITION_SPLITS: risk_mappers.SPLITS.columns_of(books.splits),
        risk_tables.NOTICES: risk_mappers.NOTICES.columns_of(books.notices),
    }
    return [
        *((table, numbered(columns, run_id=run_id)) for table, columns in in_order.items()),
        (tables.TAX_LOTS, {**still_open, "run_id": [run_id] * len(books.open_lots)}),
        (tables.BACKTEST_TRADES, trades),
        (tables.PORTFOLIO_SNAPSHOTS, days),
    ]


def _trade_seqs(trades: tuple[ClosedTrade, ...]) -> list[int]:
    return [seq for seq, trade in enumerate(trades, start=1) for _ in trade.closures]
