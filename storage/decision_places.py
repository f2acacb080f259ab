"""Decision places: where among a run's decisions does a time begin?

Decisions are numbered in the order of time (storage/soundness.py refuses others), so a time is found by halving: some
twenty rows are read, of however many there are, and no index over times is needed.
"""

from datetime import datetime

from engine.model.views import DecisionFilter
from storage import run_queries
from storage.answering import Connection


async def within(connection: Connection, run_id: int, where: DecisionFilter) -> range | None:
    """Return the places (`seq`) of the decisions from `where.since` up to `where.until`; None when it has no times."""
    if where.since is None and where.until is None:
        return None
    last = (await connection.execute(run_queries.last_decision(run_id))).scalar() or 0
    first = 1 if where.since is None else await _first_from(connection, run_id, where.since, last)
    end = last + 1 if where.until is None else await _first_from(connection, run_id, where.until, last)
    return range(first, end)


async def _first_from(connection: Connection, run_id: int, at: datetime, last: int) -> int:
    """Return the first place whose decision was made at or after `at`; one more than `last` if none was."""
    low, high = 1, last + 1
    while low < high:
        middle = (low + high) // 2
        made_at = (await connection.execute(run_queries.moment(run_id, middle))).scalar_one()
        if made_at < at:
            low = middle + 1
        else:
            high = middle
    return low
