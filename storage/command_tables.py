"""Command tables: what is asked of an engine through its database, and what did it answer?

Who has no way to an engine's door but shares its database writes a row here; the engine that leads answers in the same
row (`storage/postgres_commands.py`).

    asked ─▶ taken ─▶ answered
      │        └────▶ unanswered
      └─▶ expired
"""

from enum import StrEnum

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, String, Table, text

from storage.table_kinds import METADATA, optional, required
from storage.types import JsonType, UtcDateTime, WordType


class CommandState(StrEnum):
    """Where a word stands. It is obeyed in `TAKEN` alone, at most once, and never again by whoever follows."""

    ASKED = "asked"
    TAKEN = "taken"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"  # whoever had taken it is gone: it may have taken effect
    EXPIRED = "expired"  # it was not taken in time, or taken back


ENGINE_COMMANDS = Table(
    "engine_commands",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    required("run_id", Integer),
    required("asked_at", UtcDateTime()),
    required("expires_at", UtcDateTime()),
    required("who", String),
    required("origin", String),
    required("word", String),
    required("arguments", JsonType()),
    required("state", WordType(CommandState)),
    optional("answer", JsonType()),
    optional("answered_at", UtcDateTime()),
)
IS_ASKED = text("state = 'asked'")
"""In these words, else the index is not taken."""

Index(
    "ix_engine_commands_asked",
    ENGINE_COMMANDS.c.run_id,
    ENGINE_COMMANDS.c.id,
    sqlite_where=IS_ASKED,
    postgresql_where=IS_ASKED,
)
