"""Live queries: what does an engine ask of its file? Each is answered by a key or an index, never by reading it all."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Select, Table, func, select, union_all

from engine.model.runs import LIVE_RUN
from storage.decision_tables import TRADING_DECISIONS
from storage.live_tables import (
    AUDIT_EVENTS,
    CHECKPOINTS,
    ENGINE_HEARTBEAT,
    ENGINE_SETTINGS,
    ENGINE_STATE,
    EVENT_JOURNAL,
    IS_MERE_LOOK,
    IS_WAITING,
    LEASES,
    LIVE_METRICS,
    OUTBOX,
)
from storage.risk_tables import NOTICES

LEASE_NAME = "engine"
JOURNAL_PAGE = 200
"""So many turns are read at a time: commits come in between."""

STATE = select(ENGINE_STATE.c.seq, ENGINE_STATE.c.state).where(ENGINE_STATE.c.run_id == LIVE_RUN)
LAST_ERRAND = select(func.max(OUTBOX.c.errand_id)).where(OUTBOX.c.run_id == LIVE_RUN)
WAITING = select(OUTBOX).where(OUTBOX.c.run_id == LIVE_RUN, IS_WAITING).order_by(OUTBOX.c.errand_id)
LEASE = select(LEASES).where(LEASES.c.name == LEASE_NAME)
PLACE = LEASE.add_columns(
    select(ENGINE_STATE.c.seq).where(ENGINE_STATE.c.run_id == LIVE_RUN).scalar_subquery().label("last_turn"),
    LAST_ERRAND.scalar_subquery().label("last_errand"),
)
"""The lease, and how far the account has come: all that a turn has to follow."""


@cache
def place_with(tables: tuple[Table, ...]) -> Select[Any]:
    """Return the query for `PLACE`, and for the last place that is taken in each of `tables`, by its name."""
    return PLACE.add_columns(*(last_seq_of(table).scalar_subquery().label(table.name) for table in tables))


SETTINGS = (
    select(ENGINE_SETTINGS.c.settings)
    .where(ENGINE_SETTINGS.c.run_id == LIVE_RUN)
    .order_by(ENGINE_SETTINGS.c.seq.desc())
    .limit(1)
)
HEARTBEAT = select(ENGINE_HEARTBEAT).where(ENGINE_HEARTBEAT.c.run_id == LIVE_RUN)
LAST_TURN = select(ENGINE_STATE.c.seq).where(ENGINE_STATE.c.run_id == LIVE_RUN)

_J = EVENT_JOURNAL.c
_C = CHECKPOINTS.c
_M = LIVE_METRICS.c
_A = AUDIT_EVENTS.c
_N = NOTICES.c
_D = TRADING_DECISIONS.c


def journal(after: int, *, limit: int) -> Select[Any]:
    """Return the query for the next `limit` turns after `after`."""
    return select(EVENT_JOURNAL).where(_J.run_id == LIVE_RUN, _J.seq > after).order_by(_J.seq).limit(limit)


def checkpoint(at: datetime | None) -> Select[Any]:
    """Return the query for the last checkpoint at or before `at`, for the first one if None."""
    kept = select(CHECKPOINTS).where(_C.run_id == LIVE_RUN).limit(1)
    return kept.order_by(_C.seq) if at is None else kept.where(_C.at <= at).order_by(_C.seq.desc())


def mere_looks(until_seq: int, before: datetime, *, limit: int) -> Select[Any]:
    """Return the query for the first `limit` turns that may be forgotten: before the turn `until_seq`, and `before`."""
    these = (_J.run_id == LIVE_RUN, IS_MERE_LOOK, _J.seq < until_seq, _J.at < before)
    return select(_J.seq).where(*these).order_by(_J.seq).limit(limit)


def metrics(since: datetime | None) -> Select[Any]:
    """Return the query for what was measured from `since` on, all of it if None."""
    kept = select(LIVE_METRICS).where(_M.run_id == LIVE_RUN).order_by(_M.at)
    return kept if since is None else kept.where(_M.at >= since)


def notices(seq: int) -> Select[Any]:
    """Return the query for the notices at `seq` and after it, in order."""
    return select(NOTICES).where(_N.run_id == LIVE_RUN, _N.seq >= seq).order_by(_N.seq)


def audits(*, limit: int) -> Select[Any]:
    """Return the query for the last `limit` words of people, newest first."""
    return select(AUDIT_EVENTS).where(_A.run_id == LIVE_RUN).order_by(_A.seq.desc()).limit(limit)


def decided(cause_ids: Sequence[str]) -> CompoundSelect[Any]:
    """Return the query for those of the recommendations, and of the signals, that have a decision."""
    return union_all(
        select(_D.recommendation_id).where(_D.run_id == LIVE_RUN, _D.recommendation_id.in_(cause_ids)),
        select(_D.cause).where(_D.run_id == LIVE_RUN, _D.cause.in_(cause_ids), _D.recommendation_id.is_(None)),
    )


@cache
def last_seq_of(table: Table) -> Select[Any]:
    """Return the query for the last place that is taken in `table`."""
    of_run = next(iter(table.primary_key))
    return select(func.max(table.c.seq)).where(of_run == LIVE_RUN)
