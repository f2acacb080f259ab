"""Run queries: what is asked of a run's books? Each is answered by a key or an index, never by reading it all."""

from typing import Any

from sqlalchemy import Select, Table, select

from engine.model.decisions import TradingDecisionType
from storage.tables import BACKTEST_TRADES, TAX_LOTS, TRADING_DECISIONS

_D = TRADING_DECISIONS.c


def decisions(
    run_id: int,
    *,
    after: int | None,
    limit: int,
    ticker: str | None,
    outcome: TradingDecisionType | None,
    reason: str | None,
    with_traces: bool,
) -> Select[Any]:
    """Return the query for the next `limit` decisions after `seq` = `after` that fit."""
    query = select(*(c for c in _D if with_traces or c is not _D.decision_trace)).where(_D.run_id == run_id)
    if after is not None:
        query = query.where(_D.seq > after)
    if ticker is not None:
        query = query.where(_D.ticker == ticker)
    if outcome is not None:
        query = query.where(_D.decision == outcome)
    if reason is not None:
        query = query.where(_D.skip_reason == reason)
    return query.order_by(_D.seq).limit(limit)


def one_decision(run_id: int, decision_or_recommendation_id: str) -> tuple[Select[Any], Select[Any]]:
    """Return the queries for the decision of that id, and for the one on that recommendation."""
    wanted = decision_or_recommendation_id
    query = select(TRADING_DECISIONS).where(_D.run_id == run_id)
    return query.where(_D.decision_id == wanted), query.where(_D.recommendation_id == wanted)


def book(table: Table, run_id: int, *, order: str = "seq", decision_id: str | None = None) -> Select[Any]:
    """Return the query for all rows of a run in `table`, or for those of one decision."""
    query = select(table).where(table.c.run_id == run_id).order_by(table.c[order])
    if decision_id is None:
        return query
    return query.where(table.c.decision_id == decision_id)


def trades(run_id: int) -> Select[Any]:
    """Return the query for the closed trades."""
    return select(BACKTEST_TRADES).where(BACKTEST_TRADES.c.backtest_id == run_id).order_by(BACKTEST_TRADES.c.seq)


def lots(run_id: int, *, status: str) -> Select[Any]:
    """Return the query for the lots that are `open` or `closed`."""
    return book(TAX_LOTS, run_id).where(TAX_LOTS.c.status == status)
