"""Copied rows: what becomes of a row that goes from one kind of database to the other, so that it comes back the same?

Values cross as they lie in the columns, whole columns of a page at a time; nothing is made of them but what the types
of both databases ask for.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Boolean, Column, Date, Dialect, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from engine.errors import BrokenInvariant
from storage.live_tables import LIVE_TABLES
from storage.migrations.parts import Part
from storage.one_moment import ACCOUNT_FILE, BROKER_FILE
from storage.paper_tables import PAPER_TABLES
from storage.types import JsonType, MoneyType, UtcDateTime, from_json, to_json

PAGE = 5_000
"""So many rows are under way at a time."""

TABLES: Mapping[Part, tuple[Table, ...]] = {Part.ACCOUNT: LIVE_TABLES, Part.BROKER: PAPER_TABLES}
"""All tables of each part, those first to which others refer."""

FILES: Mapping[Part, str] = {Part.ACCOUNT: ACCOUNT_FILE, Part.BROKER: BROKER_FILE}
"""In which file they are, unless in a schema of a database."""

Row = tuple[Any, ...]
_Cross = Callable[[Any], Any] | None
_SQLITE: Dialect = sqlite_dialect()
_POSTGRESQL: Dialect = postgresql_dialect()  # type: ignore[no-untyped-call]
_IS_TAGGED_OR_WOULD_BE = re.compile(r"[0-9]e|-0\.0|\"\$float\"")
"""In texts of JSON that JSONB does not keep as they are; see `JsonType`. Others need not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied: the account after its turn `last_turn`, and how many rows of each table."""

    account_id: str
    last_turn: int
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many rows that are."""
        return sum(self.rows.values())


def to_postgresql(table: Table) -> Callable[[Sequence[Row]], list[Row]]:
    """Return what makes rows for the driver of PostgreSQL of rows of a SQLite file, in the order of the columns."""
    return partial(_crossed, table, [_to_postgresql(column) for column in table.columns])


def to_sqlite(table: Table) -> Callable[[Sequence[Row]], list[Row]]:
    """Return what makes rows of a SQLite file of those that the driver of PostgreSQL has read."""
    return partial(_crossed, table, [_to_sqlite(column) for column in table.columns])


def _crossed(table: Table, crosses: Sequence[_Cross], rows: Sequence[Row]) -> list[Row]:
    try:
        columns = [_column_crossed(*both) for both in zip(crosses, zip(*rows, strict=True), strict=True)]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise BrokenInvariant(f"a row of {table.name} makes no sense: {error}") from error
    return list(zip(*columns, strict=True))


def _column_crossed(cross: _Cross, values: Iterable[Any]) -> Iterable[Any]:
    return values if cross is None else [None if value is None else cross(value) for value in values]


def _to_postgresql(column: Column[Any]) -> _Cross:
    kind = column.type
    if isinstance(kind, JsonType):
        write = kind.to_column(_POSTGRESQL)
        assert write
        return lambda text: write(from_json(text)) if _IS_TAGGED_OR_WOULD_BE.search(text) else text
    if isinstance(kind, MoneyType):
        return kind.to_column(_POSTGRESQL)
    if isinstance(kind, UtcDateTime):
        return kind.from_column(_SQLITE)
    if isinstance(kind, Boolean):
        return bool
    return date.fromisoformat if isinstance(kind, Date) else None


def _to_sqlite(column: Column[Any]) -> _Cross:
    kind = column.type
    if isinstance(kind, JsonType):
        return lambda text: to_json(from_json(text))
    if isinstance(kind, MoneyType):
        return kind.from_column(_POSTGRESQL)
    if isinstance(kind, UtcDateTime):
        return kind.to_column(_SQLITE)
    if isinstance(kind, Boolean):
        return int
    return date.isoformat if isinstance(kind, Date) else None
