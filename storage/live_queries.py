"""Live queries: what does an engine ask of its file? Each is answered by a key or an index, never by reading it all."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, func, select

from storage.decision_tables import TRADING_DECISIONS
from storage.live_tables import ENGINE_STATE, EVENT_JOURNAL, IS_WAITING, LEASES, LIVE_RUN, OUTBOX

LEASE_NAME = "engine"

STATE = select(ENGINE_STATE.c.seq, ENGINE_STATE.c.state).where(ENGINE_STATE.c.run_id == LIVE_RUN)
LAST_ERRAND = select(func.max(OUTBOX.c.errand_id)).where(OUTBOX.c.run_id == LIVE_RUN)
WAITING = select(OUTBOX).where(OUTBOX.c.run_id == LIVE_RUN, IS_WAITING).order_by(OUTBOX.c.errand_id)
LEASE = select(LEASES).where(LEASES.c.name == LEASE_NAME)
PLACE = LEASE.add_columns(
    select(ENGINE_STATE.c.seq).where(ENGINE_STATE.c.run_id == LIVE_RUN).scalar_subquery().label("last_turn"),
    LAST_ERRAND.scalar_subquery().label("last_errand"),
)
"""The lease, and how far the account has come: all that a turn has to follow."""

_J = EVENT_JOURNAL.c
_D = TRADING_DECISIONS.c


def journal(after: int, *, limit: int) -> Select[Any]:
    """Return the query for the next `limit` turns after `after`."""
    return select(EVENT_JOURNAL).where(_J.run_id == LIVE_RUN, _J.seq > after).order_by(_J.seq).limit(limit)


def decided(cause_ids: Sequence[str]) -> tuple[Select[Any], ...]:
    """Return the queries for those of the recommendations, and of the signals, that have a decision."""
    return (
        select(_D.recommendation_id).where(_D.run_id == LIVE_RUN, _D.recommendation_id.in_(cause_ids)),
        select(_D.cause).where(_D.run_id == LIVE_RUN, _D.cause.in_(cause_ids), _D.recommendation_id.is_(None)),
    )


@cache
def last_seq_of(table: Table) -> Select[Any]:
    """Return the query for the last place that is taken in `table`."""
    of_run = next(iter(table.primary_key))
    return select(func.max(table.c.seq)).where(of_run == LIVE_RUN)
