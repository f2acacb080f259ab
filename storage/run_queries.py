"""Run queries: what is asked of a run's books? Each is answered by a key or an index, never by reading it all."""

from datetime import date
from typing import Any

from sqlalchemy import Select, Table, func, select

from engine.model.decisions import DecisionKind
from engine.model.views import DecisionFilter, is_cause
from storage.decision_tables import IS_RARE_KIND, TRADING_DECISIONS
from storage.tables import PORTFOLIO_SNAPSHOTS, TAX_LOTS

_D = TRADING_DECISIONS.c
_P = PORTFOLIO_SNAPSHOTS.c


def decisions(
    run_id: int,
    where: DecisionFilter,
    *,
    after: int | None,
    within: range | None,
    limit: int,
    newest_first: bool,
    with_traces: bool,
) -> Select[Any]:
    """Return the query for the next `limit` decisions that fit, beyond `seq` = `after`.

    `within` are the places (`seq`) to which the filter's times come: decisions lie in the order of time.
    """
    columns = [c for c in _D if with_traces or c is not _D.decision_trace]
    query = _fitting(select(*columns), run_id, where, within)
    if after is not None:
        query = query.where(_D.seq < after if newest_first else _D.seq > after)
    return query.order_by(_D.seq.desc() if newest_first else _D.seq).limit(limit)


def count_decisions(run_id: int, where: DecisionFilter, within: range | None) -> Select[Any]:
    """Return the query for how many decisions fit."""
    return _fitting(select(func.count().label("count")), run_id, where, within)


def tickers(run_id: int) -> Select[Any]:
    """Return the query for the tickers on which something was decided: each is found from the one before it."""
    first = select(func.min(_D.ticker).label("ticker")).where(_D.run_id == run_id).cte("tickers", recursive=True)
    after = select(func.min(_D.ticker)).where(_D.run_id == run_id, _D.ticker > first.c.ticker).scalar_subquery()
    each = first.union_all(select(after).where(first.c.ticker.is_not(None)))
    return select(each.c.ticker).where(each.c.ticker.is_not(None))


def last_decision(run_id: int) -> Select[Any]:
    """Return the query for the place of the last decision."""
    return select(_D.seq).where(_D.run_id == run_id).order_by(_D.seq.desc()).limit(1)


def moment(run_id: int, seq: int) -> Select[Any]:
    """Return the query for when the decision at `seq` was made."""
    return select(_D.created_at).where(_D.run_id == run_id, _D.seq == seq)


def _fitting(query: Select[Any], run_id: int, where: DecisionFilter, within: range | None) -> Select[Any]:
    query = query.where(_D.run_id == run_id)
    if within is not None:
        query = query.where(_D.seq >= within.start, _D.seq < within.stop)
    if where.confidence_from is not None:
        query = query.where(_D.confidence >= where.confidence_from)
    if where.confidence_to is not None:
        query = query.where(_D.confidence <= where.confidence_to)
    if where.kind not in (None, DecisionKind.ENTRY, DecisionKind.EXIT):
        query = query.where(IS_RARE_KIND)
    equal = {_D.kind: where.kind, _D.ticker: where.ticker, _D.decision: where.outcome, _D.skip_reason: where.reason}
    return query.where(*(column == wanted for column, wanted in equal.items() if wanted is not None))


def one_decision(run_id: int, decision_or_cause_id: str) -> tuple[Select[Any], ...]:
    """Return the queries for the decision of that id, for the one on that recommendation, and on that signal."""
    wanted = decision_or_cause_id
    query = select(TRADING_DECISIONS).where(_D.run_id == run_id)
    by_id, by_recommendation = query.where(_D.decision_id == wanted), query.where(_D.recommendation_id == wanted)
    if not is_cause(wanted):
        return by_id, by_recommendation
    by_cause = query.where(_D.cause == wanted, _D.recommendation_id.is_(None)).order_by(_D.seq).limit(1)
    return by_id, by_recommendation, by_cause


def book(table: Table, run_id: int, **of: str | None) -> Select[Any]:
    """Return the query for all rows of a run in `table`, or for those whose columns `of` are given: `decision_id`."""
    query = select(table).where(table.c.run_id == run_id).order_by(table.c.seq)
    return query.where(*(table.c[name] == wanted for name, wanted in of.items() if wanted is not None))


def days(run_id: int, *, with_positions: bool) -> Select[Any]:
    """Return the query for the days in order."""
    columns = [c for c in _P if with_positions or c is not _P.positions]
    return select(*columns).where(_P.run_id == run_id).order_by(_P.snapshot_date)


def day(run_id: int, on: date) -> Select[Any]:
    """Return the query for the last day on or before `on`."""
    days = select(PORTFOLIO_SNAPSHOTS).where(_P.run_id == run_id, _P.snapshot_date <= on)
    return days.order_by(_P.snapshot_date.desc()).limit(1)


def lots(run_id: int, *, are_open: bool) -> Select[Any]:
    """Return the query for the lots that are open, or for those that are closed."""
    ended = TAX_LOTS.c.closed_at
    return book(TAX_LOTS, run_id).where(ended.is_(None) if are_open else ended.is_not(None))
