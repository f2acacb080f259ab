"""Bulk: how are very many rows written at once?

Whole columns are converted by the types of the table, each column once, and handed to the driver as they are:
SQLAlchemy's own way asks for a dictionary per row and takes five times as long.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any

from sqlalchemy import Column, Dialect, Integer, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import BrokenInvariant
from storage.collector import collector_at_rest
from storage.columns import Columns
from storage.types import MoneyType, converter

_PLAIN = (int, float, str, Decimal, date, NoneType)
_WHOLE = (int, Decimal, NoneType)


class Stored(list[object]):
    """A column that already holds what the column of the table holds: nothing is converted."""


async def insert(connection: AsyncConnection, table: Table, columns: Columns) -> int:
    """Write the rows of `columns` into `table`. Returns how many."""
    if not columns or not len(next(iter(columns.values()))):
        return 0
    with collector_at_rest():
        rows = plain_rows(table, columns, connection.dialect)
        await connection.exec_driver_sql(insert_words(table, columns, connection.dialect), rows)
    return len(rows)


def insert_words(table: Table, names: Iterable[str], dialect: Dialect) -> str:
    """Return the SQL that inserts a row of the columns `names`, in the order of the table."""
    return str(table.insert().compile(dialect=dialect, column_keys=list(names)))


def plain_rows(table: Table, columns: Columns, dialect: Dialect) -> list[tuple[object, ...]]:
    """Return `columns` as rows for the driver, each in the order of the table."""
    in_order = [c for c in table.columns if c.name in columns]
    return list(zip(*(plain(column, columns[column.name], dialect) for column in in_order), strict=True))


def plain(column: Column[Any], values: Sequence[object], dialect: Dialect) -> Sequence[object]:
    """Return `values` as the driver wants them. What a column of that kind cannot hold raises BrokenInvariant."""
    kinds = set(map(type, values))
    if any(kind.__module__ == "numpy" for kind in kinds):  # SQLite would keep their bytes
        values = [value.item() if hasattr(value, "item") else value for value in values]
    if not isinstance(values, Stored):
        convert = converter(column, dialect, may_be_none=NoneType in kinds)
        values = values if convert is None else list(map(convert, values))
        kinds = set(map(type, values))
    allowed = _WHOLE if isinstance(column.type, MoneyType | Integer) else _PLAIN
    wrong = sorted(kind.__name__ for kind in kinds if not issubclass(kind, allowed))
    if wrong or (NoneType in kinds and not column.nullable):
        raise BrokenInvariant(f"{column.table.name}.{column.name} cannot hold {', '.join(wrong) or 'nothing'}")
    return values
