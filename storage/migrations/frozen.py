"""Frozen tables: how does a migration say what a table was, so that no later version of the program changes it?

Nothing here comes from the tables of today. A column is its name and its kind; a `?` behind that: it may be empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

KINDS: Mapping[str, TypeEngine[Any]] = {
    "int": sa.Integer(),
    "long": sa.BigInteger(),
    "word": sa.String(),
    "text": sa.Text(),
    "truth": sa.Boolean(),
    "real": sa.Float(),
    "day": sa.Date(),
    "money": sa.Numeric(20, 4).with_variant(sa.Integer(), "sqlite"),
    "moment": sa.DateTime(timezone=True).with_variant(sa.Integer(), "sqlite"),
    "json": JSONB().with_variant(sa.Text(), "sqlite"),
    "counter": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),  # numbered by the database
}


@dataclass(frozen=True, slots=True)
class FrozenIndex:
    """An index on the columns that stand in `columns`, in SQL; with `where` only on such rows."""

    name: str
    columns: str
    unique: bool = False
    where: str = ""

    def make(self, table: str) -> None:
        """Make it on `table`."""
        where = sa.text(self.where) if self.where else None
        columns = [sa.text(name) if " " in name else name for name in self.columns.split(", ")]
        op.create_index(self.name, table, columns, unique=self.unique, sqlite_where=where, postgresql_where=where)


class Frozen:
    """A table as it was when its migration was written: its columns are told in words, `name kind[?] [key] ...`."""

    def __init__(
        self, name: str, columns: str, *indexes: FrozenIndex, has_rowid: bool = True, unique: str = ""
    ) -> None:
        self.name = name
        self.indexes = indexes
        self._columns = columns
        self._unique = unique
        self._has_rowid = has_rowid

    def make(self) -> None:
        """Make the table and its indexes."""
        op.create_table(self.name, *self._parts(), sqlite_with_rowid=self._has_rowid)
        for index in self.indexes:
            index.make(self.name)

    def drop(self) -> None:
        """Drop it, with what is in it."""
        op.drop_table(self.name)

    def _parts(self) -> Iterator[sa.schema.SchemaItem]:
        yield from (_column(*words.split(" ")) for words in self._columns.split(", "))
        if self._unique:
            yield sa.UniqueConstraint(*self._unique.split(", "))


def _column(name: str, kind: str, *words: str) -> sa.Column[Any]:
    more: list[Any] = []
    if "of" in words:
        of = words[words.index("of") + 1]
        more.append(sa.ForeignKey(of, ondelete="CASCADE" if "cascade" in words else None))
    if kind == "counter":
        more.append(sa.Identity())
    is_key = bool({"key", "serial"} & set(words))
    return sa.Column(
        name,
        KINDS[kind.rstrip("?")],
        *more,
        primary_key=is_key,
        autoincrement="serial" in words,
        unique="unique" in words or None,
        nullable=kind.endswith("?"),
    )
