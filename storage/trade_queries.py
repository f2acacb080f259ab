"""Trade queries: what is asked of a run's closed trades? Pages of them are read by an index in every order but one.

By thesis they are sorted each time: an index over long texts would be as large as the trades.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, func, or_, select

from engine.model.trade_questions import TradeFilter, TradeOrder, TradeWord
from storage.tables import BACKTEST_TRADES, TAX_LOTS

_T = BACKTEST_TRADES.c
_L = TAX_LOTS.c
_COLUMNS: dict[TradeOrder, Column[Any]] = {
    TradeOrder.CLOSED: _T.exit_at,
    TradeOrder.TICKER: _T.ticker,
    TradeOrder.QUANTITY: _T.quantity,
    TradeOrder.ENTRY: _T.entry_price,
    TradeOrder.EXIT: _T.exit_price,
    TradeOrder.PNL: _T.pnl,
    TradeOrder.RETURN: _T.pnl_pct,
    TradeOrder.HELD: _T.hold_duration_days,
    TradeOrder.WHY: _T.exit_reason,
    TradeOrder.THESIS: _T.thesis,
}


def trades(run_id: int) -> Select[Any]:
    """Return the query for the closed trades in the order of the books."""
    return select(BACKTEST_TRADES).where(_T.backtest_id == run_id).order_by(_T.seq)


def of_decision(run_id: int, decision_id: str) -> Select[Any]:
    """Return the query for the trades that `decision_id` opened or closed."""
    return trades(run_id).where(or_(_T.decision_id == decision_id, _T.exit_decision_id == decision_id))


def closures(run_id: int, trade_seqs: Sequence[int]) -> Select[Any]:
    """Return the query for the lots that the trades at `trade_seqs` closed."""
    lots = select(TAX_LOTS).where(_L.run_id == run_id, _L.trade_seq.in_(trade_seqs), _L.trade_seq.is_not(None))
    return lots.order_by(_L.trade_seq, _L.seq)


def page(
    run_id: int, where: TradeFilter, order: TradeOrder, *, after: int | None, limit: int, backwards: bool
) -> Select[Any]:
    """Return the query for the next `limit` trades that fit, beyond the one whose `seq` is `after`."""
    column, falls, is_last_first = _COLUMNS[order], order.is_of_texts is backwards, not backwards
    query = _fitting(select(BACKTEST_TRADES), run_id, where)
    if after is not None:
        start = select(column).where(_T.backtest_id == run_id, _T.seq == after).scalar_subquery()
        further = _T.seq < after if is_last_first else _T.seq > after
        # In two parts, since the first alone is where an index begins.
        query = query.where(column <= start if falls else column >= start)
        query = query.where(or_(column < start if falls else column > start, further))
    by_seq = _T.seq.desc() if is_last_first else _T.seq
    return query.order_by(column.desc() if falls else column, by_seq).limit(limit)


def count(run_id: int, where: TradeFilter) -> Select[Any]:
    """Return the query for how many trades fit."""
    return _fitting(select(func.count().label("count")), run_id, where)


def _fitting(query: Select[Any], run_id: int, where: TradeFilter) -> Select[Any]:
    query = query.select_from(BACKTEST_TRADES).where(_T.backtest_id == run_id)
    if where.ticker is not None:
        query = query.where(_T.ticker == where.ticker)
    if where.reasons:
        query = query.where(_T.exit_reason.in_(where.reasons))
    if where.since is not None:
        query = query.where(_T.exit_at >= where.since)
    if where.until is not None:
        query = query.where(_T.exit_at < where.until)
    return query.where(*map(_found, where.words))


def _found(word: TradeWord) -> ColumnElement[bool]:
    """Return whether `word` is found: `LIKE` knows capitals from `A` to `Z` only, as `TradeWord` does."""
    parts = [c.icontains(word.text, autoescape=True) for c in (_T.ticker, _T.exit_reason, _T.sector, _T.thesis)]
    return or_(*parts, _T.exit_reason.in_(word.reasons)) if word.reasons else or_(*parts)
