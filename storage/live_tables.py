"""Live tables: what is kept of an account that trades, beside the books that every run has?

An account is the run 0: its decisions, fills and the rest lie in the tables of `storage/tables.py`. Here is what only a
living engine needs: where it stands, how it came there, what has to leave, and who may trade.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, text

from engine.model.audit import Word
from engine.model.live import ErrandKind
from engine.model.portfolio import TradingState
from storage.command_tables import ENGINE_COMMANDS
from storage.notification_tables import NOTIFICATIONS
from storage.table_kinds import METADATA, optional, required
from storage.tables import RUN_TABLES
from storage.types import JsonType, MoneyType, RatioType, UtcDateTime, WordType

ACCOUNT_IDS = Table(
    "account_ids",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    required("account_id", String),  # the broker's file has it too: those of two accounts are not to be mixed
)

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
    required("is_mere_look", Boolean),
)
IS_MERE_LOOK = text("is_mere_look")
"""As for `IS_WAITING`: in these words, else the index is not taken."""

Index(
    "ix_event_journal_mere_looks",
    EVENT_JOURNAL.c.run_id,
    EVENT_JOURNAL.c.seq,
    sqlite_where=IS_MERE_LOOK,
    postgresql_where=IS_MERE_LOOK,
)

CHECKPOINTS = Table(  # as the journal, of which each has the state before a turn
    "checkpoints",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    required("at", UtcDateTime()),
    required("settings", Text),  # that held before the turn
    required("state", Text),
)

ENGINE_SETTINGS = Table(
    "engine_settings",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    required("at", UtcDateTime()),
    required("settings", Text),
)

AUDIT_EVENTS = Table(
    "audit_events",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    required("at", UtcDateTime()),
    required("word", WordType(Word)),
    required("arguments", Text),  # JSON of names and texts, as `before` and `after`
    required("who", String),
    required("origin", String),
    required("done", Boolean),
    required("words", String),
    required("before", Text),
    required("after", Text),
    sqlite_with_rowid=False,
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
    optional("ratio", RatioType()),  # of a split
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

ENGINE_HEARTBEAT = Table(
    "engine_heartbeat",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    required("beaten_at", UtcDateTime()),  # by the database's clock; `at` is by the engine's, which may be simulated
    required("at", UtcDateTime()),
    required("owner", String),
    required("epoch", Integer),
    required("pid", Integer),
    required("started_at", UtcDateTime()),
    required("seq", Integer),
    required("trading", WordType(TradingState)),
    required("cause", String),
    required("doing", String),
    optional("next_at", UtcDateTime()),
    required("lag_seconds", Float),
    required("protected", Float),
    optional("prices_at", UtcDateTime()),
    required("looks", Integer),
    required("troubles", JsonType()),
)

LIVE_METRICS = Table(
    "live_metrics",
    METADATA,
    Column("run_id", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime(), primary_key=True),
    required("total_value", MoneyType()),
    required("cash", MoneyType()),
    required("reserve", MoneyType()),
    required("active_pool", MoneyType()),
    required("daily_pnl", MoneyType()),
    required("unrealised", MoneyType()),
    required("heat", Float),
    required("drawdown", Float),
    required("open_positions", Integer),
    required("trades", BigInteger),
    required("wins", BigInteger),
    required("protected", Float),
    sqlite_with_rowid=False,
)

LIVE_TABLES = (
    *RUN_TABLES,
    ACCOUNT_IDS,
    ENGINE_STATE,
    EVENT_JOURNAL,
    CHECKPOINTS,
    ENGINE_SETTINGS,
    AUDIT_EVENTS,
    OUTBOX,
    LEASES,
    ENGINE_HEARTBEAT,
    LIVE_METRICS,
    NOTIFICATIONS,
    ENGINE_COMMANDS,
)
"""All that lies in the file of a live account."""
