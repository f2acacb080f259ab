"""Live tables: what is kept of an account that trades, beside the books that every run has?

An account is the run 0: its decisions, fills and the rest lie in the tables of `storage/tables.py`. Here is what only a
living engine needs: where it stands, how it came there, what has to leave, and who may trade.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from engine.model.live import ErrandKind
from storage.table_kinds import METADATA, optional, required
from storage.tables import RUN_TABLES
from storage.types import JsonType, UtcDateTime, WordType

LIVE_RUN = 0
"""The account's number among the runs."""

ENGINE_STATE = Table(
    "engine_state",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    required("seq", Integer),  # of the last turn
    required("epoch", Integer),
    required("state", Text),
    required("updated_at", UtcDateTime()),
)

EVENT_JOURNAL = Table(  # long rows: SQLite keeps those better beside their key than in it
    "event_journal",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    required("at", UtcDateTime()),
    required("event", Text),
    required("answers", Text),
    required("effects", Text),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("errand_id", Integer, primary_key=True, autoincrement=False),
    required("kind", WordType(ErrandKind)),
    required("subject", String),
    required("at", UtcDateTime()),
    optional("payload", JsonType()),  # the order, if it is one
    optional("brought_at", UtcDateTime()),
    sqlite_with_rowid=False,
)
IS_WAITING = text("brought_at IS NULL")
"""Whoever asks for what waits must say it in these words too: else the index is not taken."""

Index("ix_outbox_waiting", OUTBOX.c.run_id, OUTBOX.c.errand_id, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String, primary_key=True),
    optional("owner", String),  # empty: released
    required("epoch", Integer),
    required("expires_at", UtcDateTime()),
)

LIVE_TABLES = (*RUN_TABLES, ENGINE_STATE, EVENT_JOURNAL, OUTBOX, LEASES)
"""All that lies in the file of a live account."""
