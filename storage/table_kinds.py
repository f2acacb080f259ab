"""Table kinds: what do all tables have in common? One metadata, one version, one way to say what may be empty."""

from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.types import TypeEngine

SCHEMA_VERSION = "0006"
"""What Alembic knows this schema by: the last of `storage/migrations/versions`."""

MARKET_SINCE = "0003"
"""The first version with the tables of market data as they are now: such a file need not be made anew."""

BOOKS_SINCE = "0004"
"""The first version with the tables of runs, accounts and brokers as they are now.

`0005` added notifications, `0006` what engines are asked through their database.
"""

METADATA = MetaData()
_Kind = TypeEngine[Any] | type[TypeEngine[Any]]

ALEMBIC_VERSION = Table("alembic_version", METADATA, Column("version_num", String(32), primary_key=True))


def required(name: str, kind: _Kind) -> Column[Any]:
    """Return a column that is never empty."""
    return Column(name, kind, nullable=False)


def optional(name: str, kind: _Kind) -> Column[Any]:
    """Return a column that may be empty."""
    return Column(name, kind, nullable=True)


def state_table(name: str, *columns: Column[Any]) -> Table:
    """Return a table whose rows belong to a run, in the order in which things happened."""
    keys = (
        Column("run_id", Integer, primary_key=True, autoincrement=False),
        Column("seq", Integer, primary_key=True, autoincrement=False),
    )
    return Table(name, METADATA, *keys, *columns, sqlite_with_rowid=False)
