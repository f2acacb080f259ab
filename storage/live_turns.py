"""Live turns: which rows keep a turn, and what follows from one in the rows that are there? All in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Table, delete, select, update

from engine.live_ports import Turn
from engine.model.breakers import BreakerEvent
from engine.model.live import JournalEntry
from engine.model.notifications import Notification
from engine.model.runs import LIVE_RUN, RunBooks
from storage import bulk, leases, live_books, live_queries, notification_rows, risk_mappers
from storage.columns import Columns
from storage.live_mappers import AUDITS, CHECKPOINT_ROWS, ERRANDS, JOURNAL, LEASE_ROWS
from storage.live_tables import (
    AUDIT_EVENTS,
    CHECKPOINTS,
    ENGINE_SETTINGS,
    ENGINE_STATE,
    EVENT_JOURNAL,
    OUTBOX,
)
from storage.notification_tables import NOTIFICATIONS
from storage.risk_tables import CIRCUIT_BREAKER_EVENTS
from storage.row_map import numbered
from storage.run_books import numbered_tables, table_rows


def keep(connection: Connection, turn: Turn, books: RunBooks) -> None:
    """Keep `turn`, of which `books` are what it adds to the books. One that may not be kept raises."""
    place = _place(connection, turn, books)
    last = next((entry for entry in (turn.entry, *turn.looks) if entry.seq == place["last_turn"]), None)
    if last and _is_kept(connection, last):  # when the connection was lost, and nobody could say so
        if last is turn.entry:
            return
        turn = live_books.without_looks_until(turn, last.seq)
    live_books.require_next(turn, place["last_turn"] or 0, place["last_errand"] or 0)
    is_first = place["last_turn"] is None
    entry = turn.entry
    look = {"is_mere_look": [*(True for _ in turn.looks), live_books.is_mere_look(entry)]}
    insert(connection, EVENT_JOURNAL, JOURNAL.columns_of([*turn.looks, entry]) | look)
    _keep_state(connection, turn, is_first=is_first)
    _keep_books(connection, books, lambda table: (place[table.name] or 0) + 1)
    insert(connection, OUTBOX, ERRANDS.columns_of(turn.errands))
    if turn.notifications:
        tell(connection, turn.notifications)
    if turn.audit:
        insert(connection, AUDIT_EVENTS, {"seq": [entry.seq], **AUDITS.columns_of([turn.audit])})
    if turn.checkpoint:
        checkpoint = live_books.checkpoint_of(turn, connection.execute(live_queries.SETTINGS).scalar() or "")
        insert(connection, CHECKPOINTS, CHECKPOINT_ROWS.columns_of([checkpoint] if checkpoint else []))
    if turn.settings:
        insert(connection, ENGINE_SETTINGS, {"seq": [entry.seq], "at": [entry.at], "settings": [turn.settings]})


def tell(connection: Connection, notifications: Sequence[Notification]) -> None:
    """Keep `notifications`, but for those whose key their channel has already."""
    new = notification_rows.new(connection, notifications)
    insert(connection, NOTIFICATIONS, notification_rows.numbered(connection, new))


def forget_mere_looks(connection: Connection, before: datetime, *, at_most: int) -> int:
    """Forget the first `at_most` looks before `before` of which nothing came; return how many there were.

    Where a replay may begin then, everything since is still there.
    """
    last = next(iter(rows(connection, live_queries.checkpoint(before))), None)
    if last is None:
        return 0
    query = live_queries.mere_looks(last["seq"], before, limit=at_most)
    seqs = connection.execute(query).scalars().all()
    if seqs:
        these = (EVENT_JOURNAL.c.run_id == LIVE_RUN, EVENT_JOURNAL.c.seq.in_(seqs))
        connection.execute(delete(EVENT_JOURNAL).where(*these))
        incomplete = (CHECKPOINTS.c.run_id == LIVE_RUN, CHECKPOINTS.c.seq <= seqs[-1])
        connection.execute(delete(CHECKPOINTS).where(*incomplete))
    return len(seqs)


def rows(connection: Connection, query: Select[Any]) -> Sequence[Mapping[Any, Any]]:
    """Return the rows that answer `query`."""
    return connection.execute(query).mappings().all()


def insert(connection: Connection, table: Table, columns: Columns) -> None:
    """Add rows of the account to `table`: of its run, where the table has one."""
    if "run_id" in table.columns and "run_id" not in columns:
        columns = {**columns, "run_id": [LIVE_RUN] * len(next(iter(columns.values())))}
    values = bulk.plain_rows(table, columns, connection.dialect)
    if values:
        connection.exec_driver_sql(_insert_words(table, tuple(columns), connection.dialect), values)


def _place(connection: Connection, turn: Turn, books: RunBooks) -> Mapping[Any, Any]:
    """Return how far the account has come, and its tables to which `books` add, by their names: in one question.

    Raises LostLease unless `turn` was made under the lease that is on.
    """
    place = next(iter(rows(connection, live_queries.place_with(numbered_tables(books)))), None)
    leases.require_epoch(LEASE_ROWS.value_of(place) if place else None, turn.epoch)
    assert place
    return place


def _is_kept(connection: Connection, entry: JournalEntry) -> bool:
    """Is `entry` the last one of the journal, letter for letter?"""
    found = rows(connection, live_queries.journal(entry.seq - 1, limit=1))
    return [JOURNAL.value_of(row) for row in found] == [entry]


def _keep_state(connection: Connection, turn: Turn, *, is_first: bool) -> None:
    values = {"seq": turn.entry.seq, "epoch": turn.epoch, "state": turn.state, "updated_at": turn.entry.at}
    if is_first:
        connection.execute(ENGINE_STATE.insert(), {"run_id": LIVE_RUN, **values})
    else:
        connection.execute(update(ENGINE_STATE).where(ENGINE_STATE.c.run_id == LIVE_RUN), values)


def _keep_books(connection: Connection, books: RunBooks, first_of: Callable[[Table], int]) -> None:
    new = tuple(breaker for breaker in books.breakers if not _replaced(connection, breaker))
    for table, columns in table_rows(LIVE_RUN, replace(books, breakers=new), first_of):
        insert(connection, table, columns)


def _replaced(connection: Connection, breaker: BreakerEvent) -> bool:
    """Has `breaker` taken the place of what was kept of it before?"""
    kept = CIRCUIT_BREAKER_EVENTS.c
    same = (kept.run_id == LIVE_RUN, kept.breaker_id == breaker.breaker_id)
    seq = connection.execute(select(kept.seq).where(*same)).scalar()
    if seq is None:
        return False
    connection.execute(CIRCUIT_BREAKER_EVENTS.delete().where(*same))
    row = numbered(risk_mappers.BREAKERS.columns_of([breaker]), first=seq, run_id=LIVE_RUN)
    insert(connection, CIRCUIT_BREAKER_EVENTS, row)
    return True


@cache
def _insert_words(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    return bulk.insert_words(table, names, dialect)
